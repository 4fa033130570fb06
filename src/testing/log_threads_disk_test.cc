// The threads of a log over a disk that does not answer, or fails.
#include "storage/log_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "storage/directory.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

template <typename T, typename Predicate>
void WaitUntil(const std::atomic<T>& value, Predicate holds) {
  for (T seen = value; !holds(seen); seen = value) value.wait(seen);
}

class ThreadsOverSimDisk : public testing::Test, private CommitListener {
 protected:
  ThreadsOverSimDisk() {
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(log_.Recover({}, [](Lsn, const Record&) { return StorageResult<void>(); }));
    disk_.SetHook([this](DiskOp op, const std::string&) {
      if (op == DiskOp::kSync) stands_.wait(true);
    });
    log_.Attach(this);
  }
  ~ThreadsOverSimDisk() override { log_.Attach(nullptr); }

  // A look takes so long that a busy machine gets along with what is asked of it meanwhile.
  void Start(std::chrono::milliseconds look_every = std::chrono::milliseconds(100)) {
    threads_.emplace(log_,
                     LogEvents{.on_failure =
                                   [this](const StorageFault& fault) {
                                     gave_up_ =
                                         fault.message.find("has ended no") != std::string::npos;
                                     ++failures_;
                                     failures_.notify_all();
                                   },
                               .on_silence =
                                   [this](int64_t ms) {
                                     silent_ms_ = ms;
                                     if (ms != 0) ++silences_;
                                     silent_ms_.notify_all();
                                   }},
                     look_every);
  }
  void SetStands(bool stands) {
    stands_ = stands;
    stands_.notify_all();
  }
  Lsn Stage() { return log_.Stage(TouchRecord{.id = {1}, .at = {}}); }
  void WaitFor(Lsn lsn) {
    WaitUntil(durable_, [lsn](uint64_t durable) { return durable >= lsn.value; });
  }

  SimDisk disk_{1};
  LocalLog log_{disk_, {.file_bytes = 64 * kLogPageBytes, .salt_seed = 1}};
  std::atomic<bool> stands_ = false;
  std::atomic<int64_t> silent_ms_ = 0;
  std::atomic<int> silences_ = 0, failures_ = 0;
  std::atomic<bool> gave_up_ = false;
  std::atomic<uint64_t> durable_ = 0;
  std::optional<LogThreads> threads_;

 private:
  void OnDurable(Lsn durable) override {
    durable_ = durable.value;
    durable_.notify_all();
  }
};

TEST_F(ThreadsOverSimDisk, TellOfADiskThatStandsUntilItGoesOn) {
  Start();
  SetStands(true);
  const Lsn lsn = Stage();
  log_.StartCommit();
  WaitUntil(silent_ms_, [](int64_t ms) { return ms != 0; });
  EXPECT_LT(durable_, lsn.value);
  SetStands(false);
  WaitUntil(silent_ms_, [](int64_t ms) { return ms == 0; });
  WaitFor(lsn);
  EXPECT_EQ(failures_, 0);
}

TEST_F(ThreadsOverSimDisk, TakeADiskThatStandsForGoodForFailed) {
  Start(std::chrono::milliseconds(1));
  SetStands(true);
  Stage();
  log_.StartCommit();
  WaitUntil(failures_, [](int failures) { return failures != 0; });
  EXPECT_TRUE(gave_up_);
  EXPECT_NE(silences_, 0);
  SetStands(false);
  threads_.reset();
  EXPECT_EQ(log_.durable(), log_.staged());
}

// A loop that is long in a turn, or an executor that does not get to it.
TEST_F(ThreadsOverSimDisk, CommitWhatNobodyBeginsWith) {
  Start();
  for (int i = 0; i < 2; ++i) WaitFor(Stage());
  EXPECT_EQ(failures_, 0);
}

TEST_F(ThreadsOverSimDisk, ADiskThatHasFailedIsNotSilent) {
  disk_.FailNth({.op = DiskOp::kWrite, .path_part = "log/"}, 1, {.code = EIO});
  Stage();
  EXPECT_FALSE(log_.Commit());
  LogWatch watch(log_);
  for (int look = 0; look < 3; ++look) EXPECT_EQ(watch.Look(), LogWatch::News::kNone);
}

}  // namespace
}  // namespace thalweg
