#include "storage/loop_pause.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"

namespace thalweg {
namespace {

class LoopPauseTest : public testing::Test {
 protected:
  void Write(int64_t takes_ms) {
    pause_.OnBegin(clock_.SteadyMs());
    clock_.AdvanceMs(takes_ms);
    pause_.OnEnd(clock_.SteadyMs());
  }

  ManualClock clock_;
  LoopPause pause_{&clock_};
};

TEST_F(LoopPauseTest, TwoLateWritesInARowBeginOne) {
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(pause_.is_on());
  Write(LoopPause::kLateMs - 1);
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(pause_.is_on()) << "one came in time between them";
  Write(LoopPause::kLateMs);
  EXPECT_TRUE(pause_.is_on());
  clock_.AdvanceMs(LoopPause::kPauseMs - 1);
  EXPECT_TRUE(pause_.is_on());
  clock_.AdvanceMs(1);
  EXPECT_FALSE(pause_.is_on());
}

TEST_F(LoopPauseTest, BehindItOneLateWriteBeginsTheNextAndOneInTimeEndsThat) {
  Write(100);
  Write(100);
  clock_.AdvanceMs(LoopPause::kPauseMs);
  Write(LoopPause::kLateMs);
  EXPECT_TRUE(pause_.is_on());
  clock_.AdvanceMs(LoopPause::kPauseMs);
  Write(0);
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(pause_.is_on());
}

TEST(LoopPauseWithoutAClock, ThereIsNone) {
  LoopPause pause(nullptr);
  for (int i = 0; i < 3; ++i) {
    pause.OnBegin(0);
    pause.OnEnd(0);
  }
  EXPECT_FALSE(pause.is_on());
}

}  // namespace
}  // namespace thalweg
