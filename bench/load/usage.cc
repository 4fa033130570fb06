#include "bench/load/usage.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace thalweg::bench {
namespace {

constexpr int kFieldsBehindName = 11;  // of stat, between the name and user time

std::string ReadProc(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

int64_t CpuUs(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return 0;
  return used.tv_sec * int64_t{1'000'000} + used.tv_nsec / 1000;
}

int64_t TakeNumber(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return error == std::errc() ? number : 0;
}

}  // namespace

void ParseStat(std::string_view text, Usage& usage) {
  // The name may hold blanks and parentheses.
  text.remove_prefix(std::min(text.rfind(')'), text.size() - 1) + 1);
  for (int field = 0; field < kFieldsBehindName; ++field) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    text.remove_prefix(std::min(text.find(' '), text.size()));
  }
  const int64_t tick_us = 1'000'000 / sysconf(_SC_CLK_TCK);
  usage.user_us = TakeNumber(text) * tick_us;
  usage.system_us = TakeNumber(text) * tick_us;
}

int64_t ParseField(std::string_view text, std::string_view name) {
  const std::string start = "\n" + std::string(name) + ":";
  const size_t at = text.find(start);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + start.size());
  return TakeNumber(text);
}

Usage UsageOf(pid_t pid) {
  constexpr int64_t kKib = 1024;
  Usage usage;
  if (pid <= 0) return usage;  // which the calls below take for this process
  usage.cpu_us = CpuUs(pid);
  const std::string stat = ReadProc(pid, "stat");
  if (!stat.empty()) ParseStat(stat, usage);
  const std::string status = ReadProc(pid, "status");
  usage.rss_bytes = ParseField(status, "VmRSS") * kKib;
  usage.rss_peak_bytes = ParseField(status, "VmHWM") * kKib;
  usage.written_bytes = ParseField(ReadProc(pid, "io"), "write_bytes");
  return usage;
}

Usage Since(const Usage& before, const Usage& after) {
  Usage since = after;
  since.cpu_us -= before.cpu_us;
  since.user_us -= before.user_us;
  since.system_us -= before.system_us;
  since.written_bytes -= before.written_bytes;
  return since;
}

}  // namespace thalweg::bench
