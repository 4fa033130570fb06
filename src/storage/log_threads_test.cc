#include "storage/log_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storage/log_test_support.h"

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

void FailTest(const StorageFault& fault) { ADD_FAILURE() << fault.message; }

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

}  // namespace
}  // namespace thalweg
