// Names of files that are numbered: sixteen hexadecimal digits and an ending, as in
// "0000000000000001.log". In the order of names stand the numbers in theirs.
//
// Pure. THREAD: any.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thalweg {

inline std::string NumberedName(uint64_t number, std::string_view ending) {
  constexpr size_t kDigits = 16;
  std::string name(kDigits, '0');
  for (size_t i = kDigits; number != 0; number >>= 4) {
    name[--i] = "0123456789abcdef"[number & 15];
  }
  return name.append(ending);
}

// The number in `name`; null: it is no numbered name with this ending.
inline std::optional<uint64_t> NumberIn(std::string_view name, std::string_view ending) {
  uint64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number, 16);
  return NumberedName(number, ending) == name ? std::optional(number) : std::nullopt;
}

}  // namespace thalweg
