#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace thalweg::bench {

// Values below 2^kBits have a bucket each. Above, a value loses its lowest bits until kBits + 1 are
// left: how many it lost picks the row, what is left the place in the row.
size_t Histogram::BucketOf(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  if (bits < (1u << kBits)) return bits;
  const int lost = std::bit_width(bits) - (kBits + 1);
  return (static_cast<size_t>(lost) << kBits) + (bits >> lost);
}

int64_t Histogram::LastOf(size_t bucket) {
  if (bucket < (2u << kBits)) return static_cast<int64_t>(bucket);
  const size_t lost = (bucket >> kBits) - 1;
  return static_cast<int64_t>(((bucket - (lost << kBits) + 1) << lost) - 1);
}

void Histogram::Record(int64_t value) {
  value = std::clamp<int64_t>(value, 0, kValueMax);
  ++counts_[BucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

int64_t Histogram::Percentile(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size() && count_ > 0; ++bucket) {
    seen += counts_[bucket];
    if (counts_[bucket] > 0 && seen >= wanted) return std::min(LastOf(bucket), max_);
  }
  return max_;
}

}  // namespace thalweg::bench
