#include "storage/wait_forecast.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(WaitForecast, ExpectsToWaitFromATimeThatDidUntilAThousandDidNot) {
  WaitForecast forecast;
  EXPECT_FALSE(forecast.expects_to_wait());
  forecast.Note(false);
  EXPECT_FALSE(forecast.expects_to_wait());
  forecast.Note(true);
  for (uint32_t quick = 0; quick < WaitForecast::kQuickInARow; ++quick) {
    EXPECT_TRUE(forecast.expects_to_wait()) << quick;
    forecast.Note(false);
  }
  EXPECT_FALSE(forecast.expects_to_wait());
}

TEST(WaitForecast, BeginsToCountAnewWithEachThatWaits) {
  WaitForecast forecast;
  forecast.Note(true);
  for (uint32_t quick = 0; quick + 1 < WaitForecast::kQuickInARow; ++quick) forecast.Note(false);
  forecast.Note(true);
  forecast.Note(false);
  EXPECT_TRUE(forecast.expects_to_wait());
}

}  // namespace
}  // namespace thalweg
