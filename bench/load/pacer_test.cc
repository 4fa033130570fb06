#include "bench/load/pacer.h"

#include <gtest/gtest.h>

namespace thalweg::bench {
namespace {

TEST(Pacer, AClosedLoopIsAlwaysDueAndCountsFromNow) {
  Pacer pacer(0, 1000);
  EXPECT_TRUE(pacer.closed_loop());
  EXPECT_EQ(pacer.Take(5), 5);
  EXPECT_EQ(pacer.Take(5), 5);
}

TEST(Pacer, AtAFixedRateLateRequestsCountFromWhenTheyWereDue) {
  Pacer pacer(1000, 5'000'000);  // one a millisecond
  EXPECT_EQ(pacer.Take(4'999'999), std::nullopt);
  EXPECT_EQ(pacer.Take(5'000'000), 5'000'000);
  EXPECT_EQ(pacer.Take(5'500'000), std::nullopt);
  EXPECT_EQ(pacer.NextDue(), 6'000'000);
  // The server stalled for three milliseconds: all that was due meanwhile is still sent.
  EXPECT_EQ(pacer.Take(8'100'000), 6'000'000);
  EXPECT_EQ(pacer.Take(8'100'000), 7'000'000);
  EXPECT_EQ(pacer.Take(8'100'000), 8'000'000);
  EXPECT_EQ(pacer.Take(8'100'000), std::nullopt);
}

TEST(Pacer, DoesNotDriftOverManyRequests) {
  Pacer pacer(30'000, 0);
  for (int i = 0; i < 3'000'000; ++i) ASSERT_TRUE(pacer.Take(100'000'000'000));
  EXPECT_EQ(pacer.NextDue(), 100'000'000'000);
}

}  // namespace
}  // namespace thalweg::bench
