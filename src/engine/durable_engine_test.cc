#include "engine/durable_engine.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/durations.h"
#include "base/system_clock.h"
#include "base/worker_pool.h"
#include "engine/durable_waits.h"
#include "storage/directory.h"
#include "storage/log_test_support.h"
#include "storage/posix_disk.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

// As LogTestFolder has them.
DurableEngineOptions Options() {
  DurableEngineOptions options;
  options.log = {.file_bytes = 1 << 20, .salt_seed = 5};
  options.log.directory.fill(1);
  return options;
}

class DurableEngineTest : public testing::Test {
 protected:
  DurableEngineTest() { EXPECT_TRUE(Directory(folder_.disk(), "").MakeDirectory("segments")); }

  std::unique_ptr<DurableEngine> Open() {
    auto opened = Try([](const StorageFault& fault) { ADD_FAILURE() << fault.message; });
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  StorageResult<std::unique_ptr<DurableEngine>> Try(
      const std::function<void(const StorageFault&)>& tell) {
    return DurableEngine::Open(
        folder_.disk(), std::make_unique<BorrowedCatalog>(catalog_), Options(), clock_,
        {.keeper =
             {.on_checkpoint = {}, .on_trouble = tell, .on_set_aside = tell, .on_failure = tell},
         .on_unreadable = tell});
  }

  // What can be read, and cannot be folded.
  void LogAppendToNothing() {
    const auto opened = folder_.Open();
    ASSERT_TRUE(opened);
    opened->log->Stage(LogTestFolder::AppendOf("to nothing"));
    ASSERT_TRUE(opened->log->Commit());
  }

  LogTestFolder folder_;
  SimCatalog catalog_;
  ManualClock clock_;
};

TEST_F(DurableEngineTest, HoldsAfterARestartWhatWasCommittedWhenItEnded) {
  {
    const auto durable = Open();
    durable->engine().Create(NewStream("/a", kBytesType, "a"));
    durable->engine().Append("/a", NewAppend("b"));
    durable->engine().Append("/a", NewClose());
    durable->engine().Create(NewFork("/f", "/a", 1));
    durable->engine().Create(NewStream("/gone"));
    durable->engine().Remove("/gone");
  }
  const auto durable = Open();
  EXPECT_EQ(durable->recovered().log.last, Lsn{6});
  EXPECT_EQ(durable->engine().durable(), Lsn{6});
  EXPECT_EQ(catalog_.Head()->checkpoint, Lsn{6}) << "it took a last checkpoint";
  EXPECT_EQ(ReadAll(durable->engine(), "/a"), "ab");
  EXPECT_TRUE(durable->engine().Describe("/a").closed);
  EXPECT_EQ(ReadAll(durable->engine(), "/f"), "a");
  EXPECT_EQ(durable->engine().Describe("/gone").verdict, ReadVerdict::kMissing);
}

TEST_F(DurableEngineTest, AWallClockPutForwardWhileItServesEndsNoStreamAfterTheNextBoot) {
  {
    const auto durable = Open();
    CreateCommand create = NewStream("/a");
    create.expiry = {.kind = Expiry::Kind::kTtl, .ttl_s = 100};
    durable->engine().Create(create);
    clock_.JumpWallMs(3'600'000);
  }
  clock_.Reboot();
  clock_.JumpWallMs(99'000);
  EXPECT_EQ(Open()->engine().Describe("/a").verdict, ReadVerdict::kOk);
  clock_.JumpWallMs(100'000);
  clock_.Reboot();
  EXPECT_EQ(Open()->engine().Describe("/a").verdict, ReadVerdict::kMissing);
}

// Its tasks wait for the test's thread.
class BlockingExecutor final : public Executor {
 public:
  void Post(Task task) override {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
  }
  void PostAfter(int64_t, Task) override { FAIL() << "nothing here waits for time"; }

  void RunOne() {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [this] { return !tasks_.empty(); });
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable posted_;
  std::deque<Task> tasks_;
};

TEST_F(DurableEngineTest, AnAnswerWaitsForItsRecordAndIsToldOfIt) {
  BlockingExecutor executor;
  const auto durable = Open();
  Engine& engine = durable->engine();
  const std::unique_ptr<Port> port = engine.Attach(executor);
  const auto expect_answer = [&](Lsn lsn) {
    bool answered = false;
    port->WhenDurable(lsn, [&answered] { answered = true; });
    while (!answered) executor.RunOne();
    EXPECT_GE(engine.durable(), lsn);
  };
  expect_answer(engine.Create(NewStream("/a")).rests_on);
  expect_answer(engine.Append("/a", NewAppend("x"), CommitStart::kByPort).rests_on);
}

constexpr size_t kThreads = 4;
constexpr size_t kStreams = 10;  // of each thread

// Appends to streams of its own and reads everybody's, until so many checkpoints are made; returns
// the number of appends.
size_t AppendAndRead(Engine& engine, size_t thread, const std::atomic<int>& checkpoints) {
  const auto path_of = [](size_t t, size_t n) {
    return "/" + std::to_string(t) + "/" + std::to_string(n);
  };
  for (size_t n = 0; n < kStreams; ++n) {
    EXPECT_EQ(engine.Create(NewStream(path_of(thread, n))).verdict, CreateVerdict::kCreated);
  }
  size_t round = 0;
  for (; checkpoints < 20; ++round) {
    const std::string mine = path_of(thread, round % kStreams);
    const AppendOutcome appended = engine.Append(mine, NewAppend("x"));
    EXPECT_EQ(appended.verdict, AppendVerdict::kAppended);
    EXPECT_EQ(appended.tail.value, round / kStreams + 1);
    const std::string other = path_of((thread + round) % kThreads, round * 7 % kStreams);
    const ReadOutcome read = engine.Read(other, ReadFrom{}, SIZE_MAX);
    if (read.verdict == ReadVerdict::kMissing) continue;  // not made yet
    EXPECT_EQ(read.verdict, ReadVerdict::kOk);
    const std::string text = TextOf(read.page);
    EXPECT_EQ(text, std::string(text.size(), 'x'));
  }
  return round;
}

TEST_F(DurableEngineTest, ManyThreadsWhileStreamsComeAndGoAllTheTime) {
  const SystemClock clock;
  DurableEngineOptions options = Options();
  options.engine.partitions = 4;
  options.keeper = {.log_bytes_max = 1,
                    .age_ms_max = 1,
                    .merge_bytes_per_s = uint64_t{1} << 40,
                    .streams_in_memory_max = 0};
  const auto fail = [](const StorageFault& fault) { ADD_FAILURE() << fault.message; };
  std::atomic<int> checkpoints = 0;
  std::array<size_t, kThreads> appends{};
  for (int start = 0; start < 2; ++start) {
    auto opened = DurableEngine::Open(
        folder_.disk(), std::make_unique<BorrowedCatalog>(catalog_), options, clock,
        {.keeper = {.on_checkpoint = [&](const Checkpoint::Report&, int64_t) { ++checkpoints; },
                    .on_trouble = fail,
                    .on_set_aside = fail,
                    .on_failure = fail},
         .on_unreadable = fail});
    ASSERT_TRUE(opened) << opened.error().message;
    Engine& engine = (*opened)->engine();
    if (start == 0) {
      std::vector<std::jthread> threads;
      for (size_t t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] { appends[t] = AppendAndRead(engine, t, checkpoints); });
      }
      continue;
    }
    for (size_t t = 0; t < kThreads; ++t) {
      for (size_t n = 0; n < kStreams; ++n) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(n);
        EXPECT_EQ(ReadAll(engine, path).size(), (appends[t] + kStreams - 1 - n) / kStreams);
      }
    }
  }
}

