// Listing, describing and reading appends one by one: in memory, in segments, and in between.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "engine/port.h"
#include "testing/door.h"
#include "testing/manual_executor.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

using Paths = std::vector<std::string>;

class EngineListTest : public testing::Test {
 protected:
  void Create(const CreateCommand& command) {
    EXPECT_EQ(stored_.engine().Create(command).verdict, CreateVerdict::kCreated) << command.path;
    stored_.Commit();
  }
  void Create(const std::string& path) { Create(NewStream(path)); }
  void Remove(const std::string& path) {
    EXPECT_EQ(stored_.engine().Remove(path).verdict, RemoveVerdict::kRemoved) << path;
    stored_.Commit();
  }
  void Checkpoint() {
    auto checkpoint = stored_.engine().NewCheckpoint(stored_.log());
    ASSERT_TRUE(checkpoint->Write().value());
    ASSERT_TRUE(checkpoint->Commit());
  }
  // Nothing stays in memory that need not.
  void Evict() {
    for (int i = 0; i < 3; ++i) stored_.engine().EvictUnused();  // a source after its fork
  }
  Paths List(std::string_view prefix = {}, std::string_view after = {}, size_t limit = SIZE_MAX) {
    const ListOutcome listed = stored_.engine().List(prefix, after, limit);
    EXPECT_EQ(listed.trouble, Trouble::kNone);
    return listed.paths;
  }

  StoredEngine stored_;
};

TEST_F(EngineListTest, ShowsWhatIsInMemoryAndWhatOnlyTheStoreHas) {
  for (const char* path : {"a", "b/1", "b/3", "removed", "source"}) Create(path);
  Create(NewFork("fork", "source"));
  Remove("source");
  Checkpoint();
  Evict();
  ASSERT_EQ(stored_.engine().stream_count(), 0u);
  for (const char* path : {"b/2", "c"}) Create(path);
  Remove("removed");  // the catalog still has it
  Create(NewStream("again"));
  EXPECT_EQ(List(), (Paths{"a", "again", "b/1", "b/2", "b/3", "c", "fork"}));
  EXPECT_EQ(List("b/"), (Paths{"b/1", "b/2", "b/3"}));
  EXPECT_EQ(List("b/", "b/1", 1), Paths{"b/2"});
  EXPECT_EQ(List("", "", 3), (Paths{"a", "again", "b/1"}));
  EXPECT_EQ(List("", "b/2", 2), (Paths{"b/3", "c"}));
  Create("removed");
  EXPECT_EQ(List("removed"), Paths{"removed"}) << "another stream than the store's";
}

