#include "storage/loop_committer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/log_test_support.h"
#include "storage/log_threads.h"
#include "storage/posix_disk_file.h"
#include "testing/poll_executor.h"

namespace thalweg {
namespace {

// Who has committed how often.
class Commits final : public CommitListener {
 public:
  void OnDurable(Lsn durable) override {
    std::lock_guard lock(mutex_);
    EXPECT_GT(durable, durable_);
    ++(std::this_thread::get_id() == test_ ? by_test_ : by_others_);
    durable_ = durable;
    changed_.notify_all();
    for (PollExecutor* const loop : woken_) loop->Post([] {});
    if (at_next_) std::exchange(at_next_, {})();
  }
  // Within the next OnDurable.
  void AtNext(std::function<void()> task) { at_next_ = std::move(task); }
  void WaitFor(Lsn lsn) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kSoon, [&] { return durable_ >= lsn; })) << lsn.value;
  }
  // From here on this loop has something to do whenever more is durable, as those of ports have:
  // where the loop or the disk was late, the log's thread may have done it.
  void Wake(PollExecutor& loop) { woken_.push_back(&loop); }
  int by_test() const { return by_test_; }
  int by_others() const { return by_others_; }

 private:
  static constexpr std::chrono::seconds kSoon{30};

  const std::thread::id test_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_;
  Lsn durable_;
  std::vector<PollExecutor*> woken_;
  std::function<void()> at_next_;
  std::atomic<int> by_test_{0}, by_others_{0};
};

void FailTest(const StorageFault& fault) { ADD_FAILURE() << fault.message; }

class LoopCommitterTest : public testing::Test {
 protected:
  void SetUp() override {
    Open(1 << 20);
    const auto file = folder_.disk().Open("probe", Disk::Mode::kCreate).value();
    if (static_cast<PosixFile&>(*file).async_fd() < 0) GTEST_SKIP() << "no such writes here";
  }

  void Open(uint64_t file_bytes) {
    log_ = std::move(folder_.Open({}, file_bytes)->log);
    log_->Attach(&commits_);
  }

  Lsn Stage() { return log_->Stage(LogTestFolder::AppendOf(std::to_string(staged_++))); }

  // Has the log's thread write a first block: before that the file has no header.
  void Begin() {
    Stage();
    ASSERT_TRUE(log_->Commit());
  }

  void ExpectAllInOrder(std::unique_ptr<LoopCommitter> committer) {
    committer.reset();
    log_.reset();
    ASSERT_TRUE(folder_.Open());
    ASSERT_EQ(folder_.replayed().size(), staged_);
    for (uint64_t i = 0; i < staged_; ++i) {
      EXPECT_EQ(folder_.replayed()[i].second, std::to_string(i));
    }
  }

  LogTestFolder folder_;
  Commits commits_;
  PollExecutor loop_;
  std::unique_ptr<LocalLog> log_;
  uint64_t staged_ = 0;
};

TEST_F(LoopCommitterTest, CommitsWithoutAnotherThread) {
  Begin();
  auto committer = LoopCommitter::Make(*log_, loop_);
  ASSERT_NE(committer, nullptr);
  for (int i = 0; i < 10; ++i) {
    Stage();
    const Lsn lsn = Stage();
    committer->Start();
    EXPECT_LT(log_->durable(), lsn) << "it does not wait";
    ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() == lsn; }));
  }
  EXPECT_EQ(commits_.by_test(), 11);
  ExpectAllInOrder(std::move(committer));
}

TEST_F(LoopCommitterTest, GoesOnWithWhatIsStagedMeanwhile) {
  Begin();
  auto committer = LoopCommitter::Make(*log_, loop_);
  Stage();
  committer->Start();
  const Lsn lsn = Stage();
  ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() == lsn; }));
  ExpectAllInOrder(std::move(committer));
}

TEST_F(LoopCommitterTest, StartsNothingWhereNothingIsStaged) {
  Begin();
  const auto committer = LoopCommitter::Make(*log_, loop_);
  committer->Start();
  loop_.RunAll();
  EXPECT_EQ(commits_.by_test(), 1);
}

TEST_F(LoopCommitterTest, LeavesAnotherFileToTheLogsThreadAndGoesOnBehindIt) {
  Open(16 * kLogPageBytes);
  const LogThreads threads(*log_, {FailTest});
  const auto committer = LoopCommitter::Make(*log_, loop_);
  for (int i = 0; i < 200; ++i) {
    const Lsn lsn = Stage();
    committer->Start();
    // By the loop, or by the thread, which wakes nobody.
    while (log_->durable() < lsn) loop_.RunAll();
  }
  EXPECT_GE(commits_.by_others(), 200 / 14);
  EXPECT_GE(commits_.by_test(), 150);
}

