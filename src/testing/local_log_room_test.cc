// The commit log on a disk that is full: what was accepted is written, or waits and is written
// later.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/directory.h"
#include "storage/local_log.h"
#include "storage/log_threads.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

constexpr uint64_t kFileBytes = 8 * kLogPageBytes;  // of blocks it holds six

const LogReplay kNoReplay = [](Lsn, const Record&) { return StorageResult<void>(); };

void StageInto(LocalLog& log, size_t bytes) {
  const std::string data(bytes, 'x');
  AppendRecord record;
  record.id = {1};
  record.data = data;
  log.Stage(record);
}

class RoomOfLog : public testing::Test {
 protected:
  RoomOfLog() {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(log_.Recover(Lsn{0}, kNoReplay));
  }

  void Stage(size_t bytes = 10) { StageInto(log_, bytes); }

  // The next file is there already when the disk is full, and the batch is longer.
  void StageMoreThanFits() {
    Stage();
    ASSERT_TRUE(log_.Commit());
    ASSERT_TRUE(log_.PrepareNext());
    FillDisk();
    ASSERT_TRUE(log_.HasRoom());
    Stage(2 * kFileBytes);
  }

  ptrdiff_t FilesNamed(std::string_view end) {
    const auto names = disk_.List("log").value();
    return std::ranges::count_if(names, [end](const std::string& n) { return n.ends_with(end); });
  }

  // From now on nothing more can be allocated.
  void FillDisk() { disk_.SetRoom(disk_.bytes_used()); }

  SimDisk disk_{1};
  LocalLog log_{disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 1}};
};

// Whoever allocates ahead may be late: nobody calls PrepareNext here.
TEST_F(RoomOfLog, WhatIsAcceptedOnAFullDiskFitsIntoWhatIsAllocated) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  ASSERT_TRUE(log_.PrepareNext());
  FillDisk();
  int accepted = 0;
  for (; log_.HasRoom() && accepted < 100; ++accepted) {
    Stage();
    ASSERT_TRUE(log_.Commit()) << "accepted, and then there was no room for it";
  }
  EXPECT_FALSE(log_.HasRoom());
  EXPECT_GE(accepted, 5) << "the first file has room for five more";
}

TEST_F(RoomOfLog, SaysWhereThereIsNotEvenTheSpaceForABatchThatWaits) {
  StageMoreThanFits();
  EXPECT_TRUE(log_.HasRoomForBatch());
  ASSERT_FALSE(log_.Commit());
  EXPECT_FALSE(log_.HasRoomForBatch());
  disk_.SetRoom(disk_.bytes_used() + 2 * kFileBytes);
  EXPECT_TRUE(log_.Commit());
  EXPECT_TRUE(log_.HasRoomForBatch());
}

TEST_F(RoomOfLog, ALogThatLeavesSpaceMakesAFileOnlyWhereABatchWaitsForIt) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  ASSERT_TRUE(log_.PrepareNext());
  log_.LeaveSpace(true);
  const uint64_t used = disk_.bytes_used();
  for (int i = 0; i < 100 && log_.HasRoom(); ++i) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  EXPECT_FALSE(log_.HasRoom());
  EXPECT_EQ(log_.PrepareNext().error().code, ENOSPC);
  EXPECT_EQ(disk_.bytes_used(), used) << "it goes on in what it has";
  Stage(2 * kFileBytes);
  ASSERT_TRUE(log_.Commit()) << "it was staged before, and the checkpoint waits for it";
  EXPECT_FALSE(log_.HasRoom());
  log_.LeaveSpace(false);
  EXPECT_TRUE(log_.PrepareNext());
  EXPECT_TRUE(log_.HasRoom());
}

TEST_F(RoomOfLog, WhatIsAcceptedWhileTheNextFileIsAskedForFitsIntoThisOne) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  ASSERT_TRUE(log_.PrepareNext());
  FillDisk();
  int meanwhile = 0;
  disk_.SetHook([&](DiskOp op, const std::string&) {
    if (op != DiskOp::kAllocate || !log_.HasRoom()) return;
    Stage(4 * kLogPageBytes);
    ++meanwhile;
  });
  while (log_.HasRoom()) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  disk_.SetHook(nullptr);
  EXPECT_EQ(meanwhile, 1);
  EXPECT_TRUE(log_.Commit());
  EXPECT_EQ(log_.durable(), log_.staged());
}

