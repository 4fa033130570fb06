#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace thalweg::bench {
namespace {

TEST(Histogram, IsExactForSmallValuesAndSaysZeroForNone) {
  Histogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  for (int64_t value = 1; value <= 100; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(0.5), 50);
  EXPECT_EQ(histogram.Percentile(0.99), 99);
  EXPECT_EQ(histogram.Percentile(1), 100);
  EXPECT_EQ(histogram.count(), 100);
  EXPECT_DOUBLE_EQ(histogram.mean(), 50.5);
}

TEST(Histogram, ClampsWhatIsOutOfRange) {
  Histogram histogram;
  histogram.Record(-5);
  histogram.Record(Histogram::kValueMax * 3);
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  EXPECT_EQ(histogram.max(), Histogram::kValueMax);
  EXPECT_EQ(histogram.Percentile(1), Histogram::kValueMax);
}

// Around each power of two a wrong bucket would show.
TEST(Histogram, KeepsEachSingleValueWithinOnePercent) {
  for (int bit = 0; bit < 40; ++bit) {
    for (const int64_t near : {-1, 0, 1}) {
      const int64_t value = std::max<int64_t>((int64_t{1} << bit) + near, 0);
      Histogram histogram;
      histogram.Record(value);
      histogram.Record(Histogram::kValueMax);  // so that max() does not help
      EXPECT_GE(histogram.Percentile(0.5), value);
      EXPECT_LE(static_cast<double>(histogram.Percentile(0.5)), static_cast<double>(value) * 1.01);
    }
  }
}

TEST(Histogram, AgreesWithSortingWithinOnePercent) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latency(12, 1.5);
  std::vector<int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<int64_t>(latency(random)));
    histogram.Record(values.back());
  }
  std::ranges::sort(values);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<size_t>(std::ceil(share * 100'000)) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(histogram.Percentile(share)), exact, exact * 0.01) << share;
  }
}

}  // namespace
}  // namespace thalweg::bench
