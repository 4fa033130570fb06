// Percent-encoding of paths and queries. (RFC 3986 2.1) Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

// The byte that "%XX" at `text[at]` stands for; null where it is not that. REQUIRES: text[at] is
// '%'.
std::optional<unsigned char> PercentByte(std::string_view text, size_t at);

// Decodes `text`; null where a '%' is not followed by two hexadecimal digits. '+' stays '+'.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace thalweg
