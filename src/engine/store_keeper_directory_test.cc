// What a store keeper does where the data directory is gone.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>

#include "engine/store_keeper_test_support.h"
#include "storage/data_directory.h"
#include "storage/directory_watch.h"

namespace thalweg {
namespace {

class StoreKeeperDirectoryTest : public StoreKeeperTest {
 protected:
  StoreKeeperDirectoryTest() {
    EXPECT_TRUE(Directory(disk(), "").MakeDirectory("catalog"));
    WriteIdentity();
  }

  void KeepAndLook(StoreKeeperOptions options) {
    options.find_gone = [this](const std::vector<std::string>& needed) {
      ++looks_;
      needed_ = needed;
      return FoundInsteadOf({}, disk(), needed);
    };
    options.on_there = [this] { ++found_; };
    Keep(options);
  }

  void WriteIdentity() {
    EXPECT_TRUE(Directory(disk(), "").Replace("identity", EncodeIdentity({})));
  }
  void RemoveIdentity() { EXPECT_TRUE(Directory(disk(), "").Remove("identity")); }

  int looks_ = 0;
  std::vector<std::string> needed_;
  int found_ = 0;
};

TEST_F(StoreKeeperDirectoryTest, IsLookedForEverySecondAndIsFinallyGone) {
  KeepAndLook({});
  for (int i = 0; i < 9; ++i) {
    clock().AdvanceMs(111);
    Run();
  }
  EXPECT_EQ(looks_, 0);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(found_, 1);
  RemoveIdentity();
  clock().AdvanceMs(999);
  Run();
  EXPECT_EQ(looks_, 1);
  clock().AdvanceMs(1);
  Run();
  clock().AdvanceMs(249);
  Run();
  EXPECT_EQ(looks_, 2);
  EXPECT_TRUE(gone_.empty());
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(found_, 1);
  EXPECT_EQ(gone_, std::vector<std::string>{"identity is missing"});
  EXPECT_TRUE(engine().failed());
  EXPECT_EQ(engine().Create(NewStream("/a")).trouble, Trouble::kFailed);
  clock().AdvanceMs(60'000);
  Run();
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(looks_, 3);
  EXPECT_EQ(gone_.size(), 1u);
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperDirectoryTest, WhatIsMissingForAMomentIsThere) {
  KeepAndLook({});
  for (int i = 0; i < 2; ++i) {
    RemoveIdentity();
    clock().AdvanceMs(1'000);
    Run();
    WriteIdentity();
    clock().AdvanceMs(250);
    Run();
  }
  EXPECT_EQ(looks_, 4);
  EXPECT_TRUE(gone_.empty());
  EXPECT_FALSE(engine().failed());
}

TEST_F(StoreKeeperDirectoryTest, ACheckpointThatTakesLongKeepsNobodyFromLooking) {
  KeepAndLook({.age_ms_max = 1});
  keeper_->SetPause([this](int64_t) {
    clock().AdvanceMs(1'000);
    if (looks_ == 1) RemoveIdentity();
  });
  engine().Create(NewStream("/long"));
  for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
  Run();
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(gone_.size(), 1u);
  EXPECT_EQ(checkpoints_, 0);
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperDirectoryTest, NeedsTheFilesOfItsLogAndItsSegments) {
  KeepAndLook({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  clock().AdvanceMs(1'000);
  Run();
  ASSERT_EQ(checkpoints_, 1);
  clock().AdvanceMs(1'000);
  Run();
  ASSERT_EQ(needed_.size(), 2u);
  EXPECT_TRUE(needed_[0].starts_with("log/")) << needed_[0];
  EXPECT_TRUE(needed_[1].starts_with("segments/")) << needed_[1];
  EXPECT_TRUE(gone_.empty());
  ASSERT_TRUE(disk().Remove(needed_[0]));
  for (int i = 0; i < 2; ++i) {
    clock().AdvanceMs(1'000);
    Run();
  }
  EXPECT_EQ(gone_, std::vector{needed_[0] + " is missing"});
}

TEST_F(StoreKeeperDirectoryTest, AtTheEndItIsLookedForAlsoWhereNoCheckpointCanBeMade) {
  KeepAndLook({});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC});
  RemoveIdentity();
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(gone_.size(), 1u);
  EXPECT_EQ(checkpoints_, 0);
}

TEST_F(StoreKeeperDirectoryTest, AtTheEndItIsLookedForOnceMore) {
  KeepAndLook({});
  Run();
  RemoveIdentity();
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(gone_.size(), 1u);
  EXPECT_EQ(MarkedMs(), clock().SteadyMs()) << "of its start";
}

}  // namespace
}  // namespace thalweg
