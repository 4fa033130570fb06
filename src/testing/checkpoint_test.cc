// An engine that checkpoints, evicts, loads, merges and starts again, over a simulated disk: what
// it shows is what the model says, wherever the bytes are.
#include "engine/checkpoint.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/engine.h"
#include "storage/directory.h"
#include "storage/local_log.h"
#include "storage/stream_store.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() : disk_(1) {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("segments"));
    Start();
  }

  void Start() {
    engine_.reset();
    auto store = StreamStore::Open(disk_, {}, std::make_unique<BorrowedCatalog>(catalog_));
    ASSERT_TRUE(store) << store.error().message;
    const Lsn checkpoint = (*store)->checkpoint();
    auto log = std::make_unique<LocalLog>(
        disk_, LocalLogOptions{.file_bytes = 8 * kLogPageBytes, .salt_seed = ++starts_});
    log_ = log.get();
    engine_ = std::make_unique<Engine>(clock_, std::move(log), EngineOptions{.partitions = 4},
                                       EngineStore{.streams = *std::move(store),
                                                   .tail_bytes_max = tail_bytes_max_,
                                                   .on_unreadable = [](const StorageFault& fault) {
                                                     ADD_FAILURE() << fault.message;
                                                   }});
    replayed_ = 0;
    const auto recovered = log_->Recover(checkpoint, [this](Lsn lsn, const Record& record) {
      ++replayed_;
      return engine_->Replay(lsn, record);
    });
    ASSERT_TRUE(recovered) << recovered.error().message;
    engine_->EndReplay();
  }

  void Commit() { ASSERT_TRUE(log_->Commit()); }

  void CheckpointAndEvict() {
    const auto checkpoint = engine_->NewCheckpoint(*log_);
    const auto written = checkpoint->Write();
    ASSERT_TRUE(written) << written.error().message;
    Commit();
    if (*written) {
      const auto report = checkpoint->Commit();
      ASSERT_TRUE(report) << report.error().message;
    }
    engine_->EvictIdle();  // forgets who was used …
    engine_->EvictIdle();  // … and drops who was not
  }

  void MergeAll() {
    for (;;) {
      const auto more = engine_->store().MergeStep(1000);
      ASSERT_TRUE(more) << more.error().message;
      if (!*more) return;
    }
  }

  void Write(const std::string& path, const std::string& text) {
    EXPECT_EQ(engine_->Append(path, NewAppend(text)).verdict, AppendVerdict::kAppended) << path;
    Commit();
  }

  std::string Text(const std::string& path, uint64_t from = 0, size_t page_bytes = 3) {
    std::string text;
    for (;;) {
      const ReadOutcome read = engine_->Read(path, FromOffset(from + text.size()), page_bytes);
      if (read.verdict != ReadVerdict::kOk) return "refused";
      for (const Bytes& part : read.page.parts) text += part.view();
      if (read.page.at_tail) return text;
    }
  }

  ManualClock clock_;
  SimDisk disk_;
  SimCatalog catalog_;
  uint64_t tail_bytes_max_ = 0;
  uint64_t starts_ = 0;
  uint64_t replayed_ = 0;
  std::unique_ptr<Engine> engine_;
  LocalLog* log_ = nullptr;  // the engine's
};

TEST_F(CheckpointTest, WhatLeavesMemoryIsReadFromSegmentsAcrossManyOfThem) {
  engine_->Create(NewStream("/a"));
  engine_->Create(NewStream("/b"));
  std::string a;
  for (int i = 0; i < 20; ++i) {
    Write("/a", "a" + std::to_string(i));
    a += "a" + std::to_string(i);
    CheckpointAndEvict();
    EXPECT_EQ(engine_->stream_count(), 0u);
    EXPECT_EQ(engine_->tail_bytes(), 0u);
    if (i % 3 == 0) MergeAll();
    ASSERT_EQ(Text("/a"), a);
  }
  Write("/a", "!");
  EXPECT_EQ(Text("/a"), a + "!");
  EXPECT_EQ(engine_->Read("/a", FromOffset(1), 3).verdict, ReadVerdict::kNotABoundary);
  EXPECT_EQ(Text("/b"), "");
  MergeAll();
  EXPECT_LT(engine_->store().segments().size(), 7u);
  Start();
  EXPECT_EQ(replayed_, 1u);
  EXPECT_EQ(Text("/a"), a + "!");
}

