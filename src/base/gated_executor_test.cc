#include "base/gated_executor.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/worker_pool.h"

namespace thalweg {
namespace {

TEST(GatedExecutor, RunsNothingOnceItIsClosed) {
  WorkerPool thread("test", 1);
  int ran = 0;
  {
    GatedExecutor gated(thread);
    std::promise<void> first_ran;
    gated.Post([&] {
      ++ran;
      first_ran.set_value();
    });
    first_ran.get_future().wait();
    gated.PostAfter(1, [&] { ran += 10; });
    gated.Close([&] { ran += 100; });
    ran += 1'000;
    gated.Post([&] { ran += 10'000; });
  }
  std::promise<void> settled;
  thread.PostAfter(20, [&] { settled.set_value(); });
  settled.get_future().wait();
  EXPECT_TRUE(ran == 1'101 || ran == 1'111) << ran;  // the delayed one may have been quicker
}

TEST(GatedExecutor, ClosingWaitsForTheTaskThatIsRunning) {
  WorkerPool thread("test", 1);
  GatedExecutor gated(thread);
  std::promise<void> began, go_on;
  bool ended = false;
  gated.Post([&] {
    began.set_value();
    go_on.get_future().wait();
    ended = true;
  });
  began.get_future().wait();
  std::jthread helper([&] { go_on.set_value(); });
  gated.Close([&] { EXPECT_TRUE(ended); });
}

}  // namespace
}  // namespace thalweg
