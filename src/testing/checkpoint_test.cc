// An engine that checkpoints, evicts, loads, merges and starts again, over a simulated disk: what
// it shows is what the model says, wherever the bytes are.
#include "engine/checkpoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "engine/publisher.h"
#include "engine/stream_cost.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

class CheckpointTest : public ::testing::Test, protected StoredEngine {
 protected:
  void TearDown() override { EXPECT_TRUE(unreadable().empty()); }

  // One byte by a producer that the stream does not know.
  void WriteAs(const std::string& path, const std::string& id) {
    AppendCommand append = NewAppend("x");
    append.producer = ProducerStamp{.id = id};
    EXPECT_EQ(engine().Append(path, append).verdict, AppendVerdict::kAppended);
    Commit();
  }

  void MergeAll() {
    for (;;) {
      const auto more = engine().store().MergeStep(1000);
      ASSERT_TRUE(more) << more.error().message;
      if (!*more) return;
    }
  }
};

class StoredForkTest : public ::testing::Test, protected StoredEngine {};

TEST_F(CheckpointTest, WhatLeavesMemoryIsReadFromSegmentsAcrossManyOfThem) {
  engine().Create(NewStream("/a"));
  engine().Create(NewStream("/b"));
  std::string a;
  for (int i = 0; i < 20; ++i) {
    Write("/a", "a" + std::to_string(i));
    a += "a" + std::to_string(i);
    CheckpointAndEvict();
    EXPECT_EQ(engine().stream_count(), 0u);
    EXPECT_EQ(engine().tail_bytes(), 0u);
    if (i % 3 == 0) MergeAll();
    ASSERT_EQ(Text("/a"), a);
  }
  Write("/a", "!");
  EXPECT_EQ(Text("/a"), a + "!");
  EXPECT_EQ(engine().Read("/a", FromOffset(1), 3).verdict, ReadVerdict::kNotABoundary);
  EXPECT_EQ(Text("/b"), "");
  MergeAll();
  EXPECT_LT(engine().store().segments().size(), 7u);
  Start();
  EXPECT_EQ(replayed(), 1u);
  EXPECT_EQ(Text("/a"), a + "!");
}

TEST_F(CheckpointTest, AfterOneWithNothingNewARestartReplaysNothingAndKnowsAll) {
  AppendCommand append = NewAppend("one");
  append.producer = ProducerStamp{.id = "p", .epoch = 3, .seq = 0};
  engine().Create(NewStream("/a"));
  ASSERT_EQ(engine().Append("/a", append).verdict, AppendVerdict::kAppended);
  CheckpointAndEvict();
  Start();
  EXPECT_EQ(replayed(), 0u);
  EXPECT_EQ(engine().stream_count(), 0u);
  EXPECT_EQ(engine().Append("/a", append).verdict, AppendVerdict::kDuplicate);
  EXPECT_EQ(engine().Create(NewStream("/a")).verdict, CreateVerdict::kExists);
  EXPECT_EQ(engine().Create(NewStream("/new")).verdict, CreateVerdict::kCreated);
  EXPECT_EQ(Text("/a"), "one");
}

