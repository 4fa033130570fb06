#include "testing/crash_shrink.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace thalweg {
namespace {

bool Fails(const CrashScript& script) { return !CrashRun(script).Run().empty(); }

// Leaves out what it can, `count` steps at a time; false: nothing.
bool LeaveOut(CrashScript& script, size_t count) {
  bool has_changed = false;
  for (size_t first = 0; first < script.skipped.size(); first += count) {
    CrashScript less = script;
    const size_t end = std::min(first + count, script.skipped.size());
    std::fill(less.skipped.begin() + first, less.skipped.begin() + end, true);
    if (less.skipped == script.skipped || !Fails(less)) continue;
    script = std::move(less);
    has_changed = true;
  }
  return has_changed;
}

bool TakeNumber(std::string_view& text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

}  // namespace

CrashScript Shrink(CrashScript failing) {
  const uint64_t generations_max = failing.generations;
  failing.generations = 0;
  while (failing.generations < generations_max && !Fails(failing)) ++failing.generations;
  failing.skipped.resize(failing.generations * CrashScript::kSteps, false);
  for (size_t count = CrashScript::kSteps; count > 1; count /= 2) LeaveOut(failing, count);
  while (LeaveOut(failing, 1)) {
  }
  return failing;
}

std::string StepsOf(const CrashScript& script) {
  std::string text = std::to_string(script.generations) + ":";
  for (uint64_t step = 0; step < script.generations * CrashScript::kSteps; ++step) {
    if (step < script.skipped.size() && script.skipped[step]) continue;
    if (text.back() != ':') text += ',';
    text += std::to_string(step);
  }
  return text;
}

bool TakeSteps(std::string_view text, CrashScript& script) {
  constexpr uint64_t kGenerationsMax = 100;
  uint64_t generations = 0;
  if (!TakeNumber(text, generations) || generations > kGenerationsMax) return false;
  script.generations = generations;
  script.skipped.assign(generations * CrashScript::kSteps, true);
  for (char before = ':'; !text.empty(); before = ',') {
    if (text.front() != before) return false;
    text.remove_prefix(1);
    if (text.empty()) return before == ':';
    uint64_t step = 0;
    if (!TakeNumber(text, step) || step >= script.skipped.size()) return false;
    script.skipped[step] = false;
  }
  return true;
}

}  // namespace thalweg
