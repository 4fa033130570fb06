// What every CommitLog promises, as tests. INSTANTIATE_TYPED_TEST_SUITE_P it with a type that has
//   static std::unique_ptr<CommitLog> Make();
//   static void Commit(CommitLog& log, Lsn lsn);  // returns once the position is durable
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include "storage/commit_log.h"

namespace thalweg {

template <typename Case>
class CommitLogSuite : public testing::Test {
 protected:
  static Record Touch(uint64_t id) { return TouchRecord{.id = StreamId{id}, .at = {}}; }
  void Commit(Lsn lsn) { Case::Commit(*log_, lsn); }

  std::unique_ptr<CommitLog> log_ = Case::Make();
};

TYPED_TEST_SUITE_P(CommitLogSuite);

TYPED_TEST_P(CommitLogSuite, PositionsGrowWithEveryCallAndStandAboveZero) {
  Lsn last{0};
  for (uint64_t id = 1; id <= 100; ++id) {
    const Lsn lsn = this->log_->Stage(this->Touch(id));
    EXPECT_GT(lsn, last);
    last = lsn;
  }
}

TYPED_TEST_P(CommitLogSuite, WhatIsStagedBecomesDurableInOrder) {
  EXPECT_EQ(this->log_->durable(), Lsn{0});
  const Lsn first = this->log_->Stage(this->Touch(1));
  const Lsn second = this->log_->Stage(this->Touch(2));
  this->Commit(first);
  EXPECT_GE(this->log_->durable(), first);
  this->Commit(second);
  EXPECT_GE(this->log_->durable(), second);
}

TYPED_TEST_P(CommitLogSuite, NothingIsDurableThatWasNotStaged) {
  const Lsn last = this->log_->Stage(this->Touch(1));
  this->Commit(last);
  EXPECT_EQ(this->log_->durable(), last);
}

TYPED_TEST_P(CommitLogSuite, TellsTheListenerOfProgressOutsideOfStage) {
  struct Listener final : CommitListener {
    void OnDurable(Lsn durable) override { heard = durable; }
    Lsn heard;
  } listener;
  this->log_->Attach(&listener);
  const Lsn lsn = this->log_->Stage(this->Touch(1));
  const bool inside_stage = this->log_->durable() >= lsn;
  this->Commit(lsn);
  this->log_->Attach(nullptr);
  if (!inside_stage) {
    EXPECT_GE(listener.heard, lsn);
  }
}

TYPED_TEST_P(CommitLogSuite, ThreadsThatStageGetDistinctPositionsThatGrowForEach) {
  constexpr size_t kThreads = 4, kRecords = 500;
  std::vector<std::vector<Lsn>> got(kThreads);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kRecords; ++i) got[t].push_back(this->log_->Stage(this->Touch(i + 1)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<Lsn> all;
  for (const std::vector<Lsn>& one : got) {
    EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
    all.insert(all.end(), one.begin(), one.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  this->Commit(all.back());
  EXPECT_EQ(this->log_->durable(), all.back());
}

REGISTER_TYPED_TEST_SUITE_P(CommitLogSuite, PositionsGrowWithEveryCallAndStandAboveZero,
                            WhatIsStagedBecomesDurableInOrder, NothingIsDurableThatWasNotStaged,
                            TellsTheListenerOfProgressOutsideOfStage,
                            ThreadsThatStageGetDistinctPositionsThatGrowForEach);

}  // namespace thalweg