TEST_F(EngineListTest, GoesThroughMoreStoredStreamsThanOnePageOfTheCatalog) {
  Paths all;
  for (int i = 0; i < 1'500; ++i) {
    all.push_back(std::to_string(10'000 + i));
    stored_.engine().Create(NewStream(all.back()));
  }
  stored_.Commit();
  Checkpoint();
  Evict();
  EXPECT_EQ(List(), all);
  EXPECT_EQ(List("", all[1'022], 3), Paths(all.begin() + 1'023, all.begin() + 1'026));
}

TEST_F(EngineListTest, LeavesOutWhatHasEnded) {
  CreateCommand command = NewStream("short");
  command.expiry = Ttl(8);
  Create(command);
  command.path = "stored";
  Create(command);
  Create("lasting");
  Checkpoint();
  Evict();
  ASSERT_EQ(List(), (Paths{"lasting", "short", "stored"}));
  EXPECT_EQ(stored_.engine().Touch("short").verdict, ReadVerdict::kOk);  // loads it
  stored_.clock().AdvanceMs(20'000);
  EXPECT_EQ(List(), Paths{"lasting"});
}

// Its watchers keep it, though nothing has noted so since.
TEST_F(EngineListTest, ShowsWhatIsWatchedPastItsTtl) {
  CreateCommand command = NewStream("watched");
  command.expiry = Ttl(8);
  Create(command);
  ManualExecutor executor(stored_.clock());
  const std::unique_ptr<Port> port = stored_.engine().Attach(executor);
  const StreamHandle stream = stored_.engine().Describe("watched").stream;
  CountingWatcher watcher;
  port->Watch(stream, &watcher);
  stored_.clock().AdvanceMs(20'000);
  EXPECT_EQ(List(), Paths{"watched"});
  port->Unwatch(stream, &watcher);
  stored_.clock().AdvanceMs(20'000);
  EXPECT_EQ(List(), Paths{});
}

TEST_F(EngineListTest, RestsOnWhatItShows) {
  Create("a");
  const Lsn created = stored_.engine().Create(NewStream("b")).rests_on;
  EXPECT_EQ(stored_.engine().List({}, {}, SIZE_MAX).rests_on, created);
  stored_.Commit();
  const Lsn removed = stored_.engine().Remove("b").rests_on;
  EXPECT_EQ(stored_.engine().List({}, {}, SIZE_MAX).rests_on, removed);
  Create(NewFork("fork", "a"));
  stored_.Commit();
  const Lsn soft_deleted = stored_.engine().Remove("a").rests_on;
  EXPECT_GT(soft_deleted, removed);
  EXPECT_EQ(List(), Paths{"fork"});
  EXPECT_EQ(stored_.engine().List({}, {}, SIZE_MAX).rests_on, soft_deleted);
}

TEST_F(EngineListTest, RestsOnWhatCameInThePlaceOfWhatTheStoreHas) {
  Create("a");
  Checkpoint();
  Remove("a");
  Lsn created;
  stored_.catalog().BehindNextList(
      [&] { created = stored_.engine().Create(NewStream("a")).rests_on; });
  const ListOutcome listed = stored_.engine().List({}, {}, SIZE_MAX);
  EXPECT_EQ(listed.paths, Paths{"a"});
  EXPECT_EQ(listed.rests_on, created);
}

TEST_F(EngineListTest, AReadTellsWhereAppendsEndWhereverTheyStand) {
  Create("a");
  for (const char* text : {"one", "two!"}) stored_.Write("a", text);
  Checkpoint();
  stored_.Write("a", "3");
  Create(NewFork("fork", "a", 3, 2));
  stored_.Write("fork", "end");
  const auto ends = [&](const char* path, uint64_t from, size_t bytes_max) {
    const ReadOutcome read =
        stored_.engine().Read(path, FromOffset(from), {.bytes_max = bytes_max, .with_ends = true});
    EXPECT_EQ(read.verdict, ReadVerdict::kOk);
    std::vector<uint64_t> values;
    for (const Offset end : read.page.ends) values.push_back(end.value);
    return values;
  };
  using Ends = std::vector<uint64_t>;
  EXPECT_EQ(ends("a", 0, 100), (Ends{3, 7, 8}));
  EXPECT_EQ(ends("a", 3, 100), (Ends{7, 8}));
  EXPECT_EQ(ends("a", 0, 3), Ends{3});
  EXPECT_EQ(ends("a", 3, 1), Ends{7});
  EXPECT_EQ(ends("a", 8, 100), Ends{});
  EXPECT_EQ(ends("fork", 0, 100), (Ends{3, 5, 8})) << "inherited, its prefix, its own";
  EXPECT_TRUE(stored_.engine().Read("a", ReadFrom{}, 100).page.ends.empty()) << "not asked for";
}

TEST_F(EngineListTest, KnowsWhenAStreamWasMadeAfterItLeftMemory) {
  const int64_t created_ms = stored_.clock().WallMs();
  Create("a");
  Checkpoint();
  Evict();
  stored_.clock().AdvanceMs(5'000);
  EXPECT_EQ(stored_.engine().Inspect("a").state.created_wall_ms, created_ms);
  stored_.Start();
  const InspectOutcome told = stored_.engine().Inspect("a");
  EXPECT_EQ(told.verdict, ReadVerdict::kOk);
  EXPECT_EQ(told.state.created_wall_ms, created_ms);
  EXPECT_EQ(stored_.engine().Inspect("none").verdict, ReadVerdict::kMissing);
}

TEST_F(EngineListTest, InspectingIsNoUseAndTouchingIs) {
  CreateCommand command = NewStream("touched");
  command.expiry = Ttl(10);
  Create(command);
  command.path = "inspected";
  Create(command);
  stored_.clock().AdvanceMs(6'000);
  EXPECT_EQ(stored_.engine().Touch("touched").verdict, ReadVerdict::kOk);
  EXPECT_EQ(stored_.engine().Inspect("inspected").verdict, ReadVerdict::kOk);
  stored_.clock().AdvanceMs(6'000);
  EXPECT_EQ(stored_.engine().Touch("touched").verdict, ReadVerdict::kOk);
  EXPECT_EQ(stored_.engine().Touch("inspected").verdict, ReadVerdict::kMissing);
}

}  // namespace
}  // namespace thalweg
