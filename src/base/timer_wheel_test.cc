#include "base/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>

namespace thalweg {
namespace {

struct TestTimer final : Timer {
  void OnTimer() override {
    ++fired;
    if (then) then();
  }
  int fired = 0;
  std::function<void()> then;
};

TEST(TimerWheel, FiresOnceNeverEarlyAndAtMostOneTickLate) {
  std::mt19937 random(1);
  TimerWheel wheel(10, 1000, 16);
  std::vector<std::unique_ptr<TestTimer>> timers;
  std::vector<int64_t> deadlines;
  for (int i = 0; i < 200; ++i) {
    timers.push_back(std::make_unique<TestTimer>());
    deadlines.push_back(1000 + static_cast<int64_t>(random() % 2000));
    wheel.Schedule(*timers.back(), deadlines.back());
  }
  for (int64_t now = 1000; now <= 3100; now += 7) {
    wheel.Advance(now);
    for (size_t i = 0; i < timers.size(); ++i) {
      if (now < deadlines[i]) {
        EXPECT_EQ(timers[i]->fired, 0) << "early";
      }
      if (now >= deadlines[i] + 10) {
        EXPECT_EQ(timers[i]->fired, 1) << "late";
      }
    }
  }
}

TEST(TimerWheel, NextMsIsALowerBoundThatLeadsToEveryTimer) {
  TimerWheel wheel(10, 0, 8);
  TestTimer far;
  wheel.Schedule(far, 1234);
  int steps = 0;
  while (far.fired == 0) {
    ASSERT_TRUE(wheel.NextMs());
    ASSERT_LT(++steps, 100);
    wheel.Advance(*wheel.NextMs());
  }
  EXPECT_FALSE(wheel.NextMs());
}

TEST(TimerWheel, TheEndOfTimeIsFarAway) {
  TimerWheel wheel(10, 0, 8);
  TestTimer last;
  wheel.Schedule(last, INT64_MAX);
  EXPECT_GT(*wheel.NextMs(), INT64_MAX - 20);
  wheel.Advance(INT64_MAX / 2);
  EXPECT_EQ(last.fired, 0);
}

TEST(TimerWheel, ACallbackMayRescheduleItself) {
  TimerWheel wheel(10, 0);
  TestTimer timer;
  timer.then = [&] { wheel.Schedule(timer, 0); };
  wheel.Schedule(timer, 5);
  wheel.Advance(20);
  EXPECT_EQ(timer.fired, 1) << "a timer due at once waits for the next turn";
  wheel.Advance(30);
  EXPECT_EQ(timer.fired, 2);
}

TEST(TimerWheel, ACallbackMayDestroyAnyTimerOfItsSlot) {
  TimerWheel wheel(10, 0);
  auto a = std::make_unique<TestTimer>();
  auto b = std::make_unique<TestTimer>();
  TestTimer c;
  a->then = [&] {
    b.reset();
    a.reset();
  };
  wheel.Schedule(*a, 5);
  wheel.Schedule(*b, 5);
  wheel.Schedule(c, 5);
  wheel.Advance(10);
  EXPECT_EQ(c.fired, 1);
}

TEST(TimerWheel, ALimitLeavesTheRestForTheNextCall) {
  TimerWheel wheel(10, 0);
  TestTimer timers[5];
  for (TestTimer& timer : timers) wheel.Schedule(timer, 5);
  EXPECT_TRUE(wheel.Advance(10, 3));
  EXPECT_FALSE(wheel.Advance(10, 3));
  for (const TestTimer& timer : timers) EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, ALongPauseFiresEverythingOnce) {
  TimerWheel wheel(10, 0, 8);
  TestTimer timers[20];
  for (int i = 0; i < 20; ++i) wheel.Schedule(timers[i], i * 17);
  wheel.Advance(1'000'000);
  for (const TestTimer& timer : timers) EXPECT_EQ(timer.fired, 1);
}

}  // namespace
}  // namespace thalweg
