// Instants as clients write them. (RFC 3339 5.6)
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace thalweg {

// RFC 3339 date-time, strict (lower-case t and z allowed, any fraction, second 60 read as 59.999
// and only where a leap second can be, at 23:59 UTC); milliseconds since 1970, rounded down. Null
// for anything else, and for a day that does not exist.
std::optional<int64_t> ParseRfc3339(std::string_view text);

}  // namespace thalweg
