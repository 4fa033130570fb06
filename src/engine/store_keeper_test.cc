#include "engine/store_keeper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "engine/stream_table.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

class StoreKeeperTest : public testing::Test, protected StoredEngine {
 protected:
  StoreKeeperTest() { EXPECT_TRUE(time_.Recover(disk())); }

  void Keep(const StoreKeeperOptions& options) {
    keeper_ = std::make_unique<StoreKeeper>(
        engine(), log(), 0, time_, options,
        StoreKeeperEvents{
            .on_checkpoint = [this](const Checkpoint::Report&, int64_t) { ++checkpoints_; },
            .on_trouble = [this](const StorageFault&) { ++troubles_; },
            .on_set_aside = [this](const StorageFault& fault) { aside_.push_back(fault.message); },
            .on_failure = [this](const StorageFault&) { ++failures_; }});
  }

  // As the thread would: steps until the keeper has nothing to do for a while.
  void Run() {
    for (int i = 0; i < 1'000 && keeper_->Step() == 0; ++i) {
    }
  }

  // In a checkpoint of 1.6 MB that is written in several pieces.
  int64_t MsOfRestWhileWriting(const StoreKeeperOptions& options) {
    int64_t rest_ms = 0;
    Keep(options);
    keeper_->SetPause([&rest_ms](int64_t ms) { rest_ms += ms; });
    engine().Create(NewStream("/long"));
    for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
    clock().AdvanceMs(options.age_ms_max);
    Run();
    EXPECT_EQ(checkpoints_, 1);
    return rest_ms;
  }

  size_t spares() { return FilesOfLog(".spare"); }
  size_t log_files() { return FilesOfLog(".log"); }

  size_t FilesOfLog(std::string_view ending) {
    const std::vector<std::string> names = disk().List("log").value();
    return static_cast<size_t>(
        std::ranges::count_if(names, [&](const auto& name) { return name.ends_with(ending); }));
  }

  size_t segments() { return engine().store().segments().size(); }
  size_t segment_files() { return disk().List("segments").value().size(); }

  void CreateWithTtl(const std::string& path, uint64_t ttl_s) {
    CreateCommand create = NewStream(path);
    create.expiry = Ttl(ttl_s);
    ASSERT_EQ(engine().Create(create).verdict, CreateVerdict::kCreated);
  }

  // Of six segments of 1 MB, one after the other.
  void BeginLongMerge() {
    engine().Create(NewStream("/a"));
    for (int i = 0; i < 6; ++i) {
      Write("/a", std::string(1'000'000, 'x'));
      clock().AdvanceMs(1);
      Run();
    }
    ASSERT_EQ(segments(), 6u);
    ASSERT_EQ(segment_files(), 7u) << "it has written a part";
  }

  // By the mark on the disk.
  int64_t MarkedMs() {
    const auto text = Directory(disk(), "").ReadText("clock").value();
    return text ? DecodeClockMark(*text).value_or(ClockMark{}).ms : 0;
  }

  DirectoryClock time_{clock()};
  std::unique_ptr<StoreKeeper> keeper_;
  int checkpoints_ = 0;
  int troubles_ = 0;
  int failures_ = 0;
  std::vector<std::string> aside_;
};

