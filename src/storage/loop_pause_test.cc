#include "storage/loop_pause.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

class LoopPauseTest : public testing::Test {
 protected:
  void Write(int64_t takes_ms) {
    pause_.OnBegin(now_ms_);
    now_ms_ += takes_ms;
    pause_.OnEnd(now_ms_);
  }
  bool IsOn() const { return pause_.is_on(now_ms_); }

  int64_t now_ms_ = 0;
  LoopPause pause_;
};

TEST_F(LoopPauseTest, TwoLateWritesInARowBeginOne) {
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(IsOn());
  Write(LoopPause::kLateMs - 1);
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(IsOn()) << "one came in time between them";
  Write(LoopPause::kLateMs);
  EXPECT_TRUE(IsOn());
  now_ms_ += LoopPause::kPauseMs - 1;
  EXPECT_TRUE(IsOn());
  now_ms_ += 1;
  EXPECT_FALSE(IsOn());
}

TEST_F(LoopPauseTest, ThereIsNoneWhereTheClockAlwaysSaysTheSame) {
  for (int i = 0; i < 3; ++i) Write(0);
  EXPECT_FALSE(IsOn());
}

TEST_F(LoopPauseTest, BehindItOneLateWriteBeginsTheNextAndOneInTimeEndsThat) {
  Write(100);
  Write(100);
  now_ms_ += LoopPause::kPauseMs;
  Write(LoopPause::kLateMs);
  EXPECT_TRUE(IsOn());
  now_ms_ += LoopPause::kPauseMs;
  Write(0);
  Write(LoopPause::kLateMs);
  EXPECT_FALSE(IsOn());
}

}  // namespace
}  // namespace thalweg