TEST_F(RoomOfLog, AFileThatCouldNotBeMadeDoesNotComeBackBeforeOneWithRecords) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  disk_.FailNth({.op = DiskOp::kAllocate, .path_part = "log"}, 1, {.code = ENOSPC});
  // Of its making, and of its removal.
  disk_.FailNth({.op = DiskOp::kSyncDirectory, .path_part = "log"}, 2, {.code = ENOSPC});
  bool failed_once = false;
  while (log_.durable().value < 20) {
    Stage();
    ASSERT_TRUE(log_.Commit());
    failed_once = failed_once || !log_.HasRoom();
  }
  ASSERT_TRUE(failed_once);
  disk_.Crash(SimDisk::CrashKind::kPowerCut);
  LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
  const auto recovered = again.Recover(Lsn{0}, kNoReplay);
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->last.value, 20u);
}

TEST_F(RoomOfLog, ALongRecordIsRefusedWhereItWouldWaitForSpace) {
  constexpr size_t kLong = 16 * kFileBytes;
  Stage();
  ASSERT_TRUE(log_.Commit());
  ASSERT_TRUE(log_.PrepareNext());
  EXPECT_TRUE(log_.HasRoomFor(kLong));
  FillDisk();
  EXPECT_TRUE(log_.HasRoomFor(100)) << "it is held ready";
  EXPECT_FALSE(log_.TakeRefused());
  EXPECT_FALSE(log_.HasRoomFor(kLong));
  EXPECT_TRUE(log_.TakeRefused());
  EXPECT_FALSE(log_.TakeRefused()) << "once";
  EXPECT_TRUE(log_.HasRoom()) << "for others";
  disk_.SetRoom(disk_.bytes_used() + 3 * kLong);
  EXPECT_TRUE(log_.HasRoomFor(kLong));
  Stage(kLong);
  EXPECT_FALSE(log_.HasRoomFor(kLong)) << "what is staged takes that";
  ASSERT_TRUE(log_.Commit());
  EXPECT_FALSE(log_.HasRoomFor(kLong)) << "and has taken it";
  disk_.SetRoom(UINT64_MAX);
  EXPECT_TRUE(log_.HasRoomFor(kLong));
}

TEST_F(RoomOfLog, ALongRecordMayTakeTheSpaceOfTheSpares) {
  LocalLog log(disk_, {.file_bytes = 16 * kFileBytes, .spares_max = 4, .salt_seed = 2});
  ASSERT_TRUE(log.Recover(Lsn{0}, kNoReplay));
  const size_t kLong = 14 * kFileBytes;
  for (int i = 0; i < 5; ++i) {
    StageInto(log, kLong);
    ASSERT_TRUE(log.Commit());
  }
  FillDisk();
  EXPECT_FALSE(log.HasRoomFor(2 * kLong));
  ASSERT_TRUE(log.Trim(log.durable()));
  ASSERT_EQ(FilesNamed(".spare"), 4);
  log.LeaveSpace(true);
  ASSERT_TRUE(log.HasRoomFor(2 * kLong));
  StageInto(log, 2 * kLong);
  EXPECT_TRUE(log.Commit());
}

// So do those that were accepted: by a file system that tells nothing, or for a quota that nobody
// asks.
TEST_F(RoomOfLog, ABatchLongerThanAFileWaitsForSpaceAndIsNotLost) {
  StageMoreThanFits();
  const auto refused = log_.Commit();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENOSPC);
  EXPECT_FALSE(log_.failed());
  EXPECT_FALSE(log_.HasRoom()) << "what comes now would wait, too";
  disk_.SetRoom(UINT64_MAX);
  EXPECT_TRUE(log_.Commit());
  EXPECT_TRUE(log_.HasRoom());
  EXPECT_EQ(log_.durable(), log_.staged());
}

TEST_F(RoomOfLog, ABatchLongerThanAFileTakesTheSpaceOfTheSpares) {
  for (int i = 0; i < 15; ++i) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  ASSERT_TRUE(log_.PrepareNext());
  ASSERT_TRUE(log_.Trim(log_.durable()));
  StageMoreThanFits();
  EXPECT_TRUE(log_.Commit());
  EXPECT_EQ(log_.durable(), log_.staged());
  EXPECT_FALSE(log_.HasRoom());
}

