#include "storage/log_file_supply.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/log_test_support.h"

namespace thalweg {
namespace {

using Names = std::vector<std::string>;

// A supply in an empty folder.
class SupplyFolder : public LogTestFolder {
 public:
  explicit SupplyFolder(uint64_t size = 4 * kLogPageBytes) : file_bytes(size) {
    EXPECT_TRUE(supply.KeepSpares({}));
  }

  Names names() { return disk().List("log").value(); }

  // The number of the file that was taken.
  uint64_t Take() { return supply.Take(file_bytes).value().number; }
  bool Retire(uint64_t number) {
    return supply.Retire({.number = number, .first = {}, .size = file_bytes}).has_value();
  }

  const uint64_t file_bytes;
  LogFileSupply supply{disk(), {.file_bytes = file_bytes, .salt_seed = 3}};
};

TEST(LogFileSupply, HandsOverTheNextFileAndPreparesTheOneAfter) {
  SupplyFolder folder;
  EXPECT_FALSE(folder.supply.is_prepared());
  const auto taken = folder.supply.Take(1);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->number, 1u);
  EXPECT_EQ(taken->size, folder.file_bytes);
  EXPECT_EQ(taken->file->Size().value(), folder.file_bytes);
  EXPECT_TRUE(folder.supply.is_prepared());
  EXPECT_EQ(folder.names(), (Names{LogFileName(1), LogFileName(2)}));
  EXPECT_NE(folder.supply.Take(1)->salt, taken->salt);
}

TEST(LogFileSupply, WhatStandsWhereAFileShouldIsLeftThereAndNotPassedOver) {
  SupplyFolder folder;
  ASSERT_TRUE(folder.disk().Open("log/" + LogFileName(1), Disk::Mode::kCreate));
  for (int i = 0; i < 2; ++i) {
    const auto taken = folder.supply.Take(1);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, EEXIST);
  }
  EXPECT_EQ(folder.names(), Names{LogFileName(1)});
}

TEST(LogFileSupply, ASpareTakesNobodysPlace) {
  SupplyFolder folder;
  const uint64_t trimmed = folder.Take();
  folder.Take();
  ASSERT_TRUE(folder.Retire(trimmed));
  const std::string next = LogFileName(4);
  ASSERT_TRUE(folder.disk().Open("log/" + next, Disk::Mode::kCreate));
  EXPECT_EQ(folder.Take(), 3u) << "which was made ahead";
  const auto taken = folder.supply.Take(1);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, EEXIST);
  EXPECT_EQ(folder.names(), (Names{LogSpareName(trimmed), LogFileName(2), LogFileName(3), next}));
}

TEST(LogFileSupply, AFileIsAsLongAsWhoTakesItNeeds) {
  SupplyFolder folder;
  const auto taken = folder.supply.Take(2 * folder.file_bytes);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->size, 2 * folder.file_bytes);
  EXPECT_EQ(taken->file->Size().value(), 2 * folder.file_bytes);
}

// Nothing has to be allocated for it, so it is not made ready before anybody hears of the batch.
TEST(LogFileSupply, WhereASpareWaitsTheFileAfterIsLeftToWhoeverPreparesAhead) {
  SupplyFolder folder;
  EXPECT_EQ(folder.Take(), 1u);
  ASSERT_TRUE(folder.Retire(1));
  EXPECT_EQ(folder.Take(), 2u);
  EXPECT_FALSE(folder.supply.is_prepared());
  EXPECT_TRUE(folder.supply.HasRoom());
  EXPECT_EQ(folder.names(), (Names{LogSpareName(1), LogFileName(2)}));
  ASSERT_TRUE(folder.supply.Prepare());
  EXPECT_TRUE(folder.supply.is_prepared());
  EXPECT_EQ(folder.names(), (Names{LogFileName(2), LogFileName(3)}));
}

TEST(LogFileSupply, KeepsTrimmedFilesOfTheOneSizeAndNoMoreThanItMay) {
  SupplyFolder folder;
  for (uint64_t number = 1; number <= 4; ++number) EXPECT_EQ(folder.Take(), number);
  ASSERT_TRUE(folder.supply.Retire({.number = 1, .first = {}, .size = 2 * folder.file_bytes}));
  for (uint64_t number = 2; number <= 4; ++number) ASSERT_TRUE(folder.Retire(number));
  EXPECT_EQ(folder.names(), (Names{LogSpareName(2), LogSpareName(3), LogFileName(5)}));
  ASSERT_TRUE(folder.supply.RemoveSpares());
  EXPECT_EQ(folder.names(), Names{LogFileName(5)});
}

