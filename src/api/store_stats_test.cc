// What Store::Stats says, in memory and in a directory.
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "api/store_test_support.h"

namespace thalweg {
namespace {

using StoreStatsTest = StoreTest;

TEST_P(StoreStatsTest, CountEachChangeThatIsOneAndNoOther) {
  Create("a", "text/plain", "start");
  Create("j", "application/json");
  EXPECT_FALSE(store_->Create("a", {.content_type = "text/plain"})->created);
  EXPECT_FALSE(store_->Create("a", {.content_type = "text/html"}));
  Append("a", "12");
  Append("j", "[1,2]");
  const AppendOptions once{.producer = Producer{.id = "p", .epoch = 0, .seq = 0}};
  EXPECT_TRUE(store_->Append("a", "3", once));
  EXPECT_TRUE(store_->Append("a", "3", once));
  EXPECT_FALSE(store_->Append("none", "x"));
  EXPECT_TRUE(store_->Append("a", "4", {.close = true}));
  EXPECT_TRUE(store_->Close("a"));  // again
  EXPECT_FALSE(store_->Append("a", "5"));
  EXPECT_TRUE(store_->Close("j"));
  const ChangeStats changes = store_->Stats().changes;
  EXPECT_EQ(changes.creates, 2u);
  EXPECT_EQ(changes.appends, 4u);
  EXPECT_EQ(changes.appended_bytes, std::string("start12341,2,").size());
  EXPECT_EQ(changes.duplicates, 1u);
  EXPECT_EQ(changes.closes, 2u);
  EXPECT_EQ(changes.deletes, 0u);
  EXPECT_EQ(changes.expiries, 0u);
  EXPECT_FALSE(store_->Stats().failed);
  EXPECT_EQ(store_->Stats().unreadable, 0u);
}

TEST_P(StoreStatsTest, CountStreamsWithThoseThatForksKeep) {
  CreateSoftDeleted("source");
  Create("a");
  EXPECT_EQ(store_->Stats().streams, 3u);
  EXPECT_EQ(store_->Stats().streams_in_memory, 3u);
  EXPECT_EQ(store_->Stats().changes.deletes, 1u);
  EXPECT_TRUE(store_->Remove("source/fork").value());
  EXPECT_EQ(store_->Stats().streams, 1u) << "the fork, and its source with it";
  EXPECT_EQ(store_->Stats().changes.deletes, 2u);
  EXPECT_FALSE(store_->Remove("source/fork").value());
  EXPECT_EQ(store_->Stats().changes.deletes, 2u) << "nothing was there";
}

TEST_P(StoreStatsTest, TellExpiryFromDeletion) {
  ASSERT_TRUE(store_->Create("a", {.ttl_s = 1}));
  clock_.AdvanceMs(60'000);
  EXPECT_FALSE(store_->Has("a"));
  EXPECT_EQ(store_->Stats().changes.expiries, 1u);
  EXPECT_EQ(store_->Stats().changes.deletes, 0u);
  EXPECT_EQ(store_->Stats().streams, 0u);
}

TEST_P(StoreStatsTest, BeginAnewWithTheStoreButForWhatIsThere) {
  Create("a", "text/plain", "1");
  Create("b");
  Append("b", "22");
  EXPECT_TRUE(store_->Remove("a").value());
  Start();
  StoreStats stats = store_->Stats();
  EXPECT_EQ(stats.changes.creates + stats.changes.appends + stats.changes.deletes, 0u);
  ASSERT_EQ(stats.disk.has_value(), !in_memory());
  if (in_memory()) return;
  EXPECT_EQ(stats.streams, 1u);
  EXPECT_EQ(stats.streams_in_memory, 0u) << "nobody has asked for it";
  EXPECT_EQ(stats.disk->segments, 1u);
  EXPECT_GT(stats.disk->segment_bytes, 2u);
  EXPECT_EQ(Text("b"), "22");
  EXPECT_TRUE(store_->Remove("b").value());
  EXPECT_EQ(store_->Stats().streams, 0u) << "one that was stored";
}

TEST_P(StoreStatsTest, TellOfTheLog) {
  if (in_memory()) GTEST_SKIP() << "there is none";
  const DiskStats before = store_->Stats().disk.value();
  EXPECT_EQ(before.log_appended_bytes, 0u);
  Create("a");
  for (int i = 0; i < 3; ++i) Append("a", "x");
  const DiskStats disk = store_->Stats().disk.value();
  const auto& counts = disk.commits.counts;
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), uint64_t{0}), 4u)
      << "each waited for its own";
  EXPECT_EQ(disk.log_records_waiting, 0u);
  EXPECT_GT(disk.log_appended_bytes, 0u);
  EXPECT_EQ(disk.log_uncheckpointed_bytes, disk.log_appended_bytes);
  EXPECT_GT(disk.tail_bytes, 0u);
  EXPECT_EQ(disk.tail_bytes_max, StoreOptions().tail_bytes_max);
  EXPECT_TRUE(disk.log_has_room);
  EXPECT_GT(disk.free_bytes, 0u);
  EXPECT_GE(disk.size_bytes, disk.free_bytes);
  EXPECT_EQ(disk.checkpoints, 0u);
  EXPECT_EQ(disk.last_checkpoint_ended_ms, 0);
}

TEST_P(StoreStatsTest, MayBeAskedForWhileOthersWrite) {
  Create("a");
  std::atomic<bool> is_done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(store_->Append("a", "x"));
    is_done = true;
  });
  uint64_t appends = 0;
  while (!is_done) {
    const StoreStats stats = store_->Stats();
    EXPECT_GE(stats.changes.appends, appends);
    appends = stats.changes.appends;
    EXPECT_EQ(stats.changes.appended_bytes, appends);
  }
  writer.join();
  EXPECT_EQ(store_->Stats().changes.appends, 50u);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, StoreStatsTest, testing::ValuesIn(kPlaces), NameOf);

}  // namespace
}  // namespace thalweg
