#include "storage/stream_filter.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace thalweg {
namespace {

// Ids are given in order: mixing spreads neighbours over the whole filter. (the finalizer of
// MurmurHash3)
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
  return value ^ (value >> 33);
}

// Calls `visit` with the places of the id's bits until it says no.
template <typename Visit>
bool EveryBit(StreamId id, size_t bits, Visit visit) {
  uint64_t at = Mix(id.value);
  const uint64_t step = Mix(at) | 1;
  for (size_t probe = 0; probe < kStreamFilterProbes; ++probe, at += step) {
    if (!visit(at % bits)) return false;
  }
  return true;
}

}  // namespace

std::string BuildStreamFilter(std::span<const StreamId> ids) {
  const size_t bytes = std::max<size_t>(8, (ids.size() * kStreamFilterBitsPerStream + 7) / 8);
  std::string filter(bytes, '\0');
  for (const StreamId id : ids) {
    EveryBit(id, bytes * 8, [&](size_t bit) {
      filter[bit / 8] = static_cast<char>(filter[bit / 8] | (1 << (bit % 8)));
      return true;
    });
  }
  return filter;
}

bool StreamFilterMayHave(std::string_view filter, StreamId id) {
  THALWEG_ASSERT(!filter.empty());
  return EveryBit(id, filter.size() * 8,
                  [&](size_t bit) { return ((filter[bit / 8] >> (bit % 8)) & 1) != 0; });
}

}  // namespace thalweg
