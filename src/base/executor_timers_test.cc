#include "base/executor_timers.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

class SayingTimer final : public Timer {
 public:
  SayingTimer(std::string& said, char what) : said_(said), what_(what) {}
  void OnTimer() override { said_ += what_; }

 private:
  std::string& said_;
  const char what_;
};

class ExecutorTimersTest : public ::testing::Test {
 protected:
  int64_t In(int64_t ms) const { return clock_.SteadyMs() + ms; }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  std::string said_;
  SayingTimer a_{said_, 'a'}, b_{said_, 'b'};
  std::optional<ExecutorTimers> timers_{std::in_place, executor_, clock_, 5};
};

TEST_F(ExecutorTimersTest, FireWhenTheirTimeHasComeWhicheverWasScheduledFirst) {
  timers_->Schedule(a_, In(1'000));
  timers_->Schedule(b_, In(100));
  executor_.AdvanceMs(99);
  EXPECT_EQ(said_, "");
  executor_.AdvanceMs(6);
  EXPECT_EQ(said_, "b");
  timers_->Schedule(b_, In(2'000));
  executor_.AdvanceMs(900);
  EXPECT_EQ(said_, "ba");
  executor_.AdvanceMs(2'000);
  EXPECT_EQ(said_, "bab");
}

TEST_F(ExecutorTimersTest, PostOneTaskForManyOfTheSameTime) {
  timers_->Schedule(a_, In(100));
  timers_->Schedule(b_, In(100));
  executor_.AdvanceMs(50);
  EXPECT_EQ(executor_.RunAll(), 0u);
  clock_.AdvanceMs(100);
  EXPECT_EQ(executor_.RunAll(), 1u);
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(ExecutorTimersTest, FireNothingOnceTheyHaveEnded) {
  timers_->Schedule(a_, In(100));
  timers_.reset();
  executor_.AdvanceMs(200);
  EXPECT_EQ(said_, "");
}

}  // namespace
}  // namespace thalweg
