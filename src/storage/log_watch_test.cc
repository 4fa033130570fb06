#include "storage/log_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "storage/log_test_support.h"

namespace thalweg {
namespace {

using News = LogWatch::News;

constexpr int kLooksInAMinute = LogWatch::kTellEveryMs / LogWatch::kLookEveryMs;

class WatchedLog : public ::testing::Test {
 protected:
  void Stage() { log_->Stage(LogTestFolder::AppendOf("a")); }
  void Commit() { ASSERT_TRUE(log_->Commit()); }

  LogTestFolder folder_;
  const std::unique_ptr<LocalLog> log_ = std::move(folder_.Open()->log);
  LogWatch watch_{*log_};
};

TEST_F(WatchedLog, SaysNothingWhereNothingWaits) {
  EXPECT_EQ(watch_.Look(), News::kNone);
  EXPECT_EQ(watch_.Look(), News::kNone);
  Stage();
  Commit();
  EXPECT_EQ(watch_.Look(), News::kNone);
  EXPECT_EQ(watch_.Look(), News::kNone);
}

TEST_F(WatchedLog, WhatHasBegunToWaitSinceTheLastLookIsNotLate) {
  EXPECT_EQ(watch_.Look(), News::kNone);
  Stage();
  EXPECT_EQ(watch_.Look(), News::kNone);
  EXPECT_EQ(watch_.Look(), News::kLate);
  EXPECT_EQ(watch_.silent_ms(), 0);
  Commit();
  EXPECT_EQ(watch_.Look(), News::kNone) << "the disk did nothing wrong";
}

TEST_F(WatchedLog, ASlowDiskIsNoSilentOne) {
  Stage();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(watch_.Look(), News::kNone);
    Commit();
    Stage();
  }
}

TEST_F(WatchedLog, TellsOfSilenceEveryMinuteAndOfItsEndOnce) {
  Stage();
  watch_.Look();
  watch_.Look();
  for (int minute = 0; minute < 3; ++minute) {
    EXPECT_EQ(watch_.Look(), News::kSilent);
    EXPECT_EQ(watch_.silent_ms(), LogWatch::kLookEveryMs + minute * LogWatch::kTellEveryMs);
    for (int i = 1; i < kLooksInAMinute; ++i) EXPECT_EQ(watch_.Look(), News::kNone);
  }
  Commit();
  EXPECT_EQ(watch_.Look(), News::kAnswers);
  EXPECT_EQ(watch_.silent_ms(), 0);
  EXPECT_EQ(watch_.Look(), News::kNone);
}

TEST_F(WatchedLog, GivesUpAfterAWhile) {
  Stage();
  watch_.Look();
  watch_.Look();
  News news = News::kNone;
  for (int64_t ms = 0; ms < LogWatch::kGiveUpMs; ms += LogWatch::kLookEveryMs) {
    EXPECT_NE(news, News::kGiveUp) << ms;
    news = watch_.Look();
  }
  EXPECT_EQ(news, News::kGiveUp);
}

}  // namespace
}  // namespace thalweg
