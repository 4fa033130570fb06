#include "base/assert.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(AssertDeathTest, ABrokenConditionStopsTheProcessAndIsNamed) {
  const int two = 2;
  EXPECT_DEATH(THALWEG_ASSERT(two == 3), "assertion failed: two == 3 .*assert_test");
}

TEST(Assert, ATrueConditionIsEvaluatedOnceAndDoesNothing) {
  int calls = 0;
  THALWEG_ASSERT(++calls == 1);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace thalweg
