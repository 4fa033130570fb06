#include "server/process_stats.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace thalweg {
namespace {

constexpr const char* kOpenFiles = "/proc/self/fd";
constexpr size_t kCountedFilesMax = 500;

int64_t MicrosOf(const timeval& time) { return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

int64_t CpuUs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);  // cannot fail
  return MicrosOf(usage.ru_utime) + MicrosOf(usage.ru_stime);
}

uint64_t OpenFilesMax() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);  // cannot fail
  return limit.rlim_cur;
}

// The field with this number, as proc(5) counts them, of a text that begins with `first`.
std::optional<uint64_t> Field(std::string_view text, int first, int number) {
  for (; first < number; ++first) {
    const size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<ProcessStatText> ReadProcessStat() {
  std::string text;
  std::getline(std::ifstream("/proc/self/stat"), text);
  return ParseProcessStat(text);
}

}  // namespace

// The program's name stands in parentheses, and may have spaces and parentheses itself.
std::optional<ProcessStatText> ParseProcessStat(std::string_view text) {
  constexpr int kState = 3, kStartTime = 22, kVirtual = 23, kResident = 24;
  const size_t name_end = text.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 2);
  const auto start = Field(text, kState, kStartTime);
  const auto virtual_bytes = Field(text, kState, kVirtual);
  const auto resident = Field(text, kState, kResident);
  if (!start || !virtual_bytes || !resident) return std::nullopt;
  return ProcessStatText{*start, *virtual_bytes, *resident};
}

std::optional<uint64_t> CountNames(const char* folder, size_t max) {
  std::error_code error;
  uint64_t count = 0;
  for (std::filesystem::directory_iterator file(folder, error), end; file != end && !error;
       file.increment(error)) {
    if (++count > max) return std::nullopt;
  }
  return error ? std::nullopt : std::optional(count);
}

std::optional<uint64_t> CountOpenFiles() {
  struct stat folder{};
  if (stat(kOpenFiles, &folder) == 0 && folder.st_size > 0) {
    return static_cast<uint64_t>(folder.st_size);
  }
  const auto count = CountNames(kOpenFiles, kCountedFilesMax);
  return count && *count > 0 ? std::optional(*count - 1) : std::nullopt;  // the folder was open
}

ProcessStats StatsOfProcess() {
  ProcessStats stats{
      .cpu_us = CpuUs(), .open_files = CountOpenFiles(), .open_files_max = OpenFilesMax()};
  if (const auto told = ReadProcessStat()) {
    stats.virtual_bytes = told->virtual_bytes;
    stats.resident_bytes = told->resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  }
  return stats;
}

std::optional<int64_t> ProcessStartMs(const Clock& clock) {
  const auto told = ReadProcessStat();
  if (!told) return std::nullopt;
  const auto per_second = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  const auto start_ms = static_cast<int64_t>(told->start_ticks * 1000 / per_second);
  return clock.WallMs() - (clock.SteadyMs() - start_ms);
}

}  // namespace thalweg
