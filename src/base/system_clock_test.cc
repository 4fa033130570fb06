#include "base/system_clock.h"

#include <gtest/gtest.h>

#include <ctime>

namespace thalweg {
namespace {

TEST(SystemClock, SteadyTimeNeverGoesBackAndIsOneScaleForAll) {
  EXPECT_EQ(SystemClock().SteadyScale(), SystemClock().SteadyScale());
  EXPECT_EQ(SystemClock().SteadyScale().find('\n'), std::string::npos);
  int64_t last_ms = 0;
  for (int i = 0; i < 1000; ++i) {
    const int64_t now_ms = SystemClock().SteadyMs();
    ASSERT_GE(now_ms, last_ms);
    last_ms = now_ms;
  }
  EXPECT_GT(last_ms, 0);
}

TEST(SystemClock, SteadyMicrosecondsAreOnTheSameScale) {
  const int64_t before_ms = SystemClock().SteadyMs();
  const int64_t now_us = SystemClock().SteadyUs();
  EXPECT_GE(now_us, before_ms * 1000);
  EXPECT_LE(now_us, (SystemClock().SteadyMs() + 1) * 1000);
}

TEST(SystemClock, WallTimeCountsMillisecondsSince1970) {
  const int64_t before_s = std::time(nullptr);
  const int64_t wall_ms = SystemClock().WallMs();
  // std::time may be read from a coarser clock, up to a tick behind.
  EXPECT_GE(wall_ms, before_s * 1000);
  EXPECT_LE(wall_ms, (std::time(nullptr) + 2) * 1000);
}

}  // namespace
}  // namespace thalweg
