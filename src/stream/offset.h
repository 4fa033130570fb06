// A position in one stream: how many wire bytes stand before it. (protocol section 8)
//
// Clients see "0000000000000000_<16 digits>"; the first number is 0 for now.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

struct Offset {
  uint64_t value = 0;
  auto operator<=>(const Offset&) const = default;
};

inline constexpr size_t kOffsetTextBytes = 33;
inline constexpr uint64_t kOffsetMax = 9'999'999'999'999'999;

// The 33 characters of an offset. REQUIRES: offset.value <= kOffsetMax.
std::array<char, kOffsetTextBytes> OffsetChars(Offset offset);
std::string FormatOffset(Offset offset);

// Reads 16 digits, '_', 16 digits; anything else is null. A first number other than 0 lies beyond
// every tail: it parses as kOffsetMax.
std::optional<Offset> ParseOffset(std::string_view text);

}  // namespace thalweg
