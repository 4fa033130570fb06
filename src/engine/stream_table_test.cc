#include "engine/stream_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/engine.h"
#include "engine/port.h"
#include "engine/publisher.h"
#include "engine/stream_entry.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

TEST(StreamTable, RecordsUsesAtMostEightTimesPerWindow) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 1});
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(80);
  engine.Create(command);
  const uint64_t before = log->staged().value;
  for (int i = 0; i < 800; ++i) {
    clock.AdvanceMs(100);
    engine.Read("/a", ReadFrom{}, 1);
  }
  const uint64_t touches = log->staged().value - before;
  EXPECT_GE(touches, 7u);
  EXPECT_LE(touches, 8u);
}

TEST(StreamTable, RecordsNoUseWhileTheLogHasNoRoom) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 1});
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(8);
  engine.Create(command);
  const Lsn before = log->staged();
  log->SetRoom(false);
  for (int i = 0; i < 20; ++i) {
    clock.AdvanceMs(2'000);
    ASSERT_EQ(engine.Touch("/a").verdict, ReadVerdict::kOk) << "it is used all the same";
  }
  EXPECT_EQ(log->staged(), before);
  log->SetRoom(true);
  clock.AdvanceMs(1'000);
  engine.Touch("/a");
  EXPECT_GT(log->staged(), before);
}

// A log that sees whether a lock is held where it is told to begin: that wakes a thread, a system
// call.
class LockSeeingLog final : public DelayedLog {
 public:
  void StartCommit() override {
    DelayedLog::StartCommit();
    std::thread([this] {  // one's own lock must not be tried
      std::unique_lock lock(*mutex, std::try_to_lock);
      if (!lock) ++starts_under_lock;
    })
        .join();
  }

  std::mutex* mutex = nullptr;
  int starts_under_lock = 0;
};

TEST(StreamTable, HasTheLogBeginWithEachKindOfRecordWithoutItsLock) {
  ManualClock clock;
  auto* log = new LockSeeingLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 1});
  std::mutex no_lock;
  log->mutex = &no_lock;
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(8);
  engine.Create(command);
  const StreamHandle stream = engine.Describe("/a").stream;
  log->mutex = &stream->home.mutex;
  int starts = log->starts();
  const auto has_begun = [&] { return std::exchange(starts, log->starts()) + 1 == starts; };
  engine.Create(NewStream("/b"));
  EXPECT_TRUE(has_begun());
  engine.Create(NewFork("/fork", "/b"));
  EXPECT_TRUE(has_begun());
  engine.Append("/b", NewAppend("x"));
  EXPECT_TRUE(has_begun());
  engine.Append("/b", NewAppend("x"), CommitStart::kByPort);
  EXPECT_EQ(log->starts(), starts);
  engine.Remove("/b");
  EXPECT_TRUE(has_begun());
  clock.AdvanceMs(2'000);
  engine.Touch("/a");
  EXPECT_TRUE(has_begun());
  {
    ManualExecutor executor(clock);
    const std::unique_ptr<Port> port = engine.Attach(executor);
    CountingWatcher watcher;
    clock.AdvanceMs(2'000);
    port->Watch(stream, &watcher);
    EXPECT_TRUE(has_begun());
    clock.AdvanceMs(2'000);
    port->Unwatch(stream, &watcher);
    EXPECT_TRUE(has_begun());
  }
  clock.AdvanceMs(20'000);
  engine.SweepExpired(10);
  EXPECT_TRUE(has_begun()) << "it has expired";
  EXPECT_EQ(log->starts_under_lock, 0);
}

// A stream with a window of 80 s, over a log whose progress is made by hand.
class NotedUses : public testing::Test {
 protected:
  NotedUses() {
    CreateCommand command = NewStream("/a");
    command.expiry = Ttl(80);
    engine_.Create(command);
    log_->CommitAll();
  }
  void PassSeconds(int64_t seconds) { clock_.AdvanceMs(seconds * 1000); }
  Lsn Read() { return engine_.Read("/a", ReadFrom{}, 1).rests_on; }

  ManualClock clock_;
  DelayedLog* log_ = new DelayedLog;  // the engine's
  Engine engine_{clock_, std::unique_ptr<CommitLog>(log_), EngineOptions{.partitions = 1}};
};

TEST_F(NotedUses, AReadRestsOnTheRecordThatNotesIt) {
  PassSeconds(70);
  const Lsn before = log_->staged();
  const Lsn noted = Read();
  EXPECT_GT(noted, before);
  EXPECT_EQ(noted, log_->staged());
  PassSeconds(1);
  EXPECT_EQ(Read(), noted) << "who forgets that one forgets this one, too";
  EXPECT_EQ(engine_.Read("/a", FromOffset(7), 1).rests_on, noted) << "it is refused, and a use";
  EXPECT_EQ(engine_.Touch("/a").rests_on, noted);
  const DescribeOutcome no_use = engine_.Describe("/a");
  EXPECT_LE(no_use.rests_on, log_->durable());
  EXPECT_LE(engine_.Read(no_use.stream, Offset{0}, 1).rests_on, log_->durable()) << "it is live";
  log_->CommitAll();
  PassSeconds(1);
  EXPECT_LE(Read(), log_->durable());
  EXPECT_EQ(log_->staged(), noted);
}

TEST_F(NotedUses, ARepeatRestsOnTheRecordThatNotesIt) {
  AppendCommand stamped = NewAppend("x");
  stamped.producer = ProducerStamp{.id = "p", .epoch = 0, .seq = 0};
  const struct {
    AppendCommand command;
    AppendVerdict repeated;
  } rows[] = {{stamped, AppendVerdict::kDuplicate}, {NewClose(), AppendVerdict::kAlreadyClosed}};
  for (const auto& row : rows) {
    engine_.Append("/a", row.command);
    log_->CommitAll();
    PassSeconds(70);
    const AppendOutcome repeat = engine_.Append("/a", row.command);
    EXPECT_EQ(repeat.verdict, row.repeated);
    EXPECT_GT(repeat.rests_on, log_->durable());
    EXPECT_EQ(repeat.rests_on, log_->staged());
    log_->CommitAll();
  }
}

// They note a use, and become durable later than what a read shows.
TEST_F(NotedUses, AReadRestsOnTheFirstOfTheAppendsThatNoteOneInTime) {
  PassSeconds(70);
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  PassSeconds(1);
  const Lsn second = engine_.Append("/a", NewAppend("y")).rests_on;
  EXPECT_EQ(Read(), first);
  log_->CommitUpTo(first);
  EXPECT_LE(Read(), log_->durable());
  EXPECT_EQ(log_->staged(), second);
  PassSeconds(9);
  EXPECT_GT(Read(), second) << "the first one is too old, and the second may be forgotten";
}

TEST_F(NotedUses, NoReadWaitsForANoteThatFindsNoRoom) {
  PassSeconds(70);
  EXPECT_GT(Read(), log_->durable());
  log_->SetRoom(false);
  EXPECT_LE(Read(), log_->durable()) << "its stream can be read all the same";
  const Lsn before = log_->staged();
  log_->SetRoom(true, false);
  PassSeconds(20);
  EXPECT_LE(Read(), log_->durable());
  EXPECT_EQ(log_->staged(), before) << "the note would wait with the batch";
  log_->SetRoom(true);
  EXPECT_GT(Read(), before) << "it is made up for, and be it in the same millisecond";
}

TEST_F(NotedUses, ReadsGoOnWhereTheDiskHasFailed) {
  PassSeconds(70);
  EXPECT_GT(Read(), log_->durable());
  engine_.Fail();
  EXPECT_LE(Read(), log_->durable());
  const Lsn before = log_->staged();
  PassSeconds(70);
  EXPECT_LE(Read(), log_->durable());
  EXPECT_EQ(log_->staged(), before);
}

TEST(StreamTable, FindsWhatWasAddedUnderItsPathAlone) {
  ManualClock clock;
  DelayedLog log;
  Publisher publisher(log);
  StreamTable table(clock, log, publisher, 4);
  CreateRecord record;
  record.id = StreamId{1};
  record.path = "/a";
  record.content_type = kBytesType;
  record.data = "one";
  record.at = table.Now();
  const StreamHandle added = table.Add(record, log.Stage(record), nullptr, nullptr);
  Aftermath after;
  for (const std::string_view path : {"/a", "/b", "/aa", ""}) {
    const PathKey key(path);
    const StreamHandle found = table.Find(table.PartitionOf(key), key, table.Now(), after);
    EXPECT_EQ(found, path == "/a" ? added : nullptr) << path;
  }
  EXPECT_EQ(table.size(), 1u);
}

// As another thread finds it: to try a lock that one holds is undefined.
bool IsLocked(Partition& partition) {
  bool locked = false;
  std::thread([&] {
    locked = !partition.mutex.try_lock();
    if (!locked) partition.mutex.unlock();
  }).join();
  return locked;
}

TEST(StreamTable, LocksOnePartitionOnceAndTwoWhateverTheirOrder) {
  Partition low(0, 0), high(1, 0);
  {
    PartitionLocks locks(high, low);
    EXPECT_TRUE(IsLocked(low) && IsLocked(high));
  }
  PartitionLocks locks(low, low);
  EXPECT_TRUE(IsLocked(low));
  EXPECT_FALSE(IsLocked(high));
}

}  // namespace
}  // namespace thalweg