// The test's thread stands for the log's, and nobody else commits or wakes the loop.
TEST_F(LoopCommitterTest, GoesOnWithWhatIsStagedWhileTheLogsThreadCommits) {
  const auto committer = LoopCommitter::Make(*log_, loop_);
  Stage();
  committer->Start();  // the first of a file is the thread's
  commits_.AtNext([&] {
    Stage();
    committer->Start();
  });
  ASSERT_TRUE(log_->Commit());
  EXPECT_EQ(log_->durable(), Lsn{1});
  ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() == Lsn{2}; }));
}

TEST_F(LoopCommitterTest, WhoeverElseStagesHasTheLogsThread) {
  Begin();
  const LogThreads threads(*log_, {FailTest});
  const auto committer = LoopCommitter::Make(*log_, loop_);
  const Lsn lsn = Stage();
  log_->StartCommit();
  commits_.WaitFor(lsn);
  EXPECT_EQ(commits_.by_others(), 1);
}

TEST_F(LoopCommitterTest, EndsBehindWhatIsUnderWayAndLeavesTheRestToTheLogsThread) {
  Begin();
  const LogThreads threads(*log_, {FailTest});
  auto committer = LoopCommitter::Make(*log_, loop_);
  Stage();
  committer->Start();
  const Lsn rest = Stage();
  committer.reset();
  EXPECT_GE(log_->durable(), Lsn{2});
  EXPECT_FALSE(loop_.has_events());
  commits_.WaitFor(rest);
  loop_.RunAll();  // what it may have posted
}

TEST_F(LoopCommitterTest, OneThatEndsBeforeItsNextTurnLeavesWhatIsStaged) {
  Begin();
  const LogThreads threads(*log_, {FailTest});
  auto committer = LoopCommitter::Make(*log_, loop_);
  Stage();
  committer->Start();
  const Lsn rest = Stage();
  ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() >= Lsn{2}; }));
  committer.reset();
  commits_.WaitFor(rest);
  loop_.RunAll();
}

// Whoever sleeps until it is durable may be the loop itself: this one takes no turn.
TEST_F(LoopCommitterTest, TheLogsThreadEndsForALoopThatSleeps) {
  Begin();
  commits_.Wake(loop_);
  const LogThreads threads(*log_, {FailTest});
  const auto committer = LoopCommitter::Make(*log_, loop_);
  for (int i = 0; i < 20; ++i) {
    const Lsn under_way = Stage();
    committer->Start();
    log_->CommitNow();
    commits_.WaitFor(under_way);
    loop_.RunAll();
    Stage();
    committer->Start();
    const Lsn behind = Stage();
    log_->CommitNow();
    commits_.WaitFor(behind);
    loop_.RunAll();
  }
  const int by_loop = commits_.by_test();
  for (int tries = 0; tries < 100 && commits_.by_test() == by_loop; ++tries) {
    const Lsn next = Stage();
    committer->Start();
    ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() == next; }));
  }
  EXPECT_GT(commits_.by_test(), by_loop) << "then it goes on itself";
}

TEST_F(LoopCommitterTest, TheLogsThreadGoesOnForALoopThatSleeps) {
  const LogThreads threads(*log_, {FailTest});
  const auto committer = LoopCommitter::Make(*log_, loop_);
  Stage();
  committer->Start();  // the first of a file is the thread's
  const Lsn lsn = Stage();
  log_->CommitNow();
  commits_.WaitFor(lsn);
}

TEST_F(LoopCommitterTest, EndsBehindTheLogsThreadThatEndsForIt) {
  Begin();
  const LogThreads threads(*log_, {FailTest});
  for (int i = 0; i < 20; ++i) {
    auto committer = LoopCommitter::Make(*log_, loop_);
    const Lsn lsn = Stage();
    committer->Start();
    log_->CommitNow();
    committer.reset();
    commits_.WaitFor(lsn);
  }
}

