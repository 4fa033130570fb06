// Everything that can be set, with its default and its unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "thalweg/cursor.h"
#include "thalweg/hooks.h"

namespace thalweg {

// Of reads from an offset. What has no offset in its URL, or one behind which nothing stands yet,
// is to be asked for each time (no-cache), offset=now is never kept (no-store), and where a stream
// ends before, all else for less long. SSE, which is asked for anew each time, says private or
// no-store likewise.
enum class CachePolicy : uint8_t {
  kPublic,   // public, max-age=60, stale-while-revalidate=300; what is answered to a request with
             // Authorization is private
  kPrivate,  // the same with private
  kNoStore,
};

// Numbers that make no sense are taken for the nearest that do: times for 0 to a year, the page
// size and the cursor's interval for at least 1.
struct RouterOptions {
  // Where streams live; "" or "/": at the root. As requests write it: a path without a query, in
  // percent-encoding where it needs any. Anything else is nobody's path: all is 404.
  std::string base_path = "/v1/stream";
  // scheme://host[:port] for Location, which is put together from this as it is; empty: from the
  // request.
  std::string public_url{};
  bool cors = true;
  bool compression = true;
  CachePolicy cache_policy = CachePolicy::kPublic;
  int64_t long_poll_timeout_ms = 30'000;  // 0: answered at once
  int64_t sse_max_age_ms = 60'000;        // an SSE response ends near this age, between two events
  int64_t sse_heartbeat_ms = 15'000;      // a comment after this much silence; 0: none
  // Of one answer to a read; at least one append is sent. What is no longer is answered as a whole,
  // piece by piece as the client takes it; what is longer, and all of a long-poll, comes 4 MiB at a
  // time, or this where it is less.
  size_t page_bytes_max = 256u << 20;
  size_t readers_per_stream_max = 100'000;  // live readers of one stream on one executor
  int64_t cursor_interval_s = kDefaultCursorIntervalSeconds;  // see cursor.h
  int64_t cursor_epoch_ms = kDefaultCursorEpochMs;
  LifecycleHooks hooks{};  // told of what is created and deleted
};

}  // namespace thalweg
