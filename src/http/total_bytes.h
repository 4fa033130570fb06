// How much the parts of a body are together. Pure.
#pragma once

#include <cstddef>
#include <span>

#include "thalweg/bytes.h"

namespace thalweg {

inline size_t TotalBytes(std::span<const Bytes> parts) {
  size_t total = 0;
  for (const Bytes& part : parts) total += part.size();
  return total;
}

}  // namespace thalweg
