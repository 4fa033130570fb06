#include "engine/engine_replay.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "storage/memory_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

constexpr int64_t kThenMs = 1'800'000'000'000;  // where a ManualClock begins
constexpr Moment kThen{.wall_ms = kThenMs, .steady_ms = kThenMs};

CreateRecord Created(uint64_t id, std::string_view path, std::string_view data = {}) {
  CreateRecord record;
  record.id = {id};
  record.path = path;
  record.requested.content_type = kBytesType;
  record.content_type = kBytesType;
  record.data = data;
  record.at = kThen;
  return record;
}

CreateRecord Forked(uint64_t id, std::string_view path, uint64_t source, uint64_t start) {
  CreateRecord record = Created(id, path);
  record.requested.fork_source = "/source";
  record.source = {source};
  record.start = {start};
  return record;
}

AppendRecord Appended(uint64_t id, std::string_view data) {
  AppendRecord record;
  record.id = {id};
  record.data = data;
  record.at = kThen;
  return record;
}

RemoveRecord Removed(uint64_t id) {
  return {.id = {id}, .cause = RemoveCause::kDelete, .at = kThen};
}

class Replayed : public testing::Test {
 protected:
  StorageResult<void> Take(const Record& record) { return engine_.Replay({++lsn_}, record); }
  void TakeAll(const std::vector<Record>& records) {
    for (const Record& record : records) {
      const auto taken = Take(record);
      ASSERT_TRUE(taken) << taken.error().message;
    }
    engine_.EndReplay();
  }

  ManualClock clock_;
  Engine engine_{clock_, std::make_unique<MemoryLog>(), {}};
  uint64_t lsn_ = 0;
};

