#include "base/worker_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "testing/sanitized.h"

namespace thalweg {
namespace {

TEST(WorkerPool, RunsEveryTaskOnceFromManyThreads) {
  constexpr int kPosters = 4;
  constexpr int kTasksEach = 1000;
  std::atomic<int> ran = 0;
  WorkerPool pool("test", 2);
  std::vector<std::thread> posters;
  for (int i = 0; i < kPosters; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < kTasksEach; ++n) pool.Post([&] { ++ran; });
    });
  }
  for (std::thread& poster : posters) poster.join();
  pool.Stop();
  EXPECT_EQ(ran, kPosters * kTasksEach);
}

TEST(WorkerPool, RunsTasksSideBySide) {
  WorkerPool pool("test", 2);
  std::latch both(2);
  pool.Post([&] { both.arrive_and_wait(); });
  pool.Post([&] { both.arrive_and_wait(); });  // one thread alone would wait here for ever
  pool.Stop();
  EXPECT_TRUE(both.try_wait());
}

TEST(WorkerPool, OfOneThreadRunsTasksInOrderAndNeverInsidePost) {
  std::string order;
  std::thread::id ran_on;
  {
    WorkerPool pool("test", 1);
    pool.Post([&] { order += "a"; });
    pool.Post([&] {
      order += "b";
      ran_on = std::this_thread::get_id();
    });
  }  // runs what was posted
  EXPECT_EQ(order, "ab");
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(WorkerPool, RunsDelayedTasksInTheOrderOfTheirTimes) {
  using std::chrono::steady_clock;
  bool is_shown = false;
  while (!is_shown) {
    std::string order;
    std::latch done(2);
    WorkerPool pool("test", 1);
    pool.Post([&] {
      const auto before = steady_clock::now();
      pool.PostAfter(30, [&] {
        order += "late ";
        done.count_down();
      });
      pool.PostAfter(1, [&] {
        order += "soon ";
        done.count_down();
      });
      // Else the thread was kept from its work, and the second may be due behind the first.
      is_shown = steady_clock::now() - before < std::chrono::milliseconds(28);
      order += "now ";
    });
    done.wait();
    pool.Stop();
    EXPECT_TRUE(!is_shown || order == "now soon late ") << order;
  }
}

TEST(WorkerPool, RunsADelayedTaskBesideABusyThread) {
  WorkerPool pool("test", 2);
  for (int i = 0; i < 10; ++i) {
    const auto both = std::make_shared<std::latch>(2);
    pool.PostAfter(2, [both] { both->count_down(); });
    pool.Post([both] { both->arrive_and_wait(); });  // may wake the one that waits for the delay
    both->wait();
  }
}

TEST(WorkerPool, DropsWhatIsDelayedWhenItEnds) {
  std::atomic<bool> ran = false;
  const auto held = std::make_shared<int>(1);
  {
    WorkerPool pool("test", 1);
    pool.PostAfter(INT64_MAX / 2, [&ran, held] { ran = true; });
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(WorkerPool, DropsWhatComesAfterStop) {
  auto held = std::make_shared<int>(1);
  bool ran = false;
  WorkerPool pool("test", 1);
  pool.Stop();
  pool.Post([&ran, held] { ran = true; });
  pool.PostAfter(0, [&ran, held] { ran = true; });
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

// As in a container with a limit of processes. The pool that cannot be made says so, and does not
// take the process with it.
TEST(WorkerPoolDeathTest, EndsItsThreadsWhereThereAreNoMore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer takes more address space than the limit";
  const auto make_too_many = [] {
    const rlimit limit{.rlim_cur = 1u << 30, .rlim_max = 1u << 30};  // for stacks of 8 MiB
    setrlimit(RLIMIT_AS, &limit);
    try {
      WorkerPool("test", 1'000);
    } catch (const std::system_error&) {
      std::_Exit(7);
    }
  };
  EXPECT_EXIT(make_too_many(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace thalweg
