#include "base/damage.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(DamageDeathTest, SaysWhatIsDamagedAndEndsTheProcess) {
  EXPECT_EXIT(EndForDamage("x is damaged"), testing::ExitedWithCode(4), "thalweg: x is damaged\n");
}

}  // namespace
}  // namespace thalweg
