// Whole numbers as protocols and flags write them. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace thalweg {

// 1*DIGIT, leading zeros allowed; null for anything else, and beyond 64 bits.
inline std::optional<uint64_t> ParseDecimal(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

// Appends the digits of `number`, in lower case; std::to_string would make a string of them first.
// REQUIRES: `base` is 10 or 16.
inline void AppendNumber(std::string& text, uint64_t number, int base = 10) {
  char digits[20];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number, base);
  text.append(digits, end.ptr);
}

}  // namespace thalweg
