// What the system knows of this process, for its metrics.
//
// Reads /proc, never a disk. THREAD: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "thalweg/clock.h"

namespace thalweg {

// Null: the system does not say.
struct ProcessStats {
  int64_t cpu_us = 0;  // in user and in kernel mode, of all threads
  std::optional<uint64_t> resident_bytes{};
  std::optional<uint64_t> virtual_bytes{};
  std::optional<uint64_t> open_files{};  // see CountOpenFiles
  uint64_t open_files_max = 0;           // the limit
};

ProcessStats StatsOfProcess();

// When this process started, by the wall clock as it stands now. REQUIRES: `clock` is the
// machine's.
std::optional<int64_t> ProcessStartMs(const Clock& clock);

// What /proc/self/stat says. Null: it is no such text.
struct ProcessStatText {
  uint64_t start_ticks = 0;  // behind the machine's start
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
  bool operator==(const ProcessStatText&) const = default;
};
std::optional<ProcessStatText> ParseProcessStat(std::string_view text);

// How many descriptors this process has. Kernels before 6.2 do not say: there they are counted,
// which holds up who asks by a microsecond for each, and so not beyond 500: null.
std::optional<uint64_t> CountOpenFiles();

// How many names `folder` has, without "." and ".."; null: more than `max`, or it cannot be read.
std::optional<uint64_t> CountNames(const char* folder, size_t max);

}  // namespace thalweg
