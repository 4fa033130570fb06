// A loop that commits to a disk that fails, fills up, or has no writes beside their caller.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "storage/directory.h"
#include "storage/local_log.h"
#include "storage/log_threads.h"
#include "storage/loop_committer.h"
#include "testing/manual_clock.h"
#include "testing/poll_executor.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

class LoopOverSimDisk : public testing::Test {
 protected:
  LoopOverSimDisk()
      : log_(disk_, {.file_bytes = 64 * kLogPageBytes, .salt_seed = 1, .clock = &clock_}) {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(log_.Recover({}, [](Lsn, const Record&) { return StorageResult<void>(); }));
    Stage();
    EXPECT_TRUE(log_.Commit());
    committer_ = LoopCommitter::Make(log_, loop_);
  }

  Lsn Stage(size_t bytes = 100) {
    const std::string data(bytes, 'a');
    AppendRecord record;
    record.id = {1};
    record.data = data;
    return log_.Stage(record);
  }

  // How many records a start finds.
  uint64_t Recovered() {
    LocalLog again(disk_, {.file_bytes = 64 * kLogPageBytes, .salt_seed = 2});
    uint64_t records = 0;
    EXPECT_TRUE(again.Recover({}, [&](Lsn, const Record&) {
      ++records;
      return StorageResult<void>();
    }));
    return records;
  }

  SimDisk disk_{1};
  ManualClock clock_;
  PollExecutor loop_;
  LocalLog log_;
  std::unique_ptr<LoopCommitter> committer_;
};

TEST_F(LoopOverSimDisk, AWriteThatFailedIsFinalAndToldOnceByTheLogsThread) {
  for (const DiskOp op : {DiskOp::kWrite, DiskOp::kSync}) {
    SCOPED_TRACE(static_cast<int>(op));
    SimDisk disk{2};
    ASSERT_TRUE(Directory(disk, "").MakeDirectory("log"));
    LocalLog log(disk, {.salt_seed = 1});
    ASSERT_TRUE(log.Recover({}, [](Lsn, const Record&) { return StorageResult<void>(); }));
    log.Stage(TouchRecord{.id = {1}, .at = {}});
    ASSERT_TRUE(log.Commit());
    std::atomic<int> failures = 0;
    std::optional<LogThreads> threads(std::in_place, log, LogEvents{[&](const StorageFault& fault) {
                                        EXPECT_TRUE(fault.message.ends_with(strerror(EIO)))
                                            << fault.message;
                                        ++failures;
                                        failures.notify_all();
                                      }});
    const auto committer = LoopCommitter::Make(log, loop_);
    log.Stage(TouchRecord{.id = {2}, .at = {}});
    disk.FailNth({.op = op, .path_part = {}}, 1, {.code = EIO});
    committer->Start();
    log.Stage(TouchRecord{.id = {3}, .at = {}});
    loop_.RunAll();
    failures.wait(0);
    EXPECT_TRUE(log.failed());
    committer->Start();  // does nothing any more
    loop_.RunAll();
    threads.reset();
    EXPECT_EQ(failures, 1);
    EXPECT_EQ(log.durable(), Lsn{1});
  }
}

TEST_F(LoopOverSimDisk, WithoutSuchWritesTheLogsThreadCommits) {
  disk_.LoseAsyncWrites();
  const auto committer = LoopCommitter::Make(log_, loop_);
  const LogThreads threads(log_, {[](const StorageFault& fault) { FAIL() << fault.message; }});
  const uint64_t others_writes = disk_.ops(DiskOp::kWrite);
  for (int i = 0; i < 5; ++i) {
    const Lsn lsn = Stage();
    committer->Start();
    while (log_.durable() < lsn) loop_.RunAll();
  }
  EXPECT_EQ(disk_.ops(DiskOp::kWrite), others_writes + 5);
  EXPECT_EQ(Recovered(), 6u);
}

TEST_F(LoopOverSimDisk, ABatchThatIsLongerThanItsWritersIsLeftToTheLogsThread) {
  const LogThreads threads(log_, {[](const StorageFault& fault) { FAIL() << fault.message; }});
  Stage(AsyncWriter::kBytesMax);
  const Lsn lsn = Stage();
  committer_->Start();
  while (log_.durable() < lsn) loop_.RunAll();
  EXPECT_EQ(Recovered(), 3u);
}