TEST_F(DurableEngineTest, EndsOnlyOnceItsDiskWorkersHaveReadWhatTheyWereAskedFor) {
  Open()->engine().Create(NewStream("/a", kBytesType, "x"));
  std::array<std::string, 50> read;
  {
    const auto durable = Open();
    Engine& engine = durable->engine();
    for (std::string& text : read) {
      engine.disk_workers()->Post([&engine, &text] { text = ReadAll(engine, "/a"); });
    }
  }
  for (const std::string& text : read) EXPECT_EQ(text, "x");
}

TEST_F(DurableEngineTest, EndsAStreamByTheTimeThatPassedWhateverTheWallClockSaysMeanwhile) {
  CreateCommand command = NewStream("/later");
  command.expiry = Ttl(60);
  Open()->engine().Create(command);
  clock_.AdvanceMs(50'000);
  clock_.JumpWallMs(kYearMs);
  EXPECT_EQ(Open()->engine().Describe("/later").verdict, ReadVerdict::kOk) << "it was ended early";
  clock_.AdvanceMs(70'000);
  clock_.JumpWallMs(-2 * kYearMs);
  EXPECT_EQ(Open()->engine().Describe("/later").verdict, ReadVerdict::kMissing) << "it lives on";
}

TEST_F(DurableEngineTest, RefusesALogWhoseRecordsDoNotFit) {
  LogAppendToNothing();
  const auto opened = Try({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
}

TEST_F(DurableEngineTest, RemovesASegmentThatTheCatalogDoesNotNameAndUsesItsNameForNoOther) {
  ASSERT_TRUE(Directory(folder_.disk(), "segments").Create(SegmentFileName(7)));
  Open()->engine().Create(NewStream("/a"));
  EXPECT_EQ(folder_.disk().List("segments").value(), std::vector{SegmentFileName(8)});
}

// It may hold what the log was trimmed of, and the catalog be an older one that was put back.
TEST_F(DurableEngineTest, KeepsASegmentThatTheCatalogDoesNotNameWhereItRefusesTheLog) {
  ASSERT_TRUE(Directory(folder_.disk(), "segments").Create(SegmentFileName(7)));
  LogAppendToNothing();
  const auto opened = Try({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
  EXPECT_EQ(folder_.disk().List("segments").value(), std::vector{SegmentFileName(7)});
}

// With the keeper's own thread: what it is told comes from the options, and what it tells reaches
// the engine and the owner.
class KeptDurableEngine : public testing::Test {
 protected:
  KeptDurableEngine() {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("segments"));
  }

  std::unique_ptr<DurableEngine> Open(const StoreKeeperOptions& keeper) {
    DurableEngineOptions options = Options();
    options.keeper = keeper;
    auto opened =
        DurableEngine::Open(disk_, std::make_unique<BorrowedCatalog>(catalog_), options, clock_,
                            {.keeper = {.on_checkpoint = {},
                                        .on_trouble = {},
                                        .on_set_aside = {},
                                        .on_failure = [this](const StorageFault&) { ++failures_; }},
                             .on_unreadable = {}});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }

  // Whether `is_so` becomes true within half a minute.
  template <typename IsSo>
  static bool Eventually(const IsSo& is_so) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < until) {
      if (is_so()) return true;
      std::this_thread::yield();
    }
    return false;
  }

  SimDisk disk_{1};
  SimCatalog catalog_;
  const SystemClock clock_;
  std::atomic<int> failures_ = 0;
};

TEST_F(KeptDurableEngine, ADiskThatFailsUnderACheckpointEndsAllChangesToo) {
  {
    const auto durable = Open({.age_ms_max = 1});
    durable->engine().Create(NewStream("/a"));
    disk_.FailNth({.op = DiskOp::kSync, .path_part = "segments"}, 1, {.times = 1'000'000});
    EXPECT_TRUE(Eventually([&] {
      durable->engine().StartCommit();
      return durable->engine().Append("/a", NewAppend("x")).trouble == Trouble::kFailed;
    }));
  }
  EXPECT_EQ(failures_, 1);
}

TEST_F(KeptDurableEngine, MemoryIsBoundedWhereCheckpointsFindNoSpaceAndFreeOnceTheyDo) {
  const auto durable = Open({.tail_bytes_max = 64 << 10});
  Engine& engine = durable->engine();
  engine.Create(NewStream("/a"));
  disk_.FailNth({.op = DiskOp::kCreate, .path_part = "segments"}, 1,
                {.code = ENOSPC, .times = 1'000'000});
  // At once: after its second try the checkpoint would have the log leave it the space.
  ASSERT_EQ(engine.Append("/a", NewAppend(std::string(64 << 10, 'x'))).trouble, Trouble::kNone);
  ASSERT_EQ(engine.Append("/a", NewAppend("x")).trouble, Trouble::kMemoryFull);
  disk_.ClearFaults();
  EXPECT_TRUE(Eventually([&] {
    engine.StartCommit();
    return engine.Append("/a", NewAppend("x")).trouble == Trouble::kNone;
  }));
}

TEST(DurableEngineFailure, IsToldOnceRefusesEveryChangeAndIsRecoveredFrom) {
  SimDisk disk(1);
  ASSERT_TRUE(Directory(disk, "").MakeDirectory("log"));
  ASSERT_TRUE(Directory(disk, "").MakeDirectory("segments"));
  SimCatalog catalog;
  const ManualClock clock;
  std::atomic<int> failures = 0;
  std::promise<void> failed;
  const auto open = [&] {
    return DurableEngine::Open(disk, std::make_unique<BorrowedCatalog>(catalog), Options(), clock,
                               {.keeper = {.on_checkpoint = {},
                                           .on_trouble = {},
                                           .on_set_aside = {},
                                           .on_failure =
                                               [&](const StorageFault&) {
                                                 if (++failures == 1) failed.set_value();
                                               }},
                                .on_unreadable = {}});
  };
  {
    auto durable = open();
    ASSERT_TRUE(durable) << durable.error().message;
    Engine& engine = (*durable)->engine();
    WorkerPool thread("test", 1);
    CallbackQueue callbacks(thread);
    const auto waits = DurableWaits::Of(engine, callbacks);
    ASSERT_TRUE(waits->Wait(engine.Create(NewStream("/a", kBytesType, "x")).rests_on));
    // The log's other thread may sync a file ahead at any time, and only tries again.
    disk.FailNth({.op = DiskOp::kSync, .path_part = "log/"}, 1, {.times = 1'000'000});
    const AppendOutcome staged = engine.Append("/a", NewAppend("y"));
    ASSERT_FALSE(waits->Wait(staged.rests_on));
    failed.get_future().wait();
    EXPECT_EQ(engine.Append("/a", NewAppend("z")).trouble, Trouble::kFailed);
    EXPECT_EQ(ReadAll(engine, "/a"), "x");
  }
  EXPECT_EQ(failures, 1) << "ending it is no second failure";
  disk.ClearFaults();
  disk.Crash(SimDisk::CrashKind::kPowerCut);
  auto again = open();
  ASSERT_TRUE(again) << again.error().message;
  const std::string text = ReadAll((*again)->engine(), "/a");
  EXPECT_TRUE(text == "x" || text == "xy") << text;
}

}  // namespace
}  // namespace thalweg
