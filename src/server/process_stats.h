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

struct ProcessStats {
  int64_t cpu_us = 0;  // in user and in kernel mode, of all threads
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  int64_t started_ms = 0;                // wall clock
  std::optional<uint64_t> open_files{};  // null: to count them takes too long (CountOpenFiles)
  uint64_t open_files_max = 0;           // the limit
};

// REQUIRES: `clock` is the machine's.
ProcessStats StatsOfProcess(const Clock& clock);

// What /proc/self/stat says. Null: it is no such text.
struct ProcessStatText {
  uint64_t start_ticks = 0;  // behind the machine's start
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
  bool operator==(const ProcessStatText&) const = default;
};
std::optional<ProcessStatText> ParseProcessStat(std::string_view text);

// How many descriptors this process has. Kernels before 6.2 do not say: there they are counted,
// which holds up who asks for 10 ms where there are 10,000; null: there are more than
// `counted_max`.
std::optional<uint64_t> CountOpenFiles(size_t counted_max = 10'000);

}  // namespace thalweg