TEST_F(CheckpointTest, AfterOneWithNothingNewARestartReplaysNothingAndKnowsAll) {
  AppendCommand append = NewAppend("one");
  append.producer = ProducerStamp{.id = "p", .epoch = 3, .seq = 0};
  engine_->Create(NewStream("/a"));
  ASSERT_EQ(engine_->Append("/a", append).verdict, AppendVerdict::kAppended);
  CheckpointAndEvict();
  Start();
  EXPECT_EQ(replayed_, 0u);
  EXPECT_EQ(engine_->stream_count(), 0u);
  EXPECT_EQ(engine_->Append("/a", append).verdict, AppendVerdict::kDuplicate);
  EXPECT_EQ(engine_->Create(NewStream("/a")).verdict, CreateVerdict::kExists);
  EXPECT_EQ(engine_->Create(NewStream("/new")).verdict, CreateVerdict::kCreated);
  EXPECT_EQ(Text("/a"), "one");
}

TEST_F(CheckpointTest, RemovedStreamsStayAwayWhileTheStoreStillHasThem) {
  engine_->Create(NewStream("/a"));
  Write("/a", "old");
  CheckpointAndEvict();
  EXPECT_EQ(engine_->Remove("/a").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(engine_->Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  Commit();
  Start();
  EXPECT_EQ(engine_->Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  engine_->Create(NewStream("/a"));
  Write("/a", "new");
  CheckpointAndEvict();
  EXPECT_EQ(Text("/a"), "new");
  MergeAll();
  uint64_t dead = 0;
  for (const SegmentInfo& info : engine_->store().segments()) dead += info.dead_bytes;
  EXPECT_EQ(dead, 0u);
  Start();
  EXPECT_EQ(Text("/a"), "new");
}

TEST_F(CheckpointTest, ForksReadThroughSourcesThatLeftMemory) {
  engine_->Create(NewStream("/a"));
  Write("/a", "aa");
  Write("/a", "AA");
  ASSERT_EQ(engine_->Create(NewFork("/b", "/a")).verdict, CreateVerdict::kCreated);
  Write("/b", "bb");
  CheckpointAndEvict();
  CheckpointAndEvict();  // a source goes after its forks
  EXPECT_EQ(Text("/b"), "aaAAbb");
  ASSERT_EQ(engine_->Create(NewFork("/c", "/b")).verdict, CreateVerdict::kCreated);
  EXPECT_EQ(engine_->Remove("/a").verdict, RemoveVerdict::kRemoved);
  CheckpointAndEvict();
  Start();
  EXPECT_EQ(engine_->Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kSoftDeleted);
  EXPECT_EQ(Text("/c"), "aaAAbb");
  engine_->Remove("/b");
  engine_->Remove("/c");
  EXPECT_EQ(engine_->Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  CheckpointAndEvict();
  EXPECT_TRUE(catalog_.Ids(StreamId{}, 10)->empty());
}

TEST_F(CheckpointTest, IsTheFoldUpToItsRecordWhateverComesWhileItIsWritten) {
  engine_->Create(NewStream("/a"));
  engine_->Create(NewStream("/gone"));
  Write("/a", "1");
  const auto checkpoint = engine_->NewCheckpoint(*log_);
  ASSERT_TRUE(*checkpoint->Write());
  Write("/a", "2");
  engine_->Remove("/gone");
  engine_->Create(NewStream("/late"));
  Commit();
  ASSERT_TRUE(checkpoint->Commit());
  EXPECT_EQ(Text("/a"), "12");
  Start();
  EXPECT_EQ(replayed_, 3u);
  EXPECT_EQ(Text("/a"), "12");
  EXPECT_EQ(engine_->Read("/gone", ReadFrom{}, 1).verdict, ReadVerdict::kMissing);
  EXPECT_EQ(Text("/late"), "");
}

TEST_F(CheckpointTest, ThatFailsForgetsNothing) {
  engine_->Create(NewStream("/a"));
  Write("/a", "1");
  catalog_.FailNextCommit();
  const auto checkpoint = engine_->NewCheckpoint(*log_);
  ASSERT_TRUE(*checkpoint->Write());
  Write("/a", "2");
  EXPECT_FALSE(checkpoint->Commit());
  EXPECT_EQ(Text("/a"), "12");
  CheckpointAndEvict();
  EXPECT_EQ(Text("/a"), "12");
  Start();
  EXPECT_EQ(replayed_, 0u);
  EXPECT_EQ(Text("/a"), "12");
}

TEST_F(CheckpointTest, MakesRoomWhereMemoryForNewDataIsFull) {
  tail_bytes_max_ = 2 * kChangedStreamBytes;
  Start();
  engine_->Create(NewStream("/a"));
  Write("/a", std::string(2000, 'x'));
  EXPECT_EQ(engine_->Append("/a", NewAppend("y")).trouble, Trouble::kMemoryFull);
  CheckpointAndEvict();
  EXPECT_EQ(engine_->Append("/a", NewAppend("y")).trouble, Trouble::kNone);
}

}  // namespace
}  // namespace thalweg
