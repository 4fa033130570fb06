#include "engine/stream_table.h"

#include <gtest/gtest.h>

#include <thread>

#include "engine/engine.h"
#include "engine/publisher.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"

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
