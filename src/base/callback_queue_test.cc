#include "base/callback_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/worker_pool.h"

namespace thalweg {
namespace {

class HandExecutor final : public Executor {
 public:
  void Post(Task task) override { tasks.push_back(std::move(task)); }
  void PostAfter(int64_t, Task) override { FAIL() << "nothing here waits for time"; }
  void RunFirst() {
    Task task = std::move(tasks.front());
    tasks.pop_front();
    task();
  }
  std::deque<Task> tasks;
};

class CallbackQueueTest : public testing::Test {
 protected:
  CallbackQueue::Callback Say(const char* what) {
    return [this, what](bool ok) { said_ += ok ? what : "not " + std::string(what); };
  }

  HandExecutor executor_;
  std::string said_;
  std::optional<CallbackQueue> queue_{std::in_place, executor_};
};

TEST_F(CallbackQueueTest, RunsWhatCameInOrderWithOnePost) {
  queue_->Push(Say("a"), true);
  queue_->Push(Say("b"), false);
  EXPECT_EQ(executor_.tasks.size(), 1u);
  EXPECT_EQ(said_, "");
  executor_.RunFirst();
  EXPECT_EQ(said_, "anot b");
  queue_->Push(Say("c"), true);
  executor_.RunFirst();
  EXPECT_EQ(said_, "anot bc");
}

TEST_F(CallbackQueueTest, LetsOthersRunBeforeWhatACallbackAdds) {
  queue_->Push([this](bool) { queue_->Push(Say("later"), true); }, true);
  executor_.RunFirst();
  EXPECT_EQ(said_, "");
  ASSERT_EQ(executor_.tasks.size(), 1u);
  executor_.RunFirst();
  EXPECT_EQ(said_, "later");
}

// Of what waits, and of who waits for the queue's end, nobody would hear again.
TEST_F(CallbackQueueTest, ACallbackThatThrowsEndsTheProcessWhateverCatchesIt) {
  const auto run = [this] {
    queue_->Push([](bool) { static_cast<void>(std::string().at(1)); }, true);
    try {
      executor_.RunFirst();
    } catch (const std::out_of_range&) {
    }
  };
  EXPECT_DEATH(run(), "out_of_range");
}

TEST_F(CallbackQueueTest, ClosingRunsTheRestAtOnceAndNothingIsPostedAfter) {
  queue_->Push(Say("a"), true);
  queue_->Close();
  EXPECT_EQ(said_, "a");
  queue_->Push(Say("b"), false);
  EXPECT_EQ(said_, "anot b");
  EXPECT_EQ(executor_.tasks.size(), 1u);
  queue_.reset();
  executor_.RunFirst();  // it may outlive the queue
  EXPECT_EQ(said_, "anot b");
}

TEST_F(CallbackQueueTest, MayBeEndedByItsOwnCallback) {
  queue_->Push([this](bool) { queue_.reset(); }, true);
  queue_->Push(Say("the rest"), true);
  executor_.RunFirst();
  EXPECT_EQ(said_, "the rest");
}

TEST(CallbackQueue, ClosingWaitsForTheCallbackThatIsRunning) {
  WorkerPool thread("test", 1);
  CallbackQueue queue(thread);
  std::promise<void> began, go_on;
  std::atomic<bool> ended = false;
  queue.Push(
      [&](bool) {
        began.set_value();
        go_on.get_future().wait();
        ended = true;
      },
      true);
  began.get_future().wait();
  std::jthread helper([&] { go_on.set_value(); });
  queue.Close();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace thalweg