TEST_F(Replayed, HoldsWhatIsLongerThanCommandsMayBe) {
  const std::string text(5'000, 'x');
  CreateRecord created = Created(1, "/a");
  created.content_type = text;
  AppendRecord appended = Appended(1, "a");
  appended.producer = ProducerStamp{.id = text};
  appended.stream_seq = text;
  TakeAll({created, appended});
  EXPECT_EQ(ReadAll(engine_, "/a"), "a");
}

TEST_F(Replayed, HoldsWhatTheLogHeldAndGivesItToReaders) {
  AppendRecord closing = Appended(1, "c");
  closing.closes = true;
  TakeAll({Created(1, "/a", "a"), Appended(1, "b"), closing, Created(2, "/b")});
  EXPECT_EQ(ReadAll(engine_, "/a"), "abc");
  EXPECT_TRUE(engine_.Describe("/a").closed);
  EXPECT_EQ(engine_.Describe("/b").verdict, ReadVerdict::kOk);
  EXPECT_EQ(engine_.stream_count(), 2u);
}

TEST_F(Replayed, NewStreamsGetIdsThatWereNeverGiven) {
  TakeAll({Created(7, "/a"), Removed(7)});
  EXPECT_EQ(engine_.Describe("/a").verdict, ReadVerdict::kMissing);
  engine_.Create(NewStream("/a"));
  const ReadOutcome read = engine_.Read("/a", ReadFrom{}, 1);
  EXPECT_GT(Engine::Info(read.stream).id, StreamId{7});
}

// Two threads may draw ids in one order and stage in the other.
TEST_F(Replayed, IdsMayStandInAnyOrder) {
  TakeAll({Created(9, "/a"), Created(8, "/b")});
  engine_.Create(NewStream("/c"));
  EXPECT_EQ(Engine::Info(engine_.Read("/c", ReadFrom{}, 1).stream).id, StreamId{10});
}

TEST_F(Replayed, ProducersKeepTheirPlace) {
  AppendRecord stamped = Appended(1, "x");
  stamped.producer = ProducerStamp{.id = "p", .epoch = 0, .seq = 0};
  TakeAll({Created(1, "/a"), stamped});
  AppendCommand retry = NewAppend("x");
  retry.producer = ProducerStamp{.id = "p", .epoch = 0, .seq = 0};
  EXPECT_EQ(engine_.Append("/a", retry).verdict, AppendVerdict::kDuplicate);
  EXPECT_EQ(ReadAll(engine_, "/a"), "x");
}

TEST_F(Replayed, SourcesLiveAsLongAsTheirForks) {
  TakeAll({Created(1, "/source", "abc"), Forked(2, "/fork", 1, 3), Appended(2, "d"), Removed(1)});
  EXPECT_EQ(engine_.Describe("/source").verdict, ReadVerdict::kSoftDeleted);
  EXPECT_EQ(ReadAll(engine_, "/fork"), "abcd");
  engine_.Remove("/fork");
  EXPECT_EQ(engine_.Describe("/source").verdict, ReadVerdict::kMissing);
}

TEST_F(Replayed, AForkMayLeaveItsSourceInWhatThatInherited) {
  TakeAll({Created(1, "/source", "a"), Appended(1, "b"), Forked(2, "/fork", 1, 2), Appended(2, "c"),
           Forked(3, "/again", 2, 1), Appended(3, "d")});
  EXPECT_EQ(ReadAll(engine_, "/again"), "ad");
}

// As a log may hold it that is older than the limit for new forks.
TEST_F(Replayed, AChainOfForksMayBeLongerThanNewOnesAre) {
  constexpr uint64_t kForks = 20'000;
  static_assert(kForks > kForkDepthMax);
  ASSERT_TRUE(Take(Created(1, "/1", "x")));
  for (uint64_t id = 2; id <= kForks; ++id) {
    ASSERT_TRUE(Take(Forked(id, "/" + std::to_string(id), id - 1, 1)));
    ASSERT_TRUE(Take(Removed(id - 1)));
  }
  engine_.EndReplay();
  const std::string last = "/" + std::to_string(kForks);
  EXPECT_EQ(ReadAll(engine_, last), "x");
  EXPECT_EQ(engine_.stream_count(), kForks);
  engine_.Remove(last);
  EXPECT_EQ(engine_.stream_count(), 0u);
}

// The last recorded use is up to an eighth of the window older than the last one.
TEST_F(Replayed, AWindowNeverEndsEarly) {
  CreateRecord record = Created(1, "/a");
  record.expiry = record.requested.expiry = Ttl(8);
  TakeAll({record});
  clock_.AdvanceMs(8999);
  EXPECT_EQ(engine_.Describe("/a").verdict, ReadVerdict::kOk);
  clock_.AdvanceMs(2);
  EXPECT_EQ(engine_.Describe("/a").verdict, ReadVerdict::kMissing);
}

// The log is whole, and its records are of a stream of which the store has the rest.
TEST(EngineReplay, NamesTheStreamAndTheSegmentWhereThatCannotBeRead) {
  StoredEngine stored;
  for (const char* path : {"/appended to", "/removed"}) stored.engine().Create(NewStream(path));
  stored.Commit();
  stored.CheckpointAndEvict();
  const Lsn checkpoint = stored.log().staged();
  stored.Write("/appended to", "text");
  stored.engine().Remove("/removed");
  stored.Commit();
  // The state of each takes two reads.
  const struct {
    std::string path;
    uint64_t failing;
  } rows[] = {{"/appended to", 2}, {"/removed", 3}};
  for (const auto& [path, failing] : rows) {
    auto store =
        StreamStore::Open(stored.disk(), {}, std::make_unique<BorrowedCatalog>(stored.catalog()));
    ASSERT_TRUE(store);
    auto owned =
        std::make_unique<LocalLog>(stored.disk(), LocalLogOptions{.file_bytes = 8 * kLogPageBytes});
    LocalLog& log = *owned;
    Engine engine(stored.clock(), std::move(owned), EngineOptions{.partitions = 4},
                  EngineStore{.streams = *std::move(store), .on_unreadable = {}});
    stored.disk().FailNth({.op = DiskOp::kRead, .path_part = "segments"}, failing, {.code = EIO});
    const auto recovered = log.Recover(
        checkpoint, [&](Lsn lsn, const Record& record) { return engine.Replay(lsn, record); });
    ASSERT_FALSE(recovered) << path;
    const std::string& message = recovered.error().message;
    EXPECT_NE(message.find(".log holds record "), std::string::npos) << message;
    EXPECT_NE(message.find(", and what is stored of its stream at " + path + " cannot be read: "),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("segments/"), std::string::npos) << message;
  }
}

TEST(EngineReplay, RefusesWhatCannotHaveBeenDecided) {
  AppendRecord stamped = Appended(1, "x");
  stamped.producer = ProducerStamp{.id = "p", .epoch = 0, .seq = 5};
  AppendRecord closing = Appended(1, "x");
  closing.closes = true;
  struct Row {
    const char* why;
    std::vector<Record> before;
    Record record;
  };
  const Row rows[] = {
      {"an id given twice", {Created(1, "/a")}, Created(1, "/b")},
      {"a path that is taken", {Created(1, "/a")}, Created(2, "/a")},
      {"an append to nothing", {}, Appended(1, "x")},
      {"an append to what is gone", {Created(1, "/a"), Removed(1)}, Appended(1, "x")},
      {"an append behind the close", {Created(1, "/a"), closing}, Appended(1, "x")},
      {"a producer's gap", {Created(1, "/a")}, stamped},
      {"a second removal", {Created(1, "/a"), Removed(1)}, Removed(1)},
      {"a touch of nothing", {}, TouchRecord{.id = {1}, .at = kThen}},
      {"a fork of nothing", {}, Forked(2, "/f", 1, 0)},
      {"a fork behind the tail", {Created(1, "/source", "abc")}, Forked(2, "/f", 1, 4)},
      {"a fork of what is soft-deleted",
       {Created(1, "/source"), Forked(2, "/f", 1, 0), Removed(1)},
       Forked(3, "/g", 1, 0)},
  };
  for (const Row& row : rows) {
    ManualClock clock;
    Engine engine(clock, std::make_unique<MemoryLog>(), {});
    Lsn lsn;
    for (const Record& record : row.before) {
      ++lsn.value;
      ASSERT_TRUE(engine.Replay(lsn, record)) << row.why;
    }
    const auto refused = engine.Replay({lsn.value + 1}, row.record);
    ASSERT_FALSE(refused) << row.why;
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage) << row.why;
  }
}

}  // namespace
}  // namespace thalweg
