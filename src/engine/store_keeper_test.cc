#include "engine/store_keeper.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/store_keeper_test_support.h"
#include "engine/stream_cost.h"

namespace thalweg {
namespace {

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

TEST_F(StoreKeeperTest, CountsItsCheckpointsAndThoseThatFailed) {
  Keep({.age_ms_max = 1'000});
  engine().Create(NewStream("/a"));
  Write("/a", "text");
  DiskStats stats;
  keeper_->AddTo(stats);
  EXPECT_GT(stats.log_uncheckpointed_bytes, 0u);
  EXPECT_EQ(stats.last_checkpoint_ended_ms, 0);
  clock().AdvanceMs(1'000);
  catalog().FailNextCommit(true);
  keeper_->Step();
  keeper_->Step();
  keeper_->AddTo(stats);
  EXPECT_EQ(stats.checkpoint_failures, 1u);
  EXPECT_EQ(stats.checkpoints, 0u);
  EXPECT_GT(stats.log_uncheckpointed_bytes, 0u);
  clock().AdvanceMs(10'000);
  Run();
  keeper_->AddTo(stats);
  EXPECT_EQ(stats.checkpoint_failures, 1u);
  EXPECT_EQ(stats.checkpoints, 1u);
  EXPECT_EQ(stats.last_checkpoint_ended_ms, clock().WallMs());
  EXPECT_EQ(stats.log_uncheckpointed_bytes, 0u);
  EXPECT_EQ(engine().store().totals().segments, 1u);
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

TEST_F(StoreKeeperTest, UnreadableStreamsHoldUpNobodysEndAndAreToldOnceAMinute) {
  Keep({.age_ms_max = 1'000});
  const auto create = [this](std::initializer_list<const char*> paths) {
    for (const char* path : paths) CreateWithTtl(path, 100);
    Commit();
    for (int i = 0; i < 3; ++i) {
      clock().AdvanceMs(1'000);
      Run();
    }
  };
  create({"/a", "/b"});
  ASSERT_EQ(segments(), 1u);
  const std::string name = SegmentFileName(engine().store().segments().front().number);
  {
    const auto file = disk().Open("segments/" + name, Disk::Mode::kReadWrite);
    ASSERT_TRUE(file && (*file)->WriteAt(kSegmentHeaderBytes + 8, "????"));
  }
  create({"/c", "/d"});
  ASSERT_EQ(engine().stream_count(), 0u);
  clock().AdvanceMs(200'000);
  const Lsn before = log().staged();
  Run();
  EXPECT_EQ(log().staged().value - before.value, 2u) << "the others, at once";
  EXPECT_EQ(troubles_, 1);
  Commit();
  for (int i = 0; i < 3; ++i) {  // a checkpoint has it begin anew
    const int checkpoints = checkpoints_;
    create({std::to_string(i).c_str()});
    EXPECT_GT(checkpoints_, checkpoints);
  }
  EXPECT_EQ(troubles_, 1);
  clock().AdvanceMs(60'000);
  create({"/e"});
  EXPECT_EQ(troubles_, 2);
  EXPECT_EQ(failures_, 0);
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

TEST_F(StoreKeeperTest, CountsTextsThatClientsMadeLong) {
  Keep({.age_ms_max = 10'000, .streams_in_memory_max = 50});
  const std::string text(kTextBytesCovered + 2 * kStreamInMemoryBytes, 't');
  const std::string path = "/" + text;
  engine().Create(NewStream(path));
  EXPECT_EQ(engine().WeightInMemory(), 1u + 2);
  AppendCommand append = NewAppend("x");
  append.stream_seq = text;
  engine().Append(path, append);
  EXPECT_EQ(engine().WeightInMemory(), 1u + 4);
  append.stream_seq = "u";  // comes later, and is shorter
  append.close = true;
  engine().Append(path, append);
  EXPECT_EQ(engine().WeightInMemory(), 1u + 2);
  Commit();
  clock().AdvanceMs(10'000);
  Run();
  EXPECT_EQ(engine().tail_bytes(), 0u);
  clock().AdvanceMs(10'000);
  Run();
  EXPECT_EQ(engine().WeightInMemory(), 0u);
  EXPECT_EQ(Text(path), "xx");
  EXPECT_EQ(engine().WeightInMemory(), 1u + 2);
  engine().Remove(path);
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

// Space comes back by them, and a pause is for what was copied.
TEST_F(StoreKeeperTest, MergesOfWhatIsDeadGoOnWithoutPause) {
  Keep({.age_ms_max = 1, .merge_bytes_per_s = 1'000});
  const auto paths = {"/a", "/b", "/c", "/d"};
  for (const char* path : paths) {
    engine().Create(NewStream(path));
    Write(path, std::string(1'000'000, 'x'));
    clock().AdvanceMs(1);
    Run();
  }
  ASSERT_EQ(segments(), 4u);
  for (const char* path : paths) engine().Remove(path);
  Commit();
  for (int i = 0; i < 10; ++i) {
    clock().AdvanceMs(1'000);
    Run();
  }
  EXPECT_EQ(segments(), 0u);
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

TEST_F(StoreKeeperTest, TellsThatMemoryIsFullWhereSomebodyIsRefusedForIt) {
  Start(1'000);
  Keep({});
  engine().Create(NewStream("/a"));
  Commit();
  Run();
  EXPECT_EQ(told_full_, 0) << "nobody is refused yet";
  EXPECT_EQ(engine().Append("/a", NewAppend("refused")).trouble, Trouble::kMemoryFull);
  Run();
  EXPECT_EQ(told_full_, 1);
  CheckpointAndEvict();
  Run();
  EXPECT_EQ(told_full_, 1);
}

TEST_F(StoreKeeperTest, TellsThatMemoryIsFullWhileACheckpointIsWritten) {
  Start(200'000);
  int told_at_rest = 0;
  Keep({.age_ms_max = 1});
  keeper_->SetPause([&](int64_t) {
    told_at_rest = told_full_;
    EXPECT_EQ(engine().Append("/long", NewAppend("refused")).trouble, Trouble::kMemoryFull);
  });
  engine().Create(NewStream("/long"));
  Write("/long", std::string(1'000'000, 'x'));
  clock().AdvanceMs(1);
  Run();
  EXPECT_GT(told_at_rest, 1) << "more than one piece";
}

}  // namespace
}  // namespace thalweg
