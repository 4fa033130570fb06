#include "base/assert.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Assert, AFalseConditionEndsTheProcessWithItsTextAndPlace) {
  EXPECT_DEATH(THALWEG_ASSERT(1 + 1 == 3), "bug: assertion failed: 1 \\+ 1 == 3 .*assert_test.cc");
}

TEST(Assert, ATrueConditionIsEvaluatedOnceAndGoesOn) {
  int evaluated = 0;
  THALWEG_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace thalweg