// The loop that has the log takes no turn here.
TEST_F(LoopCommitterTest, OneThatIsLongInATurnHoldsUpNoOtherLoop) {
  Begin();
  PollExecutor other_loop;
  commits_.Wake(other_loop);
  const LogThreads threads(*log_, {FailTest});
  const auto busy = LoopCommitter::Make(*log_, loop_);
  const auto other = LoopCommitter::Make(*log_, other_loop);
  for (int i = 0; i < 5; ++i) {
    Stage();
    busy->Start();
    const Lsn behind = Stage();
    other->Start();
    ASSERT_TRUE(other_loop.RunUntil([&] { return log_->durable() == behind; }));
    loop_.RunAll();
  }
}

TEST_F(LoopCommitterTest, OneThatIsLongInATurnHoldsUpNobodyWhoComesWhileTheThreadLooks) {
  Begin();
  PollExecutor other_loop;
  commits_.Wake(loop_);
  commits_.Wake(other_loop);
  const LogThreads threads(*log_, {FailTest});
  const auto busy = LoopCommitter::Make(*log_, loop_);
  const auto other = LoopCommitter::Make(*log_, other_loop);
  for (int i = 0; i < 5; ++i) {
    Stage();
    busy->Start();
    const Lsn in_time = Stage();
    other->Start();  // from here on the thread looks
    ASSERT_TRUE(loop_.RunUntil([&] { return log_->durable() >= in_time; }));
    Stage();
    busy->Start();
    const Lsn late = Stage();
    other->Start();
    ASSERT_TRUE(other_loop.RunUntil([&] { return log_->durable() == late; }));
    loop_.RunAll();
  }
}

TEST_F(LoopCommitterTest, OneThatIsLongInATurnHoldsUpNobodyWithoutALoop) {
  Begin();
  const LogThreads threads(*log_, {FailTest});
  const auto busy = LoopCommitter::Make(*log_, loop_);
  for (int i = 0; i < 5; ++i) {
    const Lsn under_way = Stage();
    busy->Start();
    log_->StartCommit();
    ASSERT_NO_FATAL_FAILURE(commits_.WaitFor(under_way));
    loop_.RunAll();
    Stage();
    busy->Start();
    const Lsn behind = Stage();
    log_->StartCommit();
    ASSERT_NO_FATAL_FAILURE(commits_.WaitFor(behind));
    loop_.RunAll();
  }
}

// The thread has the first block of each file, and leaves what is behind it to the first loop.
TEST_F(LoopCommitterTest, OneThatIsLongInATurnHoldsUpNobodyBehindTheLogsThread) {
  Open(4 * kLogPageBytes);
  PollExecutor other_loop;
  commits_.Wake(other_loop);
  const LogThreads threads(*log_, {FailTest});
  const auto busy = LoopCommitter::Make(*log_, loop_);
  const auto other = LoopCommitter::Make(*log_, other_loop);
  for (int i = 0; i < 100; ++i) {
    Stage();
    other->Start();
    const Lsn behind = Stage();
    other->Start();
    ASSERT_TRUE(other_loop.RunUntil([&] { return log_->durable() == behind; }));
  }
}

class NoEvents final : public Executor {
  void Post(Task) override {}
  void PostAfter(int64_t, Task) override {}
};

TEST_F(LoopCommitterTest, ThereIsNoneForAnExecutorThatCannotBeTold) {
  NoEvents executor;
  EXPECT_EQ(LoopCommitter::Make(*log_, executor), nullptr);
}

// Two loops and a third who has none, over files of a few blocks.
TEST_F(LoopCommitterTest, ManyLoopsAndTheLogsThreadCommitInTurns) {
  constexpr int kEach = 300;
  Open(16 * kLogPageBytes);
  {
    const LogThreads threads(*log_, {FailTest});
    std::vector<std::jthread> loops;
    for (int i = 0; i < 2; ++i) {
      loops.emplace_back([this] {
        PollExecutor loop;
        const auto committer = LoopCommitter::Make(*log_, loop);
        for (int n = 0; n < kEach; ++n) {
          const Lsn lsn = log_->Stage(LogTestFolder::AppendOf("loop"));
          committer->Start();
          while (log_->durable() < lsn) loop.RunAll();
        }
      });
    }
    for (int n = 0; n < kEach; ++n) {
      const Lsn lsn = log_->Stage(LogTestFolder::AppendOf("other"));
      log_->StartCommit();
      commits_.WaitFor(lsn);
    }
  }
  EXPECT_EQ(log_->durable(), Lsn{3 * kEach});
  log_.reset();
  ASSERT_TRUE(folder_.Open());
  EXPECT_EQ(folder_.replayed().size(), 3u * kEach);
}

}  // namespace
}  // namespace thalweg
