#include "engine/eviction.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "testing/stored_engine.h"

namespace thalweg {
namespace {

class EvictionTest : public testing::Test, protected StoredEngine {
 protected:
  // Streams that the store has all of, in memory and just used.
  void MakeStreams(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      paths_.push_back("/" + std::to_string(i));
      engine().Create(NewStream(paths_.back()));
      Write(paths_.back(), "text");
    }
    CheckpointAndEvict();
    ASSERT_EQ(in_memory(), 0u);
    for (const std::string& path : paths_) Use(path);
    ASSERT_EQ(in_memory(), count);
  }

  void Use(const std::string& path) { EXPECT_EQ(Text(path), "text"); }
  size_t in_memory() { return engine().stream_count(); }

  std::vector<std::string> paths_;
};

TEST_F(EvictionTest, DropsAsManyAsAreTooManyThoughAllAreUsed) {
  MakeStreams(100);
  engine().EvictSome(30);
  EXPECT_EQ(in_memory(), 70u);
  engine().EvictSome(1);
  EXPECT_EQ(in_memory(), 69u);
  for (const std::string& path : paths_) Use(path);
  EXPECT_EQ(in_memory(), 100u);
}

TEST_F(EvictionTest, WhatIsRemovedAfterItsReturnNeedNotBeReadAgain) {
  MakeStreams(1);
  disk().FailNth({.op = DiskOp::kRead, .path_part = "segments"}, 1,
                 {.code = EIO, .times = UINT64_MAX});
  EXPECT_EQ(engine().Remove("/0").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(engine().Describe("/0").verdict, ReadVerdict::kMissing);
  const CreateOutcome again = engine().Create(NewStream("/0"));
  EXPECT_EQ(again.trouble, Trouble::kNone);
  EXPECT_EQ(again.verdict, CreateVerdict::kCreated);
  EXPECT_TRUE(unreadable().empty());
}

TEST_F(EvictionTest, DropsThoseFirstThatWereNotUsed) {
  MakeStreams(100);
  engine().EvictUnused();
  EXPECT_EQ(in_memory(), 100u) << "all were";
  for (size_t i = 0; i < 40; ++i) Use(paths_[i]);
  engine().EvictSome(20);  // every partition has its share of the 60 that were not
  for (size_t i = 0; i < 40; ++i) Use(paths_[i]);
  EXPECT_EQ(in_memory(), 80u) << "none of them had to be loaded";
}

TEST_F(EvictionTest, DropsAllThatNobodyUsedSinceTheLastCall) {
  MakeStreams(100);
  engine().EvictUnused();
  for (size_t i = 0; i < 40; ++i) Use(paths_[i]);
  engine().EvictUnused();
  EXPECT_EQ(in_memory(), 40u);
}

TEST_F(EvictionTest, KeepsWhatHasChangedHoweverManyAreAskedFor) {
  MakeStreams(10);
  Write(paths_[3], "more");
  engine().EvictSome(100);
  EXPECT_EQ(in_memory(), 1u);
  EXPECT_EQ(Text(paths_[3]), "textmore");
  CheckpointAndEvict();
  EXPECT_EQ(in_memory(), 0u);
}

TEST_F(EvictionTest, EndsNoStreamEarlyThatWasUsedWhileTheLogHadNoRoom) {
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(8);
  engine().Create(command);
  disk().FailNth({.op = DiskOp::kCreate, .path_part = ".log"}, 2, {.code = ENOSPC});
  CheckpointAndEvict();
  ASSERT_FALSE(log().HasRoom());
  clock().AdvanceMs(7'000);
  EXPECT_EQ(engine().Touch("/a").verdict, ReadVerdict::kOk);
  engine().EvictSome(1);
  clock().AdvanceMs(7'000);
  EXPECT_EQ(engine().Touch("/a").verdict, ReadVerdict::kOk);
  ASSERT_TRUE(log().PrepareNext());
  CheckpointAndEvict();
  EXPECT_EQ(in_memory(), 0u);
  Start();
  clock().AdvanceMs(7'000);
  EXPECT_EQ(engine().Describe("/a").verdict, ReadVerdict::kOk);
}

TEST_F(EvictionTest, AStreamThatTakesLongToComeIsUsedWhenItIsThere) {
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(4);
  engine().Create(command);
  Write("/a", "text");
  bool is_slow = false;
  disk().SetHook([&](DiskOp op, const std::string& path) {
    if (op != DiskOp::kRead || !path.starts_with("segments/")) return;
    if (std::exchange(is_slow, false)) clock().AdvanceMs(3'000);
  });
  const std::function<void()> uses[] = {
      [&] { EXPECT_EQ(Text("/a"), "text"); },
      [&] { EXPECT_EQ(engine().Touch("/a").verdict, ReadVerdict::kOk); },
      [&] {
        EXPECT_EQ(engine().Append("/a", NewAppend("more")).verdict, AppendVerdict::kAppended);
      },
  };
  for (const auto& use : uses) {
    CheckpointAndEvict();
    ASSERT_EQ(in_memory(), 0u);
    is_slow = true;
    use();
    EXPECT_FALSE(is_slow);
    clock().AdvanceMs(3'000);
    EXPECT_EQ(engine().Touch("/a").verdict, ReadVerdict::kOk) << "of 4 s from the answer on";
  }
  disk().SetHook({});
}

// Each of 40 streams takes 1,024 of memory to note its use in.
class UsesOfManyStreams : public EvictionTest {
 protected:
  static constexpr uint64_t kBytesMax = 10'000;  // twice what writers may take

  UsesOfManyStreams() {
    Start(kBytesMax / 2);
    for (int i = 0; i < 40; ++i) {
      paths_.push_back("/" + std::to_string(i));
      CreateCommand command = NewStream(paths_.back());
      command.expiry = Ttl(80);
      EXPECT_EQ(engine().Create(command).verdict, CreateVerdict::kCreated);
      CheckpointAndEvict();
    }
  }

  void UseAllLater() {
    clock().AdvanceMs(70'000);
    for (const std::string& path : paths_) {
      EXPECT_EQ(engine().Touch(path).verdict, ReadVerdict::kOk) << path;
    }
  }

  void ExpectMemoryIsJustFull() {
    EXPECT_GE(engine().tail_bytes(), kBytesMax) << "as many as fit are noted";
    EXPECT_LT(engine().tail_bytes(), kBytesMax + 1'024);
  }
};

TEST_F(UsesOfManyStreams, TakeNoMoreMemoryThanThereIs) {
  EXPECT_EQ(engine().tail_bytes(), 0u);
  UseAllLater();
  ExpectMemoryIsJustFull();
  UseAllLater();  // in memory all of them count
}

TEST_F(UsesOfManyStreams, TakeNoMoreMemoryThanThereIsWhileTheLogHasNoRoom) {
  disk().FailNth({.op = DiskOp::kCreate, .path_part = ".log"}, 1, {.code = ENOSPC, .times = 1'000});
  while (log().HasRoom()) {
    ASSERT_TRUE(engine().Append(paths_[0], NewAppend(std::string(3'000, 'x'))).tail.value > 0);
    Commit();
    CheckpointAndEvict();
  }
  UseAllLater();
  ExpectMemoryIsJustFull();
  UseAllLater();
}

}  // namespace
}  // namespace thalweg
