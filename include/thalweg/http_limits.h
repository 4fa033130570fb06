// What clients of a Server may do, and what happens beyond. A value. Each time is from 1 ms to 365
// days and pipelined_max at least 1: what makes no sense is taken for the nearest that does.
#pragma once

#include <cstddef>
#include <cstdint>

namespace thalweg {

struct HttpLimits {
  size_t request_line_bytes_max = 16u << 10;  // 414
  size_t header_bytes_max = 32u << 10;        // 431, all fields together
  size_t header_count_max = 100;              // 431
  size_t body_bytes_max = 64u << 20;          // 413, before the body is read
  size_t bodies_bytes_max = 1u << 30;         // of all requests under way, heads and bodies, of
                                              // the whole server. Each loop has a part of it, at
                                              // least one body; who needs more gets 503 with
                                              // Retry-After
  size_t connections_max = 100'000;           // of the whole server; 503 with Retry-After beyond,
                                              // and 256 beyond that they are closed. Fewer where
                                              // the limit of open files is lower
  size_t pipelined_max = 64;                  // requests of one connection that wait for answers
  size_t output_bytes_max = 32u << 10;        // queued for one connection
  int64_t header_timeout_ms = 15'000;         // 408: from the first byte to the end of the head
  int64_t body_timeout_ms = 30'000;           // 408: longest silence within a body
  int64_t idle_timeout_ms = 75'000;           // keep-alive without a request: closed silently
  // A client that takes nothing of a waiting answer, or falls so far behind 4 KiB a second while it
  // is to take something of a file, or more than 1 MiB and than output_bytes_max: it is cut off.
  int64_t write_timeout_ms = 60'000;
};

}  // namespace thalweg