TEST_F(StoreKeeperTest, CheckpointsWhenTheOldestChangeIsOldEnough) {
  Keep({.age_ms_max = 1'000});
  clock().AdvanceMs(5'000);
  Run();
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  Run();
  clock().AdvanceMs(999);
  Run();
  EXPECT_EQ(checkpoints_, 0);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(checkpoints_, 1);
  clock().AdvanceMs(5'000);
  Run();
  EXPECT_EQ(checkpoints_, 1) << "nothing has changed";
  EXPECT_EQ(Text("/a"), "text");
}

TEST_F(StoreKeeperTest, LooksLessOftenWhileNothingHasChanged) {
  Keep({});
  Run();
  const int64_t clean_ms = keeper_->Step();
  engine().Create(NewStream("/a"));
  EXPECT_LT(keeper_->Step(), clean_ms);
}

TEST_F(StoreKeeperTest, CheckpointsWhenTheLogIsLongEnoughAsItStandsOnTheDisk) {
  engine().Create(NewStream("/a"));
  Write("/a", "x");
  Keep({.log_bytes_max = 12 * kLogPageBytes});
  for (const int checkpoints : {1, 2}) {
    for (int page = 1; page < 11; ++page) Write("/a", "x");
    Run();
    EXPECT_EQ(checkpoints_, checkpoints - 1);
    for (int page = 11; page < 14; ++page) Write("/a", "x");  // or a file that begins
    Run();
    EXPECT_EQ(checkpoints_, checkpoints);
  }
}

TEST_F(StoreKeeperTest, ALogWithoutRoomIsMadeShorterAtOnceAndDeletesNeverWait) {
  Keep({});
  constexpr int kStreams = 40;
  for (int i = 0; i < kStreams; ++i) engine().Create(NewStream("/s" + std::to_string(i)));
  engine().Create(NewStream("/a"));
  Write("/a", "x");
  ASSERT_TRUE(log().RemoveSpares());
  disk().SetRoom(disk().bytes_used() + 24 * 1'024);  // less than a file of the log
  for (int i = 0; i < 100 && log().HasRoom(); ++i) Write("/a", "x");
  ASSERT_FALSE(log().HasRoom());
  for (int i = 0; i < kStreams; ++i) {
    engine().Remove("/s" + std::to_string(i));
    ASSERT_TRUE(log().Commit()) << i << " deletes, and this one waits";
    clock().AdvanceMs(100);
    Run();
  }
  EXPECT_GT(checkpoints_, 0);
  EXPECT_TRUE(log().PrepareNext()) << "of what the checkpoints made free";
}

TEST_F(StoreKeeperTest, LetsAppendsHaveTheDiskBetweenThePiecesOfASegment) {
  EXPECT_GE(MsOfRestWhileWriting({}), 3 * 1'600'000 / (300 << 10));
}

TEST_F(StoreKeeperTest, RestsLessWhereMemoryGetsShort) {
  const int64_t rest_ms = MsOfRestWhileWriting({.tail_bytes_max = 1'600'000 / 19 * 32});
  EXPECT_GE(rest_ms, 1'600'000 / (300 << 10));
  EXPECT_LT(rest_ms, 3 * 1'600'000 / (300 << 10));
}

TEST_F(StoreKeeperTest, HurriesWhereMemoryIsShort) {
  EXPECT_EQ(MsOfRestWhileWriting({.tail_bytes_max = 2'000'000}), 0);
}

TEST_F(StoreKeeperTest, HurriesWhereTheLogIsMuchTooLong) {
  EXPECT_EQ(MsOfRestWhileWriting({.log_bytes_max = 1'000'000}), 0);
}

TEST_F(StoreKeeperTest, CheckpointsWhenHalfOfTheMemoryIsTaken) {
  Keep({.tail_bytes_max = 4 * kChangedStreamBytes + 4});
  engine().Create(NewStream("/a"));
  Commit();
  Run();
  EXPECT_EQ(checkpoints_, 0);
  engine().Create(NewStream("/b"));
  Write("/b", "12");
  Run();
  EXPECT_EQ(checkpoints_, 1);
}

TEST_F(StoreKeeperTest, CheckpointsAtOnceAfterALongReplayAndDropsWhatNobodyAskedFor) {
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  Start();
  ASSERT_EQ(engine().stream_count(), 1u);
  keeper_ = std::make_unique<StoreKeeper>(
      engine(), log(), 16u << 20, time_, StoreKeeperOptions{},
      StoreKeeperEvents{
          .on_checkpoint = [this](const Checkpoint::Report&, int64_t) { ++checkpoints_; },
          .on_trouble = {},
          .on_set_aside = {},
          .on_failure = {}});
  Run();
  EXPECT_EQ(checkpoints_, 1);
  EXPECT_EQ(engine().stream_count(), 0u);
  EXPECT_EQ(Text("/a"), "text");
}

TEST_F(StoreKeeperTest, AnUnreadableStreamHoldsUpNobodysEnd) {
  Keep({.age_ms_max = 1'000});
  for (const char* path : {"/a", "/b", "/c"}) CreateWithTtl(path, 100);
  Commit();
  for (int i = 0; i < 3; ++i) {
    clock().AdvanceMs(1'000);
    Run();
  }
  ASSERT_EQ(engine().stream_count(), 0u);
  clock().AdvanceMs(200'000);
  disk().FailNth({.op = DiskOp::kRead, .path_part = "segments"}, 1, {.code = EIO});
  const Lsn before = log().staged();
  for (int i = 0; i < 3; ++i) {
    Run();
    clock().AdvanceMs(1'000);
  }
  EXPECT_EQ(troubles_, 1);
  EXPECT_EQ(failures_, 0);
  EXPECT_EQ(log().staged().value - before.value, 2u) << "the others";
}

TEST_F(StoreKeeperTest, WaitsForTheLog) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));  // staged, not durable
  clock().AdvanceMs(1);
  Run();
  clock().AdvanceMs(100);
  Run();
  EXPECT_EQ(checkpoints_, 0);
  Commit();
  Run();
  EXPECT_EQ(checkpoints_, 1);
}

TEST_F(StoreKeeperTest, DropsWhatIsNotUsedAndSoonerWhereThereIsTooMuchOfIt) {
  Keep({.age_ms_max = 1'000});
  engine().Create(NewStream("/a"));
  Commit();
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(engine().stream_count(), 1u) << "just used";
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(engine().stream_count(), 0u);
  Keep({.log_bytes_max = 1, .age_ms_max = 1'000, .streams_in_memory_max = 2});
  for (const char* path : {"/b", "/c", "/d", "/e", "/f"}) engine().Create(NewStream(path));
  Commit();
  Run();
  EXPECT_EQ(engine().stream_count(), 2u) << "just used, all of them";
}

TEST_F(StoreKeeperTest, DropsStreamsThatAreOnlyReadWhereTheyAreTooMany) {
  Keep({.age_ms_max = 10'000, .streams_in_memory_max = 3});
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) {
    paths.push_back("/" + std::to_string(i));
    engine().Create(NewStream(paths.back()));
    Write(paths.back(), "text");
  }
  Run();
  EXPECT_EQ(engine().stream_count(), 20u) << "not in the store yet";
  clock().AdvanceMs(10'000);
  Run();
  ASSERT_LE(engine().stream_count(), 3u);
  for (int round = 0; round < 5; ++round) {
    for (const std::string& path : paths) EXPECT_EQ(Text(path), "text");
    ASSERT_EQ(engine().stream_count(), 20u);
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(engine().stream_count(), 3u);
  }
  EXPECT_EQ(checkpoints_, 1);
}

TEST_F(StoreKeeperTest, CountsProducersAsTheStreamsThatTheyTakeTheMemoryOf) {
  constexpr size_t kProducers = 100;
  Keep({.age_ms_max = 10'000, .streams_in_memory_max = 50});
  engine().Create(NewStream("/p"));
  std::string id(kStreamInMemoryBytes - kProducerBytes, 'p');
  for (size_t i = 0; i < kProducers; ++i) {
    id.replace(0, 3, std::to_string(100 + i));
    AppendCommand append = NewAppend("x");
    append.producer = ProducerStamp{.id = id};
    ASSERT_EQ(engine().Append("/p", append).verdict, AppendVerdict::kAppended);
  }
  Commit();
  EXPECT_EQ(engine().WeightInMemory(), 1 + kProducers);
  clock().AdvanceMs(10'000);
  Run();
  EXPECT_EQ(checkpoints_, 1);
  EXPECT_EQ(engine().WeightInMemory(), 0u) << "too much of it";
  EXPECT_EQ(Text("/p"), std::string(kProducers, 'x'));
  EXPECT_EQ(engine().WeightInMemory(), 1 + kProducers) << "it was loaded with them";
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(engine().stream_count(), 0u);
  EXPECT_EQ(Text("/p"), std::string(kProducers, 'x'));
  engine().Remove("/p");
  EXPECT_EQ(engine().WeightInMemory(), 0u);
}

TEST_F(StoreKeeperTest, DropsStreamsThatAreOnlyReadWhileACheckpointWaitsForTheLog) {
  Keep({.age_ms_max = 10'000, .streams_in_memory_max = 3});
  std::vector<std::string> paths;
  for (int i = 0; i < 20; ++i) {
    paths.push_back("/" + std::to_string(i));
    engine().Create(NewStream(paths.back()));
    Write(paths.back(), "text");
  }
  clock().AdvanceMs(10'000);
  Run();
  ASSERT_EQ(checkpoints_, 1);
  for (int i = 0; i < 5; ++i) engine().Append(paths[i], NewAppend("more"));  // staged, not durable
  clock().AdvanceMs(10'000);
  Run();
  for (int round = 0; round < 5; ++round) {
    for (const std::string& path : paths) EXPECT_EQ(Text(path), "text");
    ASSERT_EQ(engine().stream_count(), 20u);
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(engine().stream_count(), 5u) << "those of the checkpoint stay";
  }
  EXPECT_EQ(checkpoints_, 1);
  Commit();
  Run();
  EXPECT_EQ(checkpoints_, 2);
  EXPECT_EQ(engine().stream_count(), 3u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Text(paths[i]), i < 5 ? "textmore" : "text");
}

TEST_F(StoreKeeperTest, MergesWhatCheckpointsLeave) {
  Keep({.age_ms_max = 1, .merge_bytes_per_s = uint64_t{1} << 40});
  engine().Create(NewStream("/a"));
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    Write("/a", std::to_string(i));
    text += std::to_string(i);
    clock().AdvanceMs(1);
    Run();
  }
  EXPECT_EQ(checkpoints_, 1'000);
  EXPECT_LE(segments(), 19u) << "each costs a read of the stream one range";
  EXPECT_EQ(Text("/a"), text);
}

TEST_F(StoreKeeperTest, ADamagedSegmentIsToldOnceAndMergedAround) {
  Keep({.age_ms_max = 1, .merge_bytes_per_s = uint64_t{1} << 40});
  engine().Create(NewStream("/a"));
  engine().Create(NewStream("/b"));
  const auto write = [this](int count) {
    for (int i = 0; i < count; ++i) {
      Write("/a", "a");
      if (i == 0) Write("/b", "b");
      clock().AdvanceMs(1);
      Run();
    }
  };
  write(2);
  ASSERT_EQ(segments(), 2u);
  const std::string name = SegmentFileName(engine().store().segments().back().number);
  {
    const auto file = disk().Open("segments/" + name, Disk::Mode::kReadWrite);
    ASSERT_TRUE(file && (*file)->WriteAt(kSegmentHeaderBytes, "?"));  // the byte of "/a"
  }
  write(1'000);
  ASSERT_EQ(aside_.size(), 1u);
  EXPECT_NE(aside_.front().find(name), std::string::npos) << aside_.front();
  EXPECT_EQ(troubles_, 0);
  EXPECT_EQ(failures_, 0);
  EXPECT_LE(segments(), 22u) << "as without it, and it, and what is older";
  EXPECT_EQ(Text("/a"), "refused");
  EXPECT_EQ(Text("/a", 2), std::string(1'000, 'a')) << "what stands behind it";
  EXPECT_EQ(Text("/b"), "bb");
  const std::vector<std::string> names = disk().List("segments").value();
  EXPECT_EQ(names.size(), segments()) << "nothing is left of the merge that failed";
}

TEST_F(StoreKeeperTest, AMergeThatFillsTheDiskLeavesItToOthersForAMinute) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 5; ++i) {
    Write("/a", "x");
    clock().AdvanceMs(1);
    Run();
  }
  Write("/a", "x");
  clock().AdvanceMs(1);
  const OpFilter writes{.op = DiskOp::kWrite, .path_part = "segments"};
  disk().FailNth(writes, 2, {.code = ENOSPC});  // behind the checkpoint's own
  Run();
  ASSERT_EQ(troubles_, 1);
  ASSERT_EQ(segments(), 6u);
  clock().AdvanceMs(59'000);
  Run();
  EXPECT_EQ(segments(), 6u);
  Write("/a", "x");
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(checkpoints_, 7) << "nobody else waits";
  clock().AdvanceMs(1'000);
  Run();
  Run();
  EXPECT_LT(segments(), 6u);
}

TEST_F(StoreKeeperTest, AMergeThatTookLongToFillTheDiskIsTriedAgainLater) {
  Keep({.age_ms_max = 1});
  BeginLongMerge();
  clock().AdvanceMs(100'000);
  disk().FailNth({.op = DiskOp::kWrite, .path_part = "segments"}, 1, {.code = ENOSPC});
  Run();
  ASSERT_EQ(troubles_, 1);
  EXPECT_EQ(segment_files(), 6u);
  clock().AdvanceMs(299'999);
  Run();
  EXPECT_EQ(segment_files(), 6u);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(segment_files(), 7u);
  EXPECT_EQ(troubles_, 1);
}

TEST_F(StoreKeeperTest, AMergeGivesUpItsSpaceWhereACheckpointWaitsForALogThatHasNone) {
  Keep({.age_ms_max = 1});
  BeginLongMerge();
  disk().SetRoom(disk().bytes_used() + 230'000);
  engine().Append("/a", NewAppend(std::string(200'000, 'x')));
  clock().AdvanceMs(1);
  Run();
  ASSERT_EQ(segment_files(), 8u) << "the checkpoint has its space, and the log …";
  ASSERT_FALSE(log().Commit());
  Run();
  EXPECT_EQ(segment_files(), 7u);
  EXPECT_TRUE(log().Commit());
  Run();
  EXPECT_EQ(checkpoints_, 7);
  clock().AdvanceMs(59'000);
  Run();
  EXPECT_EQ(segment_files(), 7u) << "it leaves the space to others for a minute";
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(segment_files(), 8u);
  EXPECT_EQ(troubles_, 0);
}

TEST_F(StoreKeeperTest, AFullDiskALimitOfSizesAndAWantOfDescriptorsAreTroubleThatPasses) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (const int code : {ENOSPC, EFBIG, EMFILE}) {
    checkpoints_ = troubles_ = 0;
    Write("/a", "text");
    clock().AdvanceMs(1);
    disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = code});
    Run();
    EXPECT_EQ(troubles_, 1) << code;
    EXPECT_EQ(checkpoints_, 0) << code;
    Run();
    EXPECT_EQ(checkpoints_, 0) << "not at once";
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(checkpoints_, 1) << code;
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, TheLogTakesNoSpaceBeforeACheckpointThatFoundNoneTwice) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC, .times = 2});
  for (const int troubles : {1, 2}) {
    clock().AdvanceMs(1'000);
    Run();
    ASSERT_EQ(troubles_, troubles);
    for (int i = 0; i < 10 && log().HasRoom(); ++i) Write("/a", std::string(20'000, 'x'));
    EXPECT_EQ(log().HasRoom(), troubles == 1);
  }
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(checkpoints_, 1);
  ASSERT_TRUE(log().RemoveSpares());  // of which it may make a file all the same
  EXPECT_TRUE(log().PrepareNext());
  EXPECT_TRUE(log().HasRoom());
}

TEST_F(StoreKeeperTest, ATrimOfTheLogThatFindsNoSpaceIsTriedAgainWithoutACheckpoint) {
  for (const uint64_t shortages : {1, 2}) {  // after two, the log leaves space to checkpoints
    checkpoints_ = troubles_ = 0;
    Keep({.age_ms_max = 1});
    engine().Create(NewStream("/a"));
    for (int i = 0; i < 4; ++i) Write("/a", std::string(20'000, 'x'));
    const size_t files = log_files();
    ASSERT_GT(files, 2u);
    disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1,
                   {.code = ENOSPC, .times = shortages});
    for (uint64_t i = 0; i < shortages; ++i) {
      clock().AdvanceMs(1'000);
      Run();
    }
    disk().FailNth({.op = DiskOp::kRename, .path_part = "log/"}, 1, {.code = ENOSPC});
    clock().AdvanceMs(1'000);
    Run();
    EXPECT_EQ(checkpoints_, 1) << "it holds all the same";
    EXPECT_EQ(troubles_, static_cast<int>(shortages) + 1);
    const size_t not_trimmed = log_files();  // one may have its new name
    EXPECT_GE(not_trimmed, files - 1);
    clock().AdvanceMs(249);
    Run();
    EXPECT_EQ(log_files(), not_trimmed);
    clock().AdvanceMs(1);
    Run();
    EXPECT_LT(log_files(), not_trimmed);
    ASSERT_TRUE(log().RemoveSpares());
    EXPECT_TRUE(log().PrepareNext()) << "and the log takes space again";
    EXPECT_EQ(checkpoints_, 1);
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ALogThatWasNotTrimmedIsAfterAStart) {
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 4; ++i) Write("/a", std::string(20'000, 'x'));
  CheckpointAndEvict();
  Start();
  Keep({});
  const size_t files = log_files();
  Run();
  EXPECT_LT(log_files(), files);
}

TEST_F(StoreKeeperTest, ACheckpointThatTheCatalogHasNoRoomForIsTriedAgainSoon) {
  const StoreKeeperOptions by_age{.age_ms_max = 10'000};
  const StoreKeeperOptions by_log{.log_bytes_max = 1'000};
  for (const StoreKeeperOptions& options : {by_age, by_log}) {
    checkpoints_ = troubles_ = 0;
    Keep(options);
    engine().Create(NewStream("/a"));
    Write("/a", std::string(1'000, 'x'));
    if (options.age_ms_max == by_age.age_ms_max) clock().AdvanceMs(options.age_ms_max);
    catalog().FailNextCommit(true);
    Run();
    EXPECT_EQ(troubles_, 1);
    clock().AdvanceMs(249);
    Run();
    EXPECT_EQ(checkpoints_, 0);
    clock().AdvanceMs(1);
    Run();
    EXPECT_EQ(checkpoints_, 1);
  }
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ACheckpointThatTookLongToFindNoSpaceIsTriedAgainLater) {
  int64_t took_ms = 0;
  Keep({.age_ms_max = 1});
  keeper_->SetPause([&](int64_t) {
    took_ms += 1'000;
    clock().AdvanceMs(1'000);
  });
  engine().Create(NewStream("/long"));
  for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kWrite, .path_part = "segments"}, 3, {.code = ENOSPC});
  Run();
  ASSERT_EQ(troubles_, 1);
  ASSERT_GT(took_ms, 0);
  clock().AdvanceMs(3 * took_ms - 1);
  Run();
  EXPECT_EQ(checkpoints_, 0);
  clock().AdvanceMs(1);
  Run();
  EXPECT_EQ(checkpoints_, 1);
}

TEST_F(StoreKeeperTest, OnAFullDiskTheLogsSparesMakeRoomForACheckpoint) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  for (int i = 0; i < 4; ++i) {
    Write("/a", std::string(20'000, 'x'));
    clock().AdvanceMs(1);
    Run();
  }
  ASSERT_GT(spares(), 0);
  Write("/a", "text");
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1, {.code = ENOSPC});
  Run();
  EXPECT_EQ(troubles_, 1);
  EXPECT_EQ(spares(), 0);
  Write("/a", std::string(100'000, 'x'));
  clock().AdvanceMs(1'000);
  Run();
  EXPECT_EQ(checkpoints_, 5);
  EXPECT_EQ(failures_, 0);
}

TEST_F(StoreKeeperTest, ADiskThatFailsIsFinal) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/a"));
  Commit();
  clock().AdvanceMs(1);
  catalog().FailNextCommit();
  Run();
  EXPECT_EQ(failures_, 1);
  clock().AdvanceMs(100'000);
  Run();
  EXPECT_FALSE(keeper_->StepToEnd());
  EXPECT_EQ(checkpoints_, 0);
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(Text("/a"), "");
}

TEST_F(StoreKeeperTest, APieceOfASegmentThatTheDiskDidNotTakeIsFinalToo) {
  Keep({.age_ms_max = 1});
  engine().Create(NewStream("/long"));
  for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
  clock().AdvanceMs(1);
  disk().FailNth({.op = DiskOp::kWriteOut, .path_part = "segments"}, 3, {});
  Run();
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(checkpoints_, 0);
}

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

TEST_F(StoreKeeperTest, AtTheEndACheckpointThatFailsIsNotTriedAgain) {
  Keep({});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  catalog().FailNextCommit(true);
  for (int step = 0; step < 100 && keeper_->StepToEnd(); ++step) {
  }
  EXPECT_EQ(troubles_, 1);
  EXPECT_EQ(checkpoints_, 0) << "each try writes a whole segment, and somebody waits for the end";
}

TEST_F(StoreKeeperTest, AtTheEndWhateverHasChangedIsCheckpointed) {
  Keep({});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  while (keeper_->StepToEnd()) {
  }
  EXPECT_EQ(checkpoints_, 1);
  Keep({});
  EXPECT_FALSE(keeper_->StepToEnd());
  keeper_.reset();
  Start();
  EXPECT_EQ(replayed(), 0u);
  EXPECT_EQ(Text("/a"), "text");
}

}  // namespace
}  // namespace thalweg
