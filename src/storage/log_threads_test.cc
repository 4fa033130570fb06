#include "storage/log_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>

#include "storage/log_test_folder.h"

namespace thalweg {
namespace {

// Lets the test wait for progress instead of for time.
class Progress final : public CommitListener {
 public:
  void OnDurable(Lsn durable) override {
    durable_ = durable.value;
    durable_.notify_all();
  }
  void WaitFor(Lsn lsn) {
    for (uint64_t seen = durable_; seen < lsn.value; seen = durable_) durable_.wait(seen);
  }

 private:
  std::atomic<uint64_t> durable_{0};
};

void FailTest(const DiskError& error) { ADD_FAILURE() << error.message; }

TEST(LogThreads, WritersWaitForTheirRecordsAndFindThemAgain) {
  constexpr size_t kThreads = 4, kRecords = 50;
  LogTestFolder folder;
  {
    auto opened = folder.Open({}, 16 * kLogPageBytes);  // rolls many times
    Progress progress;
    opened->log->Attach(&progress);
    const LogThreads threads(*opened->log, {FailTest});
    std::vector<std::jthread> writers;
    for (size_t i = 0; i < kThreads; ++i) {
      writers.emplace_back([&] {
        for (size_t n = 0; n < kRecords; ++n) {
          const Lsn lsn = opened->log->Stage(LogTestFolder::AppendOf(std::string(100, 'x')));
          opened->log->StartCommit();
          progress.WaitFor(lsn);
        }
      });
    }
  }
  ASSERT_TRUE(folder.Open());
  EXPECT_EQ(folder.replayed().size(), kThreads * kRecords);
}

TEST(LogThreads, CommitsWhatIsStagedBeforeItEnds) {
  LogTestFolder folder;
  {
    auto opened = folder.Open();
    const LogThreads threads(*opened->log, {FailTest});
    for (int i = 0; i < 10; ++i) opened->log->Stage(LogTestFolder::AppendOf("a"));
  }
  ASSERT_TRUE(folder.Open());
  EXPECT_EQ(folder.replayed().size(), 10u);
}

// So that they have begun, and commit nothing more that nobody begins with: what a disk looks like
// that does not answer.
void CommitOne(LocalLog& log) {
  Progress progress;
  log.Attach(&progress);
  const Lsn lsn = log.Stage(LogTestFolder::AppendOf("first"));
  log.StartCommit();
  progress.WaitFor(lsn);
  log.Attach(nullptr);
}

TEST(LogThreads, TellOfADiskThatDoesNotAnswerUntilItDoes) {
  LogTestFolder folder;
  auto opened = folder.Open();
  std::atomic<int64_t> silent_ms = 0;
  const LogThreads threads(*opened->log,
                           {.on_failure = FailTest,
                            .on_silence =
                                [&](int64_t ms) {
                                  silent_ms = ms;
                                  silent_ms.notify_all();
                                }},
                           std::chrono::milliseconds(50));
  CommitOne(*opened->log);
  opened->log->Stage(LogTestFolder::AppendOf("a"));
  for (int64_t seen = silent_ms; seen <= 0; seen = silent_ms) silent_ms.wait(seen);
  opened->log->StartCommit();
  for (int64_t seen = silent_ms; seen != 0; seen = silent_ms) silent_ms.wait(seen);
}

TEST(LogThreads, TakeADiskThatNeverAnswersForFailed) {
  LogTestFolder folder;
  auto opened = folder.Open();
  std::atomic<int> code = 0;
  const LogThreads threads(*opened->log, {[&](const DiskError& error) {
    code = error.code;
    code.notify_all();
  }},
                           std::chrono::milliseconds(1));
  CommitOne(*opened->log);
  opened->log->Stage(LogTestFolder::AppendOf("a"));
  code.wait(0);
  EXPECT_EQ(code, ETIMEDOUT);
}

}  // namespace
}  // namespace thalweg