TEST(LogFileSupply, ASpareThatSomebodyHasRemovedIsMissedByNobody) {
  for (const Names& removed : {Names{LogSpareName(2)}, Names{LogSpareName(2), LogSpareName(3)}}) {
    SupplyFolder folder;
    for (uint64_t number = 1; number <= 4; ++number) EXPECT_EQ(folder.Take(), number);
    for (uint64_t number = 2; number <= 4; ++number) ASSERT_TRUE(folder.Retire(number));
    EXPECT_EQ(folder.names(),
              (Names{LogFileName(1), LogSpareName(2), LogSpareName(3), LogFileName(5)}));
    for (const std::string& name : removed) ASSERT_TRUE(folder.disk().Remove("log/" + name));
    for (uint64_t number = 5; number <= 8; ++number) EXPECT_EQ(folder.Take(), number);
    const auto is_spare = [](const std::string& name) { return name.ends_with(".spare"); };
    EXPECT_TRUE(std::ranges::none_of(folder.names(), is_spare));
  }
}

TEST(LogFileSupply, LeavesSpaceButMakesAFileForWhoCannotWait) {
  SupplyFolder folder;
  folder.supply.LeaveSpace(true);
  EXPECT_EQ(folder.supply.Prepare().error().code, ENOSPC);
  EXPECT_FALSE(folder.supply.HasRoom());
  EXPECT_EQ(folder.Take(), 1u);
  EXPECT_FALSE(folder.supply.is_prepared());
  EXPECT_FALSE(folder.supply.HasRoom());
  folder.supply.LeaveSpace(false);
  EXPECT_TRUE(folder.supply.Prepare());
  EXPECT_TRUE(folder.supply.HasRoom());
}

TEST(LogFileSupply, AStartKeepsWhatWasMadeAheadAndGivesNoNumberTwice) {
  SupplyFolder folder;
  for (uint64_t number = 1; number <= 3; ++number) EXPECT_EQ(folder.Take(), number);
  ASSERT_TRUE(folder.Retire(1));
  LogContent content;
  content.files = {{.number = 3, .first = {}, .size = folder.file_bytes}};
  content.blank = {2, 4};
  content.spares = {1};
  const LocalLogOptions options{.file_bytes = folder.file_bytes};
  LogFileSupply again(folder.disk(), options);
  ASSERT_TRUE(again.KeepSpares(content));
  EXPECT_EQ(folder.names(), (Names{LogSpareName(1), LogSpareName(2), LogFileName(3)}));
  EXPECT_EQ(again.Take(1)->number, 5u);
}

// Of so many MiB; its next file is to be made of a spare.
class SpareNextFolder : public SupplyFolder {
 public:
  explicit SpareNextFolder(uint64_t mebibytes) : SupplyFolder(mebibytes << 20) {
    EXPECT_EQ(Take(), 1u);
    EXPECT_TRUE(Retire(1));
    EXPECT_EQ(Take(), 2u);
    EXPECT_FALSE(supply.is_prepared());
  }
};

TEST(LogFileSupply, RestsBetweenPiecesOfASpareThatIsMadeReady) {
  SpareNextFolder folder(6);
  int rests = 0;
  ASSERT_TRUE(folder.supply.Prepare([&rests] { ++rests; }));
  EXPECT_EQ(rests, 2);
  EXPECT_EQ(folder.Take(), 3u);
}

TEST(LogFileSupply, RestsNoMoreOnceABatchWaitsForTheFile) {
  SpareNextFolder folder(16);  // 7 rests, if nobody waits
  int rests = 0;
  std::mutex mutex;
  std::condition_variable nothing;  // nobody tells when a batch has begun to wait
  std::jthread committer;
  ASSERT_TRUE(folder.supply.Prepare([&] {
    if (++rests == 1) committer = std::jthread([&] { EXPECT_EQ(folder.Take(), 3u); });
    std::unique_lock lock(mutex);
    nothing.wait_for(lock, std::chrono::milliseconds(250));
  }));
  EXPECT_LT(rests, 7);
}

}  // namespace
}  // namespace thalweg