TEST_F(RoomOfLog, WhereAWholeFileHasNoSpaceABatchThatWaitsGetsAFileOfItsOwn) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  disk_.SetRoom(disk_.bytes_used() + kFileBytes - kLogPageBytes);
  int commits = 0;
  for (; commits < 100 && log_.HasRoom(); ++commits) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  ASSERT_FALSE(log_.HasRoom());
  const uint64_t used = disk_.bytes_used();  // what there is of the log's files is allocated
  for (Stage(5'000); log_.Commit(); Stage(5'000)) {
  }
  EXPECT_GT(disk_.bytes_used(), used);
  EXPECT_FALSE(log_.HasRoom()) << "such files are for what waits";
  ASSERT_FALSE(log_.failed());
  disk_.SetRoom(UINT64_MAX);
  ASSERT_TRUE(log_.Commit());
  const Lsn last = log_.durable();
  disk_.Crash(SimDisk::CrashKind::kPowerCut);
  LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
  ASSERT_TRUE(again.Recover(Lsn{0}, kNoReplay));
  EXPECT_EQ(again.durable(), last);
}

// A disk that is full, or a process that has no file descriptor left.
class ShortageOfLog : public RoomOfLog, public testing::WithParamInterface<int> {};

TEST_P(ShortageOfLog, AFileThatCannotBeMadeIsTriedAgain) {
  disk_.FailNth({.op = DiskOp::kCreate, .path_part = ".log"}, 1, {.code = GetParam(), .times = 3});
  EXPECT_FALSE(log_.PrepareNext());
  EXPECT_FALSE(log_.HasRoom());
  Stage();
  EXPECT_FALSE(log_.Commit()) << "nor one for this batch alone";
  ASSERT_FALSE(log_.failed());
  EXPECT_FALSE(log_.HasRoom());
  EXPECT_TRUE(log_.Commit());
  EXPECT_TRUE(log_.HasRoom());
  EXPECT_EQ(log_.durable(), log_.staged());
}

TEST_P(ShortageOfLog, AFileThatCannotBeLongerIsTriedAgain) {
  ASSERT_TRUE(log_.PrepareNext());
  disk_.FailNth({.op = DiskOp::kAllocate, .path_part = ".log"}, 1, {.code = GetParam()});
  Stage(2 * kFileBytes);
  EXPECT_FALSE(log_.Commit());
  EXPECT_FALSE(log_.HasRoom());
  ASSERT_FALSE(log_.failed());
  EXPECT_TRUE(log_.Commit());
  EXPECT_EQ(log_.durable(), log_.staged());
}

INSTANTIATE_TEST_SUITE_P(Codes, ShortageOfLog,
                         testing::Values(ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE));

TEST_F(RoomOfLog, ASpareThatCannotBeOpenedForWantOfADescriptorIsStillOne) {
  for (int i = 0; i < 8; ++i) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  ASSERT_TRUE(log_.PrepareNext());
  ASSERT_TRUE(log_.Trim(log_.durable()));
  Stage(kFileBytes - 2 * kLogPageBytes);
  ASSERT_TRUE(log_.Commit());
  const uint64_t made = disk_.ops(DiskOp::kCreate);
  disk_.FailNth({.op = DiskOp::kOpen, .path_part = ".spare"}, 1, {.code = EMFILE});
  EXPECT_FALSE(log_.PrepareNext());
  EXPECT_FALSE(log_.HasRoom());
  EXPECT_TRUE(log_.PrepareNext());
  EXPECT_TRUE(log_.HasRoom());
  EXPECT_EQ(disk_.ops(DiskOp::kCreate), made);
}

bool Eventually(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!done() && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
  }
  return done();
}

void FailTest(const StorageFault& fault) { ADD_FAILURE() << fault.message; }

TEST_F(RoomOfLog, TheThreadsWriteWhatHadToWaitOnceThereIsSpace) {
  StageMoreThanFits();
  std::atomic<int> refused = 0, again = 0;
  const LogThreads threads(log_,
                           {.on_failure = FailTest, .on_room = [&](const StorageFault* fault) {
                              EXPECT_TRUE(fault == nullptr || fault->is_shortage);
                              ++(fault != nullptr ? refused : again);
                            }});
  ASSERT_TRUE(Eventually([&] { return refused == 1; })) << "it was tried, and does not fit";
  EXPECT_FALSE(log_.HasRoom());
  disk_.SetRoom(UINT64_MAX);
  EXPECT_TRUE(Eventually([this] { return log_.durable() == log_.staged(); }));
  EXPECT_TRUE(Eventually([&] { return again == 1; }));
  EXPECT_TRUE(log_.HasRoom());
  EXPECT_EQ(refused, 1) << "told once, however often it was tried";
}

