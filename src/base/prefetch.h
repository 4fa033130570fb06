// Memory asked for ahead of its use. Pure; changes nothing but time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace thalweg {

inline constexpr uintptr_t kCacheLineBytes = 64;

// The memory at `begin` is on its way into the processor's cache. It need not be ours to read.
inline void Prefetch(const void* begin, size_t bytes) {
  const auto at = reinterpret_cast<uintptr_t>(begin);
  for (uintptr_t line = at & ~(kCacheLineBytes - 1); line < at + bytes; line += kCacheLineBytes) {
    __builtin_prefetch(reinterpret_cast<const void*>(line));
  }
  asm volatile("");  // g++ drops calls of functions that do nothing but this
}

}  // namespace thalweg
