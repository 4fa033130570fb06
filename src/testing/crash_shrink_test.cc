#include "testing/crash_shrink.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace thalweg {
namespace {

TEST(CrashShrink, ARunThatFailsBecomesSmallAndStillFails) {
  for (const Plant plant : {Plant::kForgetsStamps, Plant::kPublishesEarly}) {
    CrashScript script{.seed = 1, .plant = plant};
    while (CrashRun(script).Run().empty()) ++script.seed;
    const CrashScript small = Shrink(script);
    EXPECT_NE(CrashRun(small).Run(), "");
    EXPECT_LT(std::ranges::count(small.skipped, false), 40) << StepsOf(small);
    CrashScript same{.seed = script.seed, .plant = plant};
    ASSERT_TRUE(TakeSteps(StepsOf(small), same));
    EXPECT_EQ(same.skipped, small.skipped);
    EXPECT_EQ(CrashRun(same).Run(), CrashRun(small).Run());
  }
}

TEST(CrashShrink, StepsAreReadAsTheyAreWritten) {
  CrashScript script;
  ASSERT_TRUE(TakeSteps("2:3,17,154", script));
  EXPECT_EQ(script.generations, 2u);
  EXPECT_EQ(std::ranges::count(script.skipped, false), 3);
  EXPECT_EQ(StepsOf(script), "2:3,17,154");
  ASSERT_TRUE(TakeSteps("1:", script));
  EXPECT_EQ(StepsOf(script), "1:");
  for (const char* text : {"", ":", "x", "1;2", "1:150", "1:2,", "1:2;3", "1:,2", "101:"}) {
    EXPECT_FALSE(TakeSteps(text, script)) << text;
  }
}

}  // namespace
}  // namespace thalweg
