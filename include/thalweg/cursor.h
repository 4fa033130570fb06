// Cursors: what keeps a CDN from answering for ever from one cached response. (protocol 10.1)
//
// The router does all of this by itself; these are for those who write their own handlers.
//
// THREAD: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "thalweg/export.h"

namespace thalweg {

inline constexpr int64_t kDefaultCursorEpochMs = 1'728'432'000'000;  // 2024-10-09T00:00:00Z
inline constexpr int64_t kDefaultCursorIntervalSeconds = 20;

struct CursorOptions {
  int64_t interval_s = kDefaultCursorIntervalSeconds;  // anything below 1 counts as 1
  int64_t epoch_ms = kDefaultCursorEpochMs;            // milliseconds since 1970
};

// The number of whole intervals since the epoch, as decimal text; "0" before the epoch.
THALWEG_API std::string CalculateCursor(int64_t now_ms, const CursorOptions& options = {});

// What to answer a client that sent `client`: the current cursor, or where the client's is not
// below that, a larger one by 1 to 3600 seconds' worth of intervals. Null, and what is no decimal
// number below 2^64 - 3600, counts as none. `dice` is any random number. ENSURES: greater than the
// client's.
THALWEG_API std::string GenerateResponseCursor(std::optional<std::string_view> client,
                                               int64_t now_ms, uint64_t dice,
                                               const CursorOptions& options = {});

// The same for a response that would repeat the cursor `previous`, under the name that the
// reference implementation has for it.
THALWEG_API std::string HandleCursorCollision(std::string_view previous, int64_t now_ms,
                                              uint64_t dice, const CursorOptions& options = {});

}  // namespace thalweg
