// What a process has used, as the system counts it in /proc: the server's, and our own.
#pragma once

#include <cstdint>
#include <string_view>

#include <sys/types.h>

namespace thalweg::bench {

struct Usage {
  int64_t user_us = 0;
  int64_t system_us = 0;
  int64_t rss_bytes = 0;
  int64_t rss_peak_bytes = 0;
  int64_t written_bytes = 0;  // to storage
};

// Of all threads of `pid`. What cannot be read is 0.
Usage UsageOf(pid_t pid);

// How much more CPU and writing `after` has than `before`; memory is that of `after`.
Usage Since(const Usage& before, const Usage& after);

// Of the text of /proc/PID/stat: user and system time.
void ParseStat(std::string_view text, Usage& usage);

// Of the text of /proc/PID/status or /proc/PID/io: the number behind `name:`; 0 without one.
int64_t ParseField(std::string_view text, std::string_view name);

}  // namespace thalweg::bench
