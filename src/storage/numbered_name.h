// Names of files that are numbered: sixteen hexadecimal digits and an ending, as in
// "0000000000000001.log". In the order of names stand the numbers in theirs.
//
// Pure. THREAD: any.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace thalweg {

inline constexpr uint64_t kNumberMax = uint64_t{1} << 60;

inline std::string NumberedName(uint64_t number, std::string_view ending) {
  std::string name;
  for (int shift = 56; shift >= 0; shift -= 8) {
    AppendHex(static_cast<uint8_t>(number >> shift), name);
  }
  return name.append(ending);
}

// The number in `name`; null: it is no numbered name with this ending, or none that a count ever
// comes to.
inline std::optional<uint64_t> NumberIn(std::string_view name, std::string_view ending) {
  uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number, 16);
  const bool is_ours = number <= kNumberMax && NumberedName(number, ending) == name;
  return is_ours ? std::optional(number) : std::nullopt;
}

// The last number of a count that goes on behind `last` and behind `met`, which is in a name of
// somebody else's where it is so large that the count would come to its end.
inline uint64_t Behind(uint64_t last, uint64_t met) {
  return met > kNumberMax / 2 ? last : std::max(last, met);
}

}  // namespace thalweg
