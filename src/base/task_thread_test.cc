#include "base/task_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace thalweg {
namespace {

TEST(TaskThread, RunsTasksInOrderOnItsOwnThread) {
  std::string order;
  std::thread::id ran_on;
  {
    TaskThread thread;
    thread.Post([&] { order += "a"; });
    thread.Post([&] {
      order += "b";
      ran_on = std::this_thread::get_id();
    });
  }  // runs what was posted
  EXPECT_EQ(order, "ab");
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(TaskThread, RunsDelayedTasksInTheOrderOfTheirTimes) {
  TaskThread thread;
  std::string order;
  std::promise<void> done;
  thread.Post([&] {
    thread.PostAfter(30, [&] {
      order += "late";
      done.set_value();
    });
    thread.PostAfter(1, [&] { order += "soon "; });
    order += "now ";
  });
  done.get_future().wait();
  EXPECT_EQ(order, "now soon late");
}

TEST(TaskThread, DropsWhatIsDelayedWhenItEnds) {
  std::atomic<bool> ran = false;
  const auto held = std::make_shared<int>(1);
  {
    TaskThread thread;
    thread.PostAfter(INT64_MAX / 2, [&ran, held] { ran = true; });
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace thalweg