TEST_F(CheckpointTest, RemovedStreamsStayAwayWhileTheStoreStillHasThem) {
  engine().Create(NewStream("/a"));
  Write("/a", "old");
  CheckpointAndEvict();
  EXPECT_EQ(engine().Remove("/a").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(engine().Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  Commit();
  Start();
  EXPECT_EQ(engine().Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  engine().Create(NewStream("/a"));
  Write("/a", "new");
  CheckpointAndEvict();
  EXPECT_EQ(Text("/a"), "new");
  MergeAll();
  uint64_t dead = 0;
  for (const SegmentInfo& info : engine().store().segments()) dead += info.dead_bytes;
  EXPECT_EQ(dead, 0u);
  Start();
  EXPECT_EQ(Text("/a"), "new");
}

TEST_F(CheckpointTest, WhatStandsWhereASegmentShouldIsLeftThere) {
  StreamStore& store = engine().store();
  auto writer = store.NewSegment();
  ASSERT_TRUE(writer);
  const std::string next = SegmentFileName((*writer)->number() + 1);
  store.Abandon(*std::move(writer));
  ASSERT_TRUE(disk().Open("segments/" + next, Disk::Mode::kCreate));
  EXPECT_FALSE(store.NewSegment()) << "nobody knows what it is";
  EXPECT_EQ(disk().List("segments").value(), std::vector<std::string>{next});
  EXPECT_TRUE(store.NewSegment());
}

TEST_F(CheckpointTest, WhatStreamsWithoutBytesTookComesBackAtRest) {
  for (int i = 0; i < 2'000; ++i) engine().Create(NewStream("/" + std::to_string(i)));
  CheckpointAndEvict();
  const uint64_t full = engine().store().totals().segment_bytes;
  for (int i = 1; i < 2'000; ++i) engine().Remove("/" + std::to_string(i));
  CheckpointAndEvict();
  while (engine().store().MergeStep(1 << 20, true).value()) {
  }
  EXPECT_LT(engine().store().totals().segment_bytes, full / 4);
}

TEST_F(CheckpointTest, ForksReadThroughSourcesThatLeftMemory) {
  engine().Create(NewStream("/a"));
  Write("/a", "aa");
  Write("/a", "AA");
  ASSERT_EQ(engine().Create(NewFork("/b", "/a")).verdict, CreateVerdict::kCreated);
  Write("/b", "bb");
  CheckpointAndEvict();
  CheckpointAndEvict();  // a source goes after its forks
  EXPECT_EQ(Text("/b"), "aaAAbb");
  ASSERT_EQ(engine().Create(NewFork("/c", "/b")).verdict, CreateVerdict::kCreated);
  EXPECT_EQ(engine().Remove("/a").verdict, RemoveVerdict::kRemoved);
  CheckpointAndEvict();
  Start();
  EXPECT_EQ(engine().Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kSoftDeleted);
  EXPECT_EQ(Text("/c"), "aaAAbb");
  engine().Remove("/b");
  engine().Remove("/c");
  EXPECT_EQ(engine().Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  CheckpointAndEvict();
  EXPECT_TRUE(catalog().Ids(StreamId{}, 10)->empty());
}

TEST_F(CheckpointTest, IsTheFoldUpToItsRecordWhateverComesWhileItIsWritten) {
  engine().Create(NewStream("/a"));
  engine().Create(NewStream("/gone"));
  Write("/a", "1");
  const auto checkpoint = engine().NewCheckpoint(log());
  ASSERT_TRUE(*checkpoint->Write());
  Write("/a", "2");
  engine().Remove("/gone");
  engine().Create(NewStream("/late"));
  Commit();
  ASSERT_TRUE(checkpoint->Commit());
  EXPECT_EQ(Text("/a"), "12");
  Start();
  EXPECT_EQ(replayed(), 3u);
  EXPECT_EQ(Text("/a"), "12");
  EXPECT_EQ(engine().Read("/gone", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  EXPECT_EQ(Text("/late"), "");
}

TEST_F(CheckpointTest, TwoWhoLoadAStreamAtOnceGetTheSameOne) {
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  CheckpointAndEvict();
  ASSERT_EQ(engine().stream_count(), 0u);
  bool is_inside = false;
  disk().SetHook([&](DiskOp, const std::string& path) {
    if (is_inside || !path.starts_with("segments")) return;
    is_inside = true;
    EXPECT_EQ(Text("/a"), "text");
  });
  EXPECT_EQ(Text("/a"), "text");
  disk().SetHook(nullptr);
  EXPECT_TRUE(is_inside);
  EXPECT_EQ(engine().stream_count(), 1u);
}

TEST_F(CheckpointTest, ALongChainOfForksIsLoadedHoweverOftenTheStoreChangesMeanwhile) {
  constexpr int kForks = 20;
  engine().Create(NewStream("/other"));
  engine().Create(NewStream("/0"));
  Write("/0", "text");
  for (int i = 0; i < kForks; ++i) {
    const std::string source = "/" + std::to_string(i);
    engine().Create(NewFork("/" + std::to_string(i + 1), source));
  }
  for (int i = 0; i <= kForks; ++i) CheckpointAndEvict();  // a source goes after its forks
  ASSERT_EQ(engine().stream_count(), 0u);

  int reads = 0;
  bool is_inside = false;
  disk().SetHook([&](DiskOp op, const std::string& path) {
    if (is_inside || op != DiskOp::kRead || !path.starts_with("segments")) return;
    if (++reads % 8 != 0 || reads > 10'000) return;
    is_inside = true;
    Write("/other", "x");
    const auto checkpoint = engine().NewCheckpoint(log());
    EXPECT_TRUE(*checkpoint->Write());
    EXPECT_TRUE(checkpoint->Commit());
    is_inside = false;
  });
  EXPECT_EQ(Text("/" + std::to_string(kForks)), "text");
  disk().SetHook(nullptr);
  EXPECT_GT(reads, 8);
  EXPECT_LT(reads, 10'000) << "it began again each time";
}

TEST_F(CheckpointTest, ThatFailsForgetsNothing) {
  engine().Create(NewStream("/a"));
  Write("/a", "1");
  catalog().FailNextCommit();
  const auto checkpoint = engine().NewCheckpoint(log());
  ASSERT_TRUE(*checkpoint->Write());
  Write("/a", "2");
  EXPECT_FALSE(checkpoint->Commit());
  EXPECT_EQ(Text("/a"), "12");
  CheckpointAndEvict();
  EXPECT_EQ(Text("/a"), "12");
  Start();
  EXPECT_EQ(replayed(), 0u);
  EXPECT_EQ(Text("/a"), "12");
}

TEST_F(CheckpointTest, OfManyStreamsThatFailsBetweenThemForgetsNone) {
  constexpr int kStreams = 100;
  const std::string long_text(10'000, 'x');
  const auto path = [](int i) { return "/" + std::to_string(i); };
  for (int i = 0; i < kStreams; ++i) engine().Create(NewStream(path(i)));
  CheckpointAndEvict();
  for (int i = 0; i < kStreams; ++i) Write(path(i), path(i) + long_text);
  for (int i = 0; i < kStreams; i += 3) {
    EXPECT_EQ(engine().Remove(path(i)).verdict, RemoveVerdict::kRemoved);
  }
  const auto expect_all = [&](const std::string& rest) {
    for (int i = 0; i < kStreams; ++i) {
      const std::string want = i % 3 == 0 ? "refused" : path(i) + long_text + rest;
      EXPECT_TRUE(Text(path(i), 0, 1u << 20) == want) << i;
    }
  };
  disk().FailNth({.op = DiskOp::kWrite, .path_part = "segments"}, 2, {.code = ENOSPC});
  const auto checkpoint = engine().NewCheckpoint(log());
  EXPECT_FALSE(checkpoint->Write())
      << "the first piece was written, and not all streams were in it";
  expect_all("");
  for (int i = 0; i < kStreams; ++i) {
    if (i % 3 != 0) Write(path(i), "!");
  }
  CheckpointAndEvict();
  EXPECT_EQ(engine().tail_bytes(), 0u);
  expect_all("!");
  Start();
  EXPECT_EQ(replayed(), 0u);
  expect_all("!");
}

TEST_F(CheckpointTest, ThatFailsLeavesNoSegmentBehind) {
  engine().Create(NewStream("/a"));
  Write("/a", "1");
  const auto checkpoint = engine().NewCheckpoint(log());
  ASSERT_TRUE(*checkpoint->Write());
  catalog().FailNextCommit(true);
  EXPECT_FALSE(checkpoint->Commit());
  EXPECT_TRUE(disk().List("segments")->empty()) << "the catalog has no room";

  ASSERT_TRUE(*checkpoint->Write());
  disk().FailNth({.op = DiskOp::kOpen, .path_part = "segments"}, 1, {.code = EMFILE});
  EXPECT_FALSE(checkpoint->Commit());
  EXPECT_TRUE(disk().List("segments")->empty()) << "it could not be opened";

  disk().FailNth({.op = DiskOp::kSyncDirectory, .path_part = "segments"}, 1, {.code = ENOSPC});
  EXPECT_FALSE(checkpoint->Write());
  EXPECT_TRUE(disk().List("segments")->empty()) << "it could not be begun";
  CheckpointAndEvict();
  EXPECT_EQ(Text("/a"), "1");
}

TEST_F(CheckpointTest, AStartNeedsNoSpaceToRemoveASegmentThatIsNobodys) {
  engine().Create(NewStream("/a"));
  Write("/a", "1");
  CheckpointAndEvict();
  ASSERT_TRUE(engine().store().NewSegment()) << "a crash comes before it is finished";
  disk().FailNth({.op = DiskOp::kSyncDirectory, .path_part = "segments"}, 1, {.code = ENOSPC});
  Start();
  EXPECT_EQ(Text("/a"), "1");
}

TEST_F(CheckpointTest, AMergeThatFailsLeavesNoSegmentBehind) {
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 6; ++i) {
    Write("/a", "1");
    CheckpointAndEvict();
  }
  catalog().FailNextCommit(true);
  EXPECT_FALSE(engine().store().MergeStep(1'000'000));
  EXPECT_EQ(disk().List("segments")->size(), 6u);
  MergeAll();
  EXPECT_EQ(disk().List("segments")->size(), 1u);
  EXPECT_EQ(Text("/a"), "111111");
}

TEST_F(CheckpointTest, ThatFailsBesideAMergeCountsWhatIsDeadOnce) {
  for (const char* const path : {"/a", "/b"}) engine().Create(NewStream(path));
  for (int i = 0; i < 6; ++i) {
    Write("/a", "1");
    Write("/b", "1");
    CheckpointAndEvict();
  }
  ASSERT_TRUE(*engine().store().MergeStep(1)) << "it goes on";
  engine().Remove("/a");
  Commit();
  const auto checkpoint = engine().NewCheckpoint(log());
  for (const bool fails : {true, false}) {
    if (fails) catalog().FailNextCommit(true);
    ASSERT_TRUE(*checkpoint->Write());
    EXPECT_EQ(checkpoint->Commit().has_value(), !fails);
  }
  for (bool more = true; more && engine().store().segments().size() != 1;) {
    more = engine().store().MergeStep(1).value();
  }
  ASSERT_EQ(engine().store().segments().size(), 1u);
  EXPECT_EQ(engine().store().segments().front().data_bytes, 12u);
  EXPECT_EQ(engine().store().segments().front().dead_bytes, 6u);
}

TEST_F(CheckpointTest, CountsTheProducersOfWhatChangedUntilTheStoreHasThem) {
  const std::string id(999, 'p');
  constexpr uint64_t kEach = 1 + 1'000 + kProducerBytes;
  std::string next;  // who appends as soon as a segment is begun
  disk().SetHook([&](DiskOp, const std::string& path) {
    if (next.empty() || !path.starts_with("segments")) return;
    WriteAs("/a", id + std::exchange(next, {}));
  });
  engine().Create(NewStream("/a"));
  WriteAs("/a", id + "1");
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + kEach);

  const auto checkpoint = engine().NewCheckpoint(log());
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC});
  next = "2";
  EXPECT_FALSE(checkpoint->Write()) << "abandoned before its turn";
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + 2 * kEach);
  next = "3";
  ASSERT_TRUE(checkpoint->Write().value());
  WriteAs("/a", id + "4");
  catalog().FailNextCommit();
  EXPECT_FALSE(checkpoint->Commit()) << "abandoned at the end";
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + 4 * kEach);

  next = "5";
  ASSERT_TRUE(checkpoint->Write().value());
  ASSERT_TRUE(checkpoint->Commit());
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + 1 + 5 * (kEach - 1))
      << "a byte that is new, and all producers of a stream that cannot leave memory";
  ASSERT_TRUE(checkpoint->Write().value());
  WriteAs("/a", id + "6");
  engine().Remove("/a");
  Commit();
  catalog().FailNextCommit();
  EXPECT_FALSE(checkpoint->Commit());
  CheckpointAndEvict();
  EXPECT_EQ(engine().tail_bytes(), 0u);
  disk().SetHook(nullptr);
}

TEST_F(CheckpointTest, OfLongStatesLosesNone) {
  constexpr int kStreams = 4, kProducers = 300;
  const std::string filler(2'000, 'p');  // two of these streams are more than are written together
  const auto append_by = [&](const std::string& path, int producer) {
    const std::string id = std::to_string(producer) + filler;
    AppendCommand append = NewAppend("x");
    append.producer = ProducerStamp{.id = id};
    return engine().Append(path, append).verdict;
  };
  for (int i = 0; i < kStreams; ++i) {
    const std::string path = "/" + std::to_string(i);
    engine().Create(NewStream(path));
    for (int n = 0; n < kProducers; ++n) append_by(path, n);
  }
  CheckpointAndEvict();
  Start();
  EXPECT_EQ(replayed(), 0u);
  for (int i = 0; i < kStreams; ++i) {
    const std::string path = "/" + std::to_string(i);
    EXPECT_EQ(Text(path), std::string(kProducers, 'x'));
    EXPECT_EQ(append_by(path, 0), AppendVerdict::kDuplicate);
    EXPECT_EQ(append_by(path, kProducers - 1), AppendVerdict::kDuplicate);
  }
}

TEST_F(CheckpointTest, CountsTextsThatClientsMadeLong) {
  constexpr uint64_t kLong = 1'000;
  const size_t types_bytes = 2 * kBytesType.size();
  const std::string path = "/" + std::string(kTextBytesCovered + kLong - types_bytes - 1, 'p');
  engine().Create(NewStream(path));
  constexpr uint64_t kNew = kChangedStreamBytes + 3 * kLong;
  EXPECT_EQ(engine().tail_bytes(), kNew) << "itself, and what a checkpoint tells the catalog";
  const auto checkpoint = engine().NewCheckpoint(log());
  Commit();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(checkpoint->Write().value());
    Write(path, "x");
    catalog().FailNextCommit();
    EXPECT_FALSE(checkpoint->Commit());
    EXPECT_EQ(engine().tail_bytes(), kNew + 1 + i) << "not for each checkpoint that failed";
  }
  ASSERT_TRUE(checkpoint->Write().value());
  ASSERT_TRUE(checkpoint->Commit());
  EXPECT_EQ(engine().tail_bytes(), 0u);
  Write(path, "x");
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + kLong + 1) << "the catalog knows it";
  engine().Remove(path);
  EXPECT_EQ(engine().tail_bytes(), kChangedStreamBytes + kLong) << "nobody frees it sooner";
  Commit();
  CheckpointAndEvict();
  EXPECT_EQ(engine().tail_bytes(), 0u);
}

TEST_F(CheckpointTest, MakesRoomWhereMemoryForNewDataIsFull) {
  Start(2 * kChangedStreamBytes);
  engine().Create(NewStream("/a"));
  Write("/a", std::string(2000, 'x'));
  EXPECT_EQ(engine().Append("/a", NewAppend("y")).trouble, Trouble::kMemoryFull);
  CheckpointAndEvict();
  EXPECT_EQ(engine().Append("/a", NewAppend("y")).trouble, Trouble::kNone);
}

// A partition keeps the ids of what vanished for as long as the store may still have it.
TEST(Checkpoint, OfWhatVanishedForgetsItsId) {
  ManualClock clock;
  SimDisk disk(1);
  for (const char* const folder : {"log", "segments"}) {
    ASSERT_TRUE(Directory(disk, "").MakeDirectory(folder));
  }
  SimCatalog catalog;
  const auto store = StreamStore::Open(disk, {}, std::make_unique<BorrowedCatalog>(catalog));
  ASSERT_TRUE(store);
  LocalLog log(disk, {.file_bytes = 8 * kLogPageBytes});
  ASSERT_TRUE(log.Recover(Lsn{}, [](Lsn, const Record&) { return StorageResult<void>(); }));
  Publisher publisher(log);
  StreamTable table(clock, log, publisher, 1, store->get());
  const std::atomic<uint64_t> last_id{1};
  Checkpoint checkpoint(table, log, last_id);
  const auto keep = [&] {
    ASSERT_TRUE(checkpoint.Write().value());
    ASSERT_TRUE(log.Commit());
    ASSERT_TRUE(checkpoint.Commit());
  };
  CreateRecord create;
  create.id = StreamId{1};
  create.path = "/a";
  create.content_type = kBytesType;
  create.at = table.Now();
  const StreamHandle stream = table.Add(create, log.Stage(create), nullptr, nullptr);
  keep();
  const RemoveRecord remove{.id = create.id, .at = table.Now()};
  Aftermath after;
  table.Remove(stream, remove, log.Stage(remove), after);
  table.Finish(after);
  EXPECT_EQ(table.partitions().front()->gone.size(), 1u);
  keep();
  EXPECT_TRUE(table.partitions().front()->gone.empty());
  EXPECT_EQ(table.tail_bytes(), 0u);
}

// A catalog that is damaged and has its checksums.
TEST_F(StoredForkTest, OfItselfCannotBeRead) {
  engine().Create(NewStream("/a"));
  engine().Create(NewFork("/b", "/a"));
  CheckpointAndEvict();
  CheckpointAndEvict();
  auto entry = catalog().Find("/b")->value();
  CreateRecord create = std::get<CreateRecord>(*DecodeRecord(entry.create));
  create.source = entry.id;
  std::string damaged;
  EncodeRecord(create, damaged);
  entry.create = damaged;
  ASSERT_TRUE(catalog().Commit({.put = {entry}, .head = *catalog().Head()}));
  catalog().FailFindsAfter(100);
  EXPECT_EQ(engine().Read("/b", ReadFrom{}, 1).verdict, ReadVerdict::kUnreadable);
  ASSERT_EQ(unreadable().size(), 1u);
  EXPECT_TRUE(unreadable().front().message.starts_with("stream /b: "));
  EXPECT_NE(unreadable().front().message.find("younger"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
