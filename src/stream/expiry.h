// When a stream ends by itself: a sliding window or a fixed instant. (protocol 4.2, 5.1)
//
// Pure: moments come as arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stream/ids.h"
#include "stream/rfc3339.h"

namespace thalweg {

struct Expiry {
  enum class Kind : uint8_t { kNever, kTtl, kAt };

  Kind kind = Kind::kNever;
  uint64_t ttl_s = 0;        // kTtl: seconds without a read or a write
  int64_t at_ms = 0;         // kAt: wall clock, milliseconds since 1970
  std::string at_text = "";  // kAt: as the client wrote it, for HEAD

  // Same kind and same window or instant; how the instant was written does not count.
  bool operator==(const Expiry& other) const;
};

inline constexpr uint64_t kTtlSecondsMax = 9'007'199'254'740'991;  // 2^53 - 1

// "0" or digits without a leading zero, at most kTtlSecondsMax; anything else is null.
std::optional<uint64_t> ParseTtl(std::string_view text);

// Whether a stream last used at `accessed_steady_ms` has ended by `now`.
bool IsExpired(const Expiry& expiry, int64_t accessed_steady_ms, Moment now);

// When to look again, in milliseconds from `now` (0: expired already); null: never.
std::optional<int64_t> ExpiresInMs(const Expiry& expiry, int64_t accessed_steady_ms, Moment now);

// When a stream whose last recorded use was at `recorded_steady_ms` may have been used last: later
// uses that were not yet worth a record are forgotten by a restart, and must not end it early.
int64_t LatestUseMs(const Expiry& expiry, int64_t recorded_steady_ms);

// In how many milliseconds from `now` a use is to be recorded again (0: now); null: never.
std::optional<int64_t> TouchInMs(const Expiry& expiry, int64_t recorded_steady_ms, Moment now);

// Whether a use at `now` is far enough from the last recorded one to be recorded again: an eighth
// of the window. False for streams without a TTL.
bool TouchIsDue(const Expiry& expiry, int64_t recorded_steady_ms, Moment now);

}  // namespace thalweg
