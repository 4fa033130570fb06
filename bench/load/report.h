// Parts of the line of JSON that more than one program says in the same words.
//
// Pure.
#pragma once

#include <cstdint>

#include "bench/load/histogram.h"
#include "bench/load/json_line.h"
#include "bench/load/usage.h"

namespace thalweg::bench {

// Percentiles in microseconds, of latencies in nanoseconds.
void AddLatencies(const Histogram& latencies, JsonLine& line);

// What a server used while it was measured, and its memory before readers were connected.
void AddServer(const Usage& used, int64_t rss_before_bytes, JsonLine& line);

}  // namespace thalweg::bench
