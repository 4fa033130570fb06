// What a store keeper does where the disk is full, or fails.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "engine/store_keeper_test_support.h"

namespace thalweg {
namespace {

TEST_F(StoreKeeperTest, AMergeThatFillsTheDiskLeavesItToOthersForAMinute) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 5; ++i) {
    Write("/a", "x");
    clock().AdvanceMs(1);
    Run();
  }
  Write("/a", "x");
  clock().AdvanceMs(1);
  const OpFilter writes{.op = DiskOp::kWrite, .path_part = "segments"};
  disk().FailNth(writes, 2, {.code = ENOSPC});  // behind the checkpoint's own
  Run();
  ASSERT_EQ(troubles_, 1);
  ASSERT_EQ(segments(), 6u);
  clock().AdvanceMs(59'000);
  Run();
  EXPECT_EQ(segments(), 6u);
  Write("/a", "x");
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(checkpoints_, 7) << "nobody else waits";
  clock().AdvanceMs(1'000);
  Run();
  Run();
  EXPECT_LT(segments(), 6u);
}

TEST_F(StoreKeeperTest, AMergeThatTookLongToFillTheDiskIsTriedAgainLater) {
  Keep({.age_ms_max = 1});
  BeginLongMerge();
  clock().AdvanceMs(100'000);
  disk().FailNth({.op = DiskOp::kWrite, .path_part = "segments"}, 1, {.code = ENOSPC});
  Run();
  ASSERT_EQ(troubles_, 1);
  EXPECT_EQ(segment_files(), 6u);
  clock().AdvanceMs(299'999);
  Run();
  EXPECT_EQ(segment_files(), 6u);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(segment_files(), 7u);
  EXPECT_EQ(troubles_, 1);
}

TEST_F(StoreKeeperTest, AMergeGivesUpItsSpaceWhereACheckpointWaitsForALogThatHasNone) {
  Keep({.age_ms_max = 1});
  BeginLongMerge();
  engine().Append("/a", NewAppend(std::string(200'000, 'x')));
  disk().SetRoom(disk().bytes_used() + 230'000);
  clock().AdvanceMs(1);
  Run();
  ASSERT_EQ(segment_files(), 8u) << "the checkpoint has its space, and the log …";
  ASSERT_FALSE(log().Commit());
  Run();
  EXPECT_EQ(segment_files(), 7u);
  EXPECT_TRUE(log().Commit());
  Run();
  EXPECT_EQ(checkpoints_, 7);
  clock().AdvanceMs(59'000);
  Run();
  EXPECT_EQ(segment_files(), 7u) << "it leaves the space to others for a minute";
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(segment_files(), 8u);
  EXPECT_EQ(troubles_, 0);
}

TEST_F(StoreKeeperTest, ARefusedLongAppendMakesACheckpointDueThatMayGiveUpAFileOfTheLog) {
  Keep({});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  const std::string text(200'000, 'x');
  const auto is_refused = [&] {
    clock().AdvanceMs(250);
    const Trouble trouble = engine().Append("/a", NewAppend(text)).trouble;
    Run();
    return trouble == Trouble::kDiskFull;
  };
  disk().SetRoom(disk().bytes_used() + text.size());
  ASSERT_TRUE(is_refused());
  ASSERT_TRUE(is_refused());
  EXPECT_EQ(checkpoints_, 0) << "the log has no file to give up";
  EXPECT_EQ(told_refused_, 2);
  while (log().appended_bytes() < 2 * log().file_bytes()) Write("/a", "some more text");
  ASSERT_TRUE(is_refused());
  EXPECT_EQ(checkpoints_, 1);
  ASSERT_TRUE(is_refused());
  EXPECT_EQ(checkpoints_, 1) << "there is nothing more";
  EXPECT_EQ(troubles_, 0);
}

TEST_F(StoreKeeperTest, AFullDiskALimitOfSizesAndAWantOfDescriptorsAreTroubleThatPasses) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (const int code : {ENOSPC, EFBIG, EMFILE}) {
    checkpoints_ = troubles_ = 0;
    Write("/a", "text");
    clock().AdvanceMs(1);
    disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = code});
    Run();
    EXPECT_EQ(troubles_, 1) << code;
    EXPECT_EQ(checkpoints_, 0) << code;
    Run();
    EXPECT_EQ(checkpoints_, 0) << "not at once";
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(checkpoints_, 1) << code;
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, TheLogTakesNoSpaceBeforeACheckpointThatFoundNoneTwice) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC, .times = 2});
  for (const int troubles : {1, 2}) {
    clock().AdvanceMs(1'000);
    Run();
    ASSERT_EQ(troubles_, troubles);
    for (int i = 0; i < 10 && log().HasRoom(); ++i) Write("/a", std::string(20'000, 'x'));
    EXPECT_EQ(log().HasRoom(), troubles == 1);
  }
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(checkpoints_, 1);
  ASSERT_TRUE(log().RemoveSpares());  // of which it may make a file all the same
  EXPECT_TRUE(log().PrepareNext());
  EXPECT_TRUE(log().HasRoom());
}

TEST_F(StoreKeeperTest, ATrimOfTheLogThatFindsNoSpaceIsTriedAgainWithoutACheckpoint) {
  for (const uint64_t shortages : {1, 2}) {  // after two, the log leaves space to checkpoints
    checkpoints_ = troubles_ = 0;
    Keep({.age_ms_max = 1});
    engine().Create(NewStream("/a"));
    for (int i = 0; i < 4; ++i) Write("/a", std::string(20'000, 'x'));
    const size_t files = log_files();
    ASSERT_GT(files, 2u);
    disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1,
                   {.code = ENOSPC, .times = shortages});
    for (uint64_t i = 0; i < shortages; ++i) {
      clock().AdvanceMs(1'000);
      Run();
    }
    disk().FailNth({.op = DiskOp::kRename, .path_part = "log/"}, 1, {.code = ENOSPC});
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(checkpoints_, 1) << "it holds all the same";
    EXPECT_EQ(troubles_, static_cast<int>(shortages) + 1);
    const size_t not_trimmed = log_files();  // one may have its new name
    EXPECT_GE(not_trimmed, files - 1);
    clock().AdvanceMs(249);
    Run();
    EXPECT_EQ(log_files(), not_trimmed);
    clock().AdvanceMs(1);
    Run();
    EXPECT_LT(log_files(), not_trimmed);
    ASSERT_TRUE(log().RemoveSpares());
    EXPECT_TRUE(log().PrepareNext()) << "and the log takes space again";
    EXPECT_EQ(checkpoints_, 1);
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ALogThatWasNotTrimmedIsAfterAStart) {
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 4; ++i) Write("/a", std::string(20'000, 'x'));
  CheckpointAndEvict();
  Start();
  Keep({});
  const size_t files = log_files();
  Run();
  EXPECT_LT(log_files(), files);
}

TEST_F(StoreKeeperTest, ACheckpointThatTheCatalogHasNoRoomForIsTriedAgainSoon) {
  const StoreKeeperOptions by_age{.age_ms_max = 10'000};
  const StoreKeeperOptions by_log{.log_bytes_max = 1'000};
  for (const StoreKeeperOptions& options : {by_age, by_log}) {
    checkpoints_ = troubles_ = 0;
    Keep(options);
    engine().Create(NewStream("/a"));
    Write("/a", std::string(1'000, 'x'));
    if (options.age_ms_max == by_age.age_ms_max) clock().AdvanceMs(options.age_ms_max);
    catalog().FailNextCommit(true);
    Run();
    EXPECT_EQ(troubles_, 1);
    clock().AdvanceMs(249);
    Run();
    EXPECT_EQ(checkpoints_, 0);
    clock().AdvanceMs(1);
    Run();
    EXPECT_EQ(checkpoints_, 1);
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ACheckpointThatTookLongToFindNoSpaceIsTriedAgainLater) {
  int64_t took_ms = 0;
  Keep({.age_ms_max = 1});
  keeper_->SetPause([&](int64_t) {
    took_ms += 1'000;
    clock().AdvanceMs(1'000);
  });
  engine().Create(NewStream("/long"));
  for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kWrite, .path_part = "segments"}, 3, {.code = ENOSPC});
  Run();
  ASSERT_EQ(troubles_, 1);
  ASSERT_GT(took_ms, 0);
  clock().AdvanceMs(3 * took_ms - 1);
  Run();
  EXPECT_EQ(checkpoints_, 0);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(checkpoints_, 1);
}

TEST_F(StoreKeeperTest, OnAFullDiskTheLogsSparesMakeRoomForACheckpoint) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 4; ++i) {
    Write("/a", std::string(20'000, 'x'));
    clock().AdvanceMs(1);
    Run();
  }
  ASSERT_GT(spares(), 0);
  Write("/a", "text");
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC});
  Run();
  EXPECT_EQ(troubles_, 1);
  EXPECT_EQ(spares(), 0);
  Write("/a", std::string(100'000, 'x'));
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(checkpoints_, 5);
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ADiskThatFailsIsFinal) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  Commit();
  clock().AdvanceMs(1);
  catalog().FailNextCommit();
  Run();
  EXPECT_EQ(failures_, 1);
  clock().AdvanceMs(100'000);
  Run();
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(checkpoints_, 0);
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(Text("/a"), "");
}

TEST_F(StoreKeeperTest, APieceOfASegmentThatTheDiskDidNotTakeIsFinalToo) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/long"));
  for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kWriteOut, .path_part = "segments"}, 3, {});
  Run();
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(checkpoints_, 0);
}

}  // namespace
}  // namespace thalweg
