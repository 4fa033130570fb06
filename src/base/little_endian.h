// Numbers at a place in bytes, as the formats on disk spell them. Pure. THREAD: any.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace thalweg {

static_assert(std::endian::native == std::endian::little, "the formats are little-endian");

// REQUIRES: there is room for it.
template <typename T>
void Put(char* bytes, size_t at, T value) {
  std::memcpy(bytes + at, &value, sizeof value);
}

template <typename T>
T Get(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace thalweg
