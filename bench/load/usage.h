// What a process has used, as the system counts it in /proc: the server's, and our own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

namespace thalweg::bench {

struct Usage {
  int64_t cpu_us = 0;   // exactly
  int64_t user_us = 0;  // of that, as the ticks of the system's clock found it
  int64_t system_us = 0;
  int64_t rss_bytes = 0;
  int64_t rss_peak_bytes = 0;
  int64_t written_bytes = 0;  // to storage
};

// Of all threads of `pid`, those that have ended, too. What cannot be read is 0.
Usage UsageOf(pid_t pid);

// How much more CPU and writing `after` has than `before`; memory is that of `after`.
Usage Since(const Usage& before, const Usage& after);

// Of the text of /proc/PID/stat: user and system time.
void ParseStat(std::string_view text, Usage& usage);

// Of the text of /proc/PID/status or /proc/PID/io: the number behind `name:`; 0 without one.
int64_t ParseField(std::string_view text, std::string_view name);

}  // namespace thalweg::bench