TEST_F(RoomOfLog, ADiskThatIsFullHasAnswered) {
  StageMoreThanFits();
  LogWatch watch(log_);
  for (int look = 0; look < 3; ++look) {
    EXPECT_FALSE(log_.Commit());
    EXPECT_EQ(watch.Look(), LogWatch::News::kNone);
  }
  EXPECT_EQ(watch.Look(), LogWatch::News::kLate) << "the try after these has not ended";
}

TEST_F(RoomOfLog, TheThreadsTryOnceMoreBeforeTheyEnd) {
  StageMoreThanFits();
  std::optional<LogThreads> threads(std::in_place, log_, LogEvents{FailTest});
  ASSERT_TRUE(Eventually([this] { return !log_.HasRoom(); })) << "it was tried, and does not fit";
  disk_.SetRoom(UINT64_MAX);
  threads.reset();
  EXPECT_EQ(log_.durable(), log_.staged());
}

TEST_F(RoomOfLog, TheThreadsEndWhereTheDiskStaysFull) {
  StageMoreThanFits();
  std::optional<LogThreads> threads(std::in_place, log_, LogEvents{FailTest});
  threads.reset();
  EXPECT_LT(log_.durable(), log_.staged());
}

// Whatever file holds nothing stands in no start's way.
TEST_F(RoomOfLog, WhereThereIsNoSpaceForASealAFileGoesWithoutIt) {
  const OpFilter first_file{.op = DiskOp::kWrite, .path_part = LogFileName(1)};
  Stage();
  ASSERT_TRUE(log_.Commit());
  Stage(2 * kFileBytes);  // takes a file of its own
  disk_.FailNth(first_file, 1, {.code = ENOSPC});
  ASSERT_TRUE(log_.Commit());
  LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
  disk_.FailNth(first_file, 1, {.code = ENOSPC});
  EXPECT_TRUE(again.Recover(Lsn{0}, kNoReplay));
}

TEST_F(RoomOfLog, AStartNeedsNoFileThatHoldsNothing) {
  struct Row {
    const char* why;
    OpFilter filter;
    int code;
    bool is_kept;
  };
  const Row rows[] = {
      {"no fault", {.op = DiskOp::kList, .path_part = "none"}, EIO, true},
      {"no space for the new name", {.op = DiskOp::kRename, .path_part = ".log"}, ENOSPC, false},
      {"no space to sync it", {.op = DiskOp::kSyncDirectory, .path_part = "log"}, ENOSPC, false},
      {"it cannot be opened", {.op = DiskOp::kOpen, .path_part = ".spare"}, EIO, false},
      {"nor lengthened", {.op = DiskOp::kAllocate, .path_part = ".spare"}, EIO, false},
      {"nor synced", {.op = DiskOp::kSync, .path_part = ".spare"}, EIO, false},
      {"its size cannot be told", {.op = DiskOp::kSize, .path_part = ".spare"}, EIO, false},
  };
  for (const Row& row : rows) {
    LocalLog before(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
    ASSERT_TRUE(before.Recover(Lsn{0}, kNoReplay)) << row.why;
    ASSERT_TRUE(before.PrepareNext());
    disk_.FailNth(row.filter, 1, {.code = row.code});
    LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 3});
    EXPECT_TRUE(again.Recover(Lsn{0}, kNoReplay)) << row.why;
    disk_.ClearFaults();
    disk_.Crash(SimDisk::CrashKind::kPowerCut);
    EXPECT_EQ(!disk_.List("log").value().empty(), row.is_kept) << row.why;
  }
}

TEST_F(RoomOfLog, AStartNeedsNoSpaceToRemoveASpareThatItCannotUse) {
  ASSERT_TRUE(log_.PrepareNext());
  for (const DiskOp op : {DiskOp::kRemove, DiskOp::kSyncDirectory}) {
    ASSERT_FALSE(disk_.List("log").value().empty());
    disk_.FailNth({.op = op, .path_part = "log"}, 1, {.code = ENOSPC});
    LocalLog again(disk_, LocalLogOptions{.file_bytes = 2 * kFileBytes, .salt_seed = 2});
    EXPECT_TRUE(again.Recover(Lsn{0}, kNoReplay)) << static_cast<int>(op);
  }
  EXPECT_TRUE(disk_.List("log").value().empty());
}

