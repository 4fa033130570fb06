// Latencies, counted in buckets that grow with the value, as HDR histograms do: what comes out is
// within 1 % of what went in, whatever its size.
//
// A value. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace thalweg::bench {

class Histogram {
 public:
  static constexpr int64_t kValueMax = int64_t{1} << 40;  // nanoseconds: 18 minutes

  // Counts one value. What is below 0 counts as 0, what is above kValueMax as kValueMax.
  void Record(int64_t value);

  // The smallest bound that `share` (0 to 1) of all values do not exceed; 0 where there are none.
  int64_t Percentile(double share) const;

  uint64_t count() const { return count_; }
  int64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  static constexpr int kBits = 7;  // 128 buckets for each power of two: steps of 1/128
  static size_t BucketOf(int64_t value);
  static int64_t LastOf(size_t bucket);  // the largest value that falls into it

  std::vector<uint64_t> counts_ = std::vector<uint64_t>((40 - kBits + 2) << kBits);
  uint64_t count_ = 0;
  int64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace thalweg::bench
