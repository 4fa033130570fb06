#include "base/duration_counts.h"

#include <gtest/gtest.h>

#include <numeric>

namespace thalweg {
namespace {

TEST(DurationCounts, PutsEachIntoTheFirstBucketThatHasRoomForIt) {
  struct Case {
    const char* why;
    int64_t us;
    size_t bucket;
  };
  const size_t last = Durations::kUpToUs.size();
  const Case cases[] = {
      {"none at all", 0, 0},
      {"a clock that is set back is no reason to take time away", -5, 0},
      {"as much as the first takes", 100, 0},
      {"a little more", 101, 1},
      {"as much as the last bound", 10'000'000, last - 1},
      {"more", 10'000'001, last},
  };
  for (const Case& c : cases) {
    DurationCounts counts;
    counts.Add(c.us);
    const Durations durations = counts.value();
    EXPECT_EQ(durations.counts[c.bucket], 1u) << c.why;
    EXPECT_EQ(std::accumulate(durations.counts.begin(), durations.counts.end(), uint64_t{0}), 1u);
    EXPECT_EQ(durations.sum_us, static_cast<uint64_t>(std::max<int64_t>(c.us, 0))) << c.why;
  }
}

TEST(DurationCounts, AddsUp) {
  DurationCounts counts;
  for (const int64_t us : {90, 99, 300}) counts.Add(us);
  EXPECT_EQ(counts.value().counts[0], 2u);
  EXPECT_EQ(counts.value().counts[2], 1u);
  EXPECT_EQ(counts.value().sum_us, 489u);
  Durations sum = counts.value();
  counts.AddTo(sum);
  EXPECT_EQ(sum.counts[0], 4u);
  EXPECT_EQ(sum.sum_us, 978u);
}

TEST(Counter, GoesUpAndDown) {
  Counter counter;
  counter.Add();
  counter.Add(5);
  counter.Subtract(2);
  EXPECT_EQ(counter.value(), 4u);
  counter.Set(9);
  EXPECT_EQ(counter.value(), 9u);
}

}  // namespace
}  // namespace thalweg
