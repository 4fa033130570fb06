// What a store keeper does about time: its marks, and streams that end.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>

#include "engine/store_keeper_test_support.h"
#include "engine/stream_cost.h"

namespace thalweg {
namespace {

TEST_F(StoreKeeperTest, MarksTheTimeAtEachCheckpointAndAtTheEnd) {
  Keep({.age_ms_max = 1'000});
  const int64_t began_ms = clock().SteadyMs();
  clock().AdvanceMs(5'000);
  Run();
  EXPECT_EQ(MarkedMs(), began_ms) << "it holds";
  engine().Create(NewStream("/a"));
  Commit();
  clock().AdvanceMs(1'000);
  Run();
  ASSERT_EQ(checkpoints_, 1);
  EXPECT_EQ(MarkedMs(), began_ms + 6'000);
  clock().AdvanceMs(1'000);
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(MarkedMs(), began_ms + 7'000);
}

TEST_F(StoreKeeperTest, MarksTheTimeWhenTheWallClockWasSetAtMostOnceASecond) {
  Keep({});
  for (const int64_t jump_ms : {3'600'000, -3'600'000}) {
    clock().AdvanceMs(1'000);
    clock().JumpWallMs(jump_ms);
    Run();
    const int64_t marked_ms = clock().SteadyMs();
    EXPECT_EQ(MarkedMs(), marked_ms);
    clock().AdvanceMs(999);
    clock().JumpWallMs(jump_ms);
    Run();
    EXPECT_EQ(MarkedMs(), marked_ms);
    clock().AdvanceMs(1);
    Run();
    EXPECT_EQ(MarkedMs(), marked_ms + 1'000);
  }
  EXPECT_EQ(checkpoints_, 0);
}

TEST_F(StoreKeeperTest, AMarkOfTheTimeWaitsForSpaceAndEndsWithTheDisk) {
  Keep({});
  clock().JumpWallMs(3'600'000);
  for (const int code : {ENOSPC, EIO}) {
    disk().FailNth({.op = DiskOp::kCreate, .path_part = "clock"}, 1, {.code = code});
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(troubles_, 0);
    EXPECT_EQ(failures_, code == EIO ? 1 : 0);
  }
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(failures_, 1);
}

TEST_F(StoreKeeperTest, ADiskThatFailsAtTheMarkBehindACheckpointIsToldOnce) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 4; ++i) Write("/a", std::string(20'000, 'x'));
  clock().AdvanceMs(1);
  for (const char* path : {"clock", "log/"}) {
    disk().FailNth({.op = DiskOp::kRename, .path_part = path}, 1, {.code = EIO, .times = 1'000});
  }
  Run();
  EXPECT_EQ(checkpoints_, 1);
  EXPECT_EQ(failures_, 1);
}

TEST_F(StoreKeeperTest, EndsStreamsThatAreDueAndNotInMemory) {
  Keep({.age_ms_max = 1'000});
  for (int i = 0; i < 600; ++i) CreateWithTtl("/s" + std::to_string(i), i < 500 ? 100 : 1'000);
  Commit();
  for (int i = 0; i < 4; ++i) {
    clock().AdvanceMs(1'000);
    Run();
  }
  EXPECT_EQ(engine().stream_count(), 0u);
  EXPECT_EQ(catalog().Ids({}, 1'000)->size(), 600u);
  clock().AdvanceMs(200'000);
  const Lsn before = log().staged();
  Run();
  EXPECT_EQ(log().staged().value - before.value, 500u) << "their removals are records";
  Commit();
  clock().AdvanceMs(1'000);
  Run();
  Commit();
  Run();
  EXPECT_EQ(catalog().Ids({}, 1'000)->size(), 100u);
}

TEST_F(StoreKeeperTest, WithoutCheckpointsStreamsEndOnlyWhileThereIsMemoryForIt) {
  constexpr uint64_t kStreams = 1'000;
  constexpr uint64_t kTailBytes = 600 * kChangedStreamBytes;
  for (uint64_t i = 0; i < kStreams; ++i) CreateWithTtl("/s" + std::to_string(i), 100);
  CheckpointAndEvict();
  Keep({.tail_bytes_max = kTailBytes});
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1,
                 {.code = ENOSPC, .times = 1'000'000});
  clock().AdvanceMs(200'000);
  const Lsn before = log().staged();
  for (int i = 0; i < 100; ++i) {
    clock().AdvanceMs(100);
    Run();
  }
  EXPECT_GT(troubles_, 0);
  EXPECT_GE(engine().tail_bytes(), kTailBytes / 2);
  EXPECT_LT(engine().tail_bytes(), kTailBytes);
  disk().ClearFaults();
  for (int i = 0; i < 10; ++i) {
    clock().AdvanceMs(1'000);
    Run();
    Commit();
    Run();
  }
  EXPECT_EQ(log().staged().value - before.value, kStreams) << "their removals are records";
}

TEST_F(StoreKeeperTest, AWallClockThatWasSetBackLeavesNoStreamToLiveOnInTheStore) {
  constexpr int64_t kHourMs = 3'600'000;
  const auto run_for_a_second = [this] {
    clock().AdvanceMs(1'000);
    Run();
  };
  struct Row {
    std::string path;
    std::function<void()> meanwhile;
  };
  const Row rows[] = {
      {"/seen at once",
       [&] {
         clock().JumpWallMs(-kHourMs);
         run_for_a_second();
       }},
      {"/seen late", [&] { clock().JumpWallMs(-kHourMs); }},
      {"/put ahead for a while",
       [&] {
         clock().JumpWallMs(kHourMs);
         run_for_a_second();  // its time seems to have come, …
         run_for_a_second();  // … and is put right by a clock that is wrong
         clock().JumpWallMs(-kHourMs);
         run_for_a_second();
       }},
  };
  Keep({.age_ms_max = 1'000});
  for (const Row& row : rows) {
    CreateWithTtl(row.path, 100);
    CreateWithTtl(row.path + ", but long", 10'000);
    CheckpointAndEvict();
    ASSERT_EQ(engine().stream_count(), 0u);
    row.meanwhile();
    clock().AdvanceMs(200'000);
    Run();
    Commit();
    run_for_a_second();
    EXPECT_FALSE(catalog().Find(row.path).value()) << row.path;
    const auto other = catalog().Find(row.path + ", but long").value();
    ASSERT_TRUE(other) << row.path;
    EXPECT_LT(*other->due_ms, clock().WallMs() + 10'000'000 / 8 * 9) << row.path;
  }
}

TEST_F(StoreKeeperTest, AStreamThatIsUsedMovesItsTimeInTheCatalogOnceItHasPassed) {
  Keep({.age_ms_max = 1'000});
  CreateWithTtl("/a", 100);
  const auto due = [this] { return *catalog().Find("/a").value().value().due_ms; };
  for (int second = 0; second < 300; ++second) {
    clock().AdvanceMs(1'000);
    if (second % 20 == 0) {
      EXPECT_EQ(Text("/a"), "");
    }
    Commit();
    Run();
    Commit();
    Run();
  }
  EXPECT_GT(due(), clock().WallMs());
  EXPECT_EQ(Text("/a"), "");
  clock().AdvanceMs(150'000);
  Run();
  EXPECT_EQ(Text("/a"), "refused");
}

}  // namespace
}  // namespace thalweg