// As one whose owner's handler does not come back.
TEST_F(LoopOverSimDisk, WhatALoopThatStandsHasUnderWayTheLogsThreadEnds) {
  const LogThreads threads(log_, {[](const StorageFault& fault) { FAIL() << fault.message; }},
                           std::chrono::milliseconds(100));
  const Lsn lsn = Stage();
  committer_->Start();
  while (log_.durable() < lsn) std::this_thread::yield();
  loop_.RunAll();
  EXPECT_EQ(Recovered(), 2u);
}

TEST_F(LoopOverSimDisk, WhereItsWritesEndLateTheLogsThreadCommitsForAWhile) {
  const auto write_late = [&] {
    const Lsn lsn = Stage();
    committer_->Start();
    clock_.AdvanceMs(LoopPause::kLateMs);
    return loop_.RunUntil([&] { return log_.durable() == lsn; });
  };
  const auto write_in_time = [&] {
    const Lsn lsn = Stage();
    committer_->Start();
    return loop_.RunUntil([&] { return log_.durable() == lsn; });
  };
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(write_in_time());
    ASSERT_TRUE(write_late()) << "one alone is none";
  }
  ASSERT_TRUE(write_late());
  for (int i = 0; i < 3; ++i) {
    const Lsn before = log_.durable();
    const Lsn lsn = Stage();
    committer_->Start();
    loop_.RunAll();
    EXPECT_EQ(log_.durable(), before);
    ASSERT_TRUE(log_.Commit());
    EXPECT_EQ(log_.durable(), lsn);
  }
  clock_.AdvanceMs(LoopPause::kPauseMs);
  ASSERT_TRUE(write_late()) << "then it tries again";
  const Lsn last = Stage();
  committer_->Start();
  loop_.RunAll();
  EXPECT_LT(log_.durable(), last);
  ASSERT_TRUE(log_.Commit());
  EXPECT_EQ(Recovered(), last.value);
}

TEST_F(LoopOverSimDisk, LateIsAlsoWhatTheLogsThreadHasTakenOver) {
  for (int i = 0; i < LoopPause::kLateInARow; ++i) {
    const Lsn lsn = Stage();
    committer_->Start();
    clock_.AdvanceMs(LoopPause::kLateMs);
    log_.CommitNow();
    ASSERT_TRUE(log_.Commit());
    ASSERT_EQ(log_.durable(), lsn);
    loop_.RunAll();
  }
  const Lsn lsn = Stage();
  committer_->Start();
  loop_.RunAll();
  EXPECT_LT(log_.durable(), lsn);
  ASSERT_TRUE(log_.Commit());
  EXPECT_EQ(Recovered(), lsn.value);
}

TEST_F(LoopOverSimDisk, InAPauseTheLogsThreadGoesOnWithWhatIsStagedBehindALoopsWrite) {
  const LogThreads threads(log_, {[](const StorageFault& fault) { FAIL() << fault.message; }});
  Lsn lsn, behind;
  for (int i = 0; i < LoopPause::kLateInARow; ++i) {
    lsn = Stage();
    committer_->Start();
    clock_.AdvanceMs(LoopPause::kLateMs);
    if (i + 1 == LoopPause::kLateInARow) behind = Stage();
    ASSERT_TRUE(loop_.RunUntil([&] { return log_.durable() >= lsn; }));
  }
  while (log_.durable() < behind) std::this_thread::yield();  // without the loop
  EXPECT_EQ(Recovered(), behind.value);
}

// The batch waits with the log's thread, and so does what is staged behind it; then the loop goes
// on.
TEST_F(LoopOverSimDisk, OnAFullDiskItsBatchWaitsUntilThereIsSpace) {
  Stage(30 * kLogPageBytes);
  committer_->Start();
  loop_.RunAll();
  const Lsn before = log_.durable();
  disk_.SetRoom(disk_.bytes_used());
  Stage(100 * kLogPageBytes);  // more than a file has
  committer_->Start();
  ASSERT_FALSE(log_.Commit());
  EXPECT_FALSE(log_.HasRoomForBatch());
  const Lsn behind = Stage();
  committer_->Start();
  loop_.RunAll();
  EXPECT_EQ(log_.durable(), before);
  disk_.SetRoom(UINT64_MAX);
  ASSERT_TRUE(log_.Commit());
  loop_.RunAll();  // it is told, and finds the file full
  ASSERT_TRUE(log_.Commit());
  EXPECT_EQ(log_.durable(), behind);
  const Lsn last = Stage();
  committer_->Start();
  ASSERT_TRUE(loop_.RunUntil([&] { return log_.durable() == last; }));
  EXPECT_EQ(Recovered(), last.value);
}

}  // namespace
}  // namespace thalweg