TEST_F(RoomOfLog, ATrimThatFindsNoSpaceRenamesNoFileThatIsNeeded) {
  while (FilesNamed(".log") < 3) {
    Stage();
    ASSERT_TRUE(log_.Commit());
  }
  const auto is_there = [&](const std::string& path) {
    return disk_.Open(path, Disk::Mode::kRead).has_value();
  };
  const auto all = log_.NeededFiles(Lsn{0});
  EXPECT_GE(all.size(), 2u);
  EXPECT_TRUE(std::ranges::all_of(all, is_there));
  disk_.FailNth({.op = DiskOp::kSyncDirectory, .path_part = "log"}, 1, {.code = ENOSPC});
  ASSERT_FALSE(log_.Trim(log_.durable()));
  EXPECT_FALSE(std::ranges::all_of(all, is_there)) << "it has another name by now";
  const auto needed = log_.NeededFiles(log_.durable());
  EXPECT_EQ(needed, std::vector{all.back()});
  EXPECT_TRUE(std::ranges::all_of(needed, is_there));
}

TEST(TrimOfLog, AfterATryThatHadNoSpaceGoesOnAndHoldsOverAPowerCut) {
  for (const DiskOp op : {DiskOp::kRename, DiskOp::kRemove, DiskOp::kSyncDirectory}) {
    for (uint64_t nth = 1; nth <= 6; ++nth) {
      SimDisk disk(nth);
      ASSERT_TRUE(Directory(disk, "").MakeDirectory("log"));
      LocalLog log(disk, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 1});
      ASSERT_TRUE(log.Recover(Lsn{0}, kNoReplay));
      for (int i = 0; i < 36; ++i) {
        StageInto(log, 10);
        ASSERT_TRUE(log.Commit());
      }
      disk.FailNth({.op = op, .path_part = "log"}, nth, {.code = ENOSPC});
      static_cast<void>(log.Trim(log.durable()));
      const auto trimmed = log.Trim(log.durable());
      EXPECT_TRUE(trimmed) << static_cast<int>(op) << " " << nth;
      disk.ClearFaults();
      disk.Crash(SimDisk::CrashKind::kPowerCut);
      LocalLog again(disk, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
      const auto found = again.Recover(log.durable(), kNoReplay);
      EXPECT_TRUE(found) << static_cast<int>(op) << " " << nth;
    }
  }
}

// What nothing was written to yet may be a hole in a copy, and the disk be full.
TEST_F(RoomOfLog, AStartGoesOnInAnotherFileWhereTheLastHasNoSpaceForMore) {
  Stage();
  ASSERT_TRUE(log_.Commit());
  for (const bool has_space : {true, false}) {
    LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
    if (!has_space) {
      disk_.FailNth({.op = DiskOp::kAllocate, .path_part = ".log"}, 1, {.code = ENOSPC});
    }
    ASSERT_TRUE(again.Recover(Lsn{0}, kNoReplay));
    StageInto(again, 10);
    ASSERT_TRUE(again.Commit());
    EXPECT_EQ(FilesNamed(".log") > 1, !has_space);
    const auto first = disk_.Open("log/" + LogFileName(1), Disk::Mode::kRead).value();
    EXPECT_EQ(first->Size().value() == kFileBytes, has_space) << "what it got is given back";
  }
  disk_.Crash(SimDisk::CrashKind::kPowerCut);
  LocalLog last(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 3});
  const auto found = last.Recover(Lsn{0}, kNoReplay);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->last, Lsn{3});
}

TEST_F(RoomOfLog, ATrimmedFileThatGetsNoSpaceIsNoSpare) {
  for (const bool has_space : {true, false}) {
    while (log_.durable().value % 16 != 15) {
      Stage();
      ASSERT_TRUE(log_.Commit());
    }
    Stage();
    ASSERT_TRUE(log_.Commit());
    ASSERT_TRUE(log_.RemoveSpares());
    if (!has_space) {
      disk_.FailNth({.op = DiskOp::kAllocate, .path_part = ".spare"}, 1,
                    {.code = ENOSPC, .times = 100});
    }
    ASSERT_TRUE(log_.Trim(log_.durable()));
    EXPECT_EQ(FilesNamed(".spare") > 0, has_space);
  }
}

// A crash came before it had its space. What it has is what the disk needs.
TEST_F(RoomOfLog, AStartRemovesASpareThatGetsNoSpace) {
  ASSERT_TRUE(log_.PrepareNext());
  disk_.FailNth({.op = DiskOp::kAllocate, .path_part = ".spare"}, 1, {.code = ENOSPC});
  LocalLog again(disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = 2});
  EXPECT_TRUE(again.Recover(Lsn{0}, kNoReplay));
  EXPECT_TRUE(disk_.List("log").value().empty());
}

}  // namespace
}  // namespace thalweg
