#include "http/cursor.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr uint64_t kJitterSecondsMax = 3600;
// Room for the largest jitter, so that a client's cursor can always be exceeded.
constexpr uint64_t kCursorMax = std::numeric_limits<uint64_t>::max() - kJitterSecondsMax;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

uint64_t CurrentCursor(const CursorRule& rule, int64_t wall_ms) {
  THALWEG_ASSERT(rule.interval_s > 0);
  if (wall_ms <= rule.epoch_ms) return 0;
  return static_cast<uint64_t>((wall_ms - rule.epoch_ms) / 1000 / rule.interval_s);
}

std::optional<uint64_t> ParseCursor(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  uint64_t cursor = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (result.ec != std::errc() || cursor > kCursorMax) return std::nullopt;
  return cursor;
}

uint64_t NextCursor(const CursorRule& rule, int64_t wall_ms, std::optional<uint64_t> client,
                    uint64_t dice) {
  const uint64_t current = CurrentCursor(rule, wall_ms);
  if (!client || *client < current) return current;
  const uint64_t jitter_s = 1 + dice % kJitterSecondsMax;
  const uint64_t interval_s = static_cast<uint64_t>(rule.interval_s);
  return *client + (jitter_s + interval_s - 1) / interval_s;
}

}  // namespace thalweg
