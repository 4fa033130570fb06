// Cursors: what keeps a CDN from answering for ever from one cached response. (protocol 10.1)
//
// What the public functions say as text, as numbers. Pure: time and chance come as arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "thalweg/cursor.h"

namespace thalweg {

// The number of whole intervals since the epoch; 0 before it.
uint64_t CurrentCursor(const CursorOptions& options, int64_t wall_ms);

// A client's cursor: decimal digits that fit; anything else is null.
std::optional<uint64_t> ParseCursor(std::string_view text);

// The cursor to answer with: the current one, or where the client's is not below that, the client's
// plus 1..3600 seconds' worth of intervals, at least one; `dice` is any random number.
uint64_t NextCursor(const CursorOptions& options, int64_t wall_ms, std::optional<uint64_t> client,
                    uint64_t dice);

}  // namespace thalweg
