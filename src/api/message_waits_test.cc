// Waits for messages: what ends them, and how.
#include "api/message_waits.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/store_test_support.h"
#include "testing/delayed_log.h"

namespace thalweg {
namespace {

using Result = std::optional<StoreResult<WaitResult>>;

class MessageWaitsTest : public StoreTest {
 protected:
  // The result comes into `result`, which outlives the wait.
  void Wait(Result& result, const char* path, const std::string& offset,
            int64_t timeout_ms = 1'000) {
    store_->WaitForMessagesAsync(path, offset, timeout_ms, [&](StoreResult<WaitResult> told) {
      EXPECT_FALSE(result) << "told once";
      result = std::move(told);
    });
  }
  // The same, and it is under way.
  void BeginToWait(Result& result, const char* path, const std::string& offset,
                   int64_t timeout_ms = 1'000) {
    Wait(result, path, offset, timeout_ms);
    executor_.RunAll();
    EXPECT_FALSE(result);
  }

  static std::string TextOf(const Result& result) {
    if (!result) return "nothing yet";
    if (!*result) return "error: " + result->error().message;
    std::string text;
    for (const Message& message : (*result)->read.messages) text += message.data.view();
    return text;
  }
};

TEST_P(MessageWaitsTest, WhatIsThereIsToldWithinTheCall) {
  Create("a", "text/plain", "ab");
  struct Case {
    const char* path;
    std::string offset;
    const char* want;
  };
  const Case cases[] = {
      {"a", "-1", "ab"},
      {"a", OffsetText(1), "error: The offset lies inside an append."},
      {"a", OffsetText(9), "error: The offset lies beyond the stream's tail."},
      {"a", "x", "error: An offset is \"-1\", \"now\", or as the store has given it."},
      {"none", "-1", "error: The stream does not exist."},
      {"", "-1", "error: The path names no stream."},
  };
  for (const Case& c : cases) {
    Result result;
    Wait(result, c.path, c.offset);
    EXPECT_EQ(TextOf(result), c.want);
  }
}

TEST_P(MessageWaitsTest, TellsWhatComesOnTheExecutor) {
  Create("a", "text/plain", "ab");
  Result from_now, from_offset;
  BeginToWait(from_now, "a", "now");
  BeginToWait(from_offset, "a", OffsetText(2));
  Append("a", "c");
  EXPECT_FALSE(from_now || from_offset);
  Settle();
  executor_.RunAll();
  EXPECT_EQ(TextOf(from_now), "c");
  EXPECT_EQ(TextOf(from_offset), "c");
  EXPECT_FALSE((*from_now)->timed_out);
  EXPECT_EQ((*from_now)->read.next_offset, OffsetText(3));
  EXPECT_EQ((*from_now)->read.messages[0].offset, OffsetText(3));
}

TEST_P(MessageWaitsTest, WhatComesBetweenTheLookAndTheWatchIsNotMissed) {
  Create("a");
  Result result;
  Wait(result, "a", "now");
  Append("a", "x");  // the executor has not come to it yet
  executor_.RunAll();
  EXPECT_EQ(TextOf(result), "x");
}

TEST_P(MessageWaitsTest, ItsTimePassesByTheClock) {
  Create("a", "text/plain", "ab");
  Result late, soon, at_once;
  BeginToWait(late, "a", "now", 5'000);
  BeginToWait(soon, "a", "now", 100);
  Wait(at_once, "a", "now", 0);
  executor_.AdvanceMs(10);
  ASSERT_TRUE(at_once && *at_once);
  EXPECT_TRUE((*at_once)->timed_out);
  executor_.AdvanceMs(80);
  EXPECT_FALSE(soon);
  executor_.AdvanceMs(20);
  ASSERT_TRUE(soon && *soon);
  EXPECT_TRUE((*soon)->timed_out);
  EXPECT_TRUE((*soon)->read.messages.empty());
  EXPECT_TRUE((*soon)->read.up_to_date);
  EXPECT_EQ((*soon)->read.next_offset, OffsetText(2));
  EXPECT_EQ((*soon)->read.content_type, "text/plain");
  EXPECT_FALSE(late);
  executor_.AdvanceMs(5'000);
  EXPECT_TRUE(late && *late && (*late)->timed_out);
}

TEST_P(MessageWaitsTest, AClosureEndsItWithNothing) {
  Create("a", "text/plain", "ab");
  Result waiting, later;
  BeginToWait(waiting, "a", "now");
  ASSERT_TRUE(store_->Close("a"));
  Settle();
  executor_.RunAll();
  Wait(later, "a", OffsetText(2));
  for (const Result* result : {&waiting, &later}) {
    ASSERT_TRUE(*result && **result);
    EXPECT_TRUE((**result)->read.closed);
    EXPECT_TRUE((**result)->read.messages.empty());
    EXPECT_FALSE((**result)->timed_out);
  }
}

TEST_P(MessageWaitsTest, ARemovalEndsItWhateverStandsAtThePathThen) {
  Create("a", "text/plain", "ab");
  Create("source", "text/plain", "ab");
  ASSERT_TRUE(store_->Create("fork", {.forked_from = "source"}));
  Result removed, kept;
  BeginToWait(removed, "a", "now");
  BeginToWait(kept, "source", "now");
  ASSERT_TRUE(store_->Remove("a"));
  ASSERT_TRUE(store_->Remove("source"));
  Create("a", "text/plain", "cd");  // behind it all is told of, too (Settle)
  executor_.RunAll();
  ASSERT_TRUE(removed && kept);
  EXPECT_EQ(CodeOf(*removed), StoreErrc::kNotFound);
  EXPECT_EQ(CodeOf(*kept), StoreErrc::kGone);
  EXPECT_TRUE(removed->error().was_there);
  EXPECT_TRUE(kept->error().was_there);
  Result missing;
  Wait(missing, "none", "now", 1'000);
  executor_.RunAll();
  ASSERT_TRUE(missing);
  EXPECT_EQ(CodeOf(*missing), StoreErrc::kNotFound);
  EXPECT_FALSE(missing->error().was_there);
}

TEST_P(MessageWaitsTest, AllAreCancelledAtOnceAndLaterOnesAreNot) {
  Create("a");
  Create("b");
  Result first, second, not_begun, right_behind, after;
  BeginToWait(first, "a", "now");
  BeginToWait(second, "b", "now");
  Wait(not_begun, "b", "now");
  store_->CancelAllWaits();
  Wait(right_behind, "b", "now");
  executor_.RunAll();
  EXPECT_FALSE(right_behind);
  for (const Result* result : {&first, &second, &not_begun}) {
    ASSERT_TRUE(*result && **result);
    EXPECT_TRUE((**result)->timed_out);
  }
  BeginToWait(after, "a", "now");
  store_->CancelAllWaits();
  store_->CancelAllWaits();
  executor_.RunAll();
  EXPECT_TRUE(after && *after && (*after)->timed_out);
}

TEST_P(MessageWaitsTest, ACallbackMayWaitAgain) {
  Create("a");
  std::string got;
  std::string next = "now";
  std::function<void(StoreResult<WaitResult>)> go_on = [&](StoreResult<WaitResult> told) {
    ASSERT_TRUE(told) << told.error().message;
    for (const Message& message : told->read.messages) got += message.data.view();
    if (told->read.closed) return;
    store_->WaitForMessagesAsync("a", told->read.next_offset, 1'000, go_on);
  };
  store_->WaitForMessagesAsync("a", next, 1'000, go_on);
  executor_.RunAll();
  for (const char* text : {"1", "2", "3"}) {
    Append("a", text);
    executor_.RunAll();
  }
  ASSERT_TRUE(store_->Close("a"));
  executor_.RunAll();
  EXPECT_EQ(got, "123");
}

TEST_P(MessageWaitsTest, AStreamThatIsWaitedForIsNotIdle) {
  ASSERT_TRUE(store_->Create("a", {.ttl_s = 10}));
  Result result;
  BeginToWait(result, "a", "now", 60'000);
  executor_.AdvanceMs(30'000);
  EXPECT_FALSE(result);
  EXPECT_TRUE(store_->Has("a"));
  store_.reset();  // which ends the wait
}

TEST_P(MessageWaitsTest, TheStoresEndAnswersWhatWaits) {
  Create("a");
  Result waiting, not_begun;
  BeginToWait(waiting, "a", "now");
  Wait(not_begun, "a", "now");
  store_.reset();
  ASSERT_TRUE(waiting && not_begun);
  EXPECT_EQ(CodeOf(*waiting), StoreErrc::kFailed);
  EXPECT_EQ(CodeOf(*not_begun), StoreErrc::kFailed);
  executor_.RunAll();  // what is still posted does nothing
}

TEST_P(MessageWaitsTest, ThatAreCancelledRightBeforeTheStoreEndsAreNotFailed) {
  Create("a");
  Create("b");
  Result waiting, not_begun, has_more, too_late;
  BeginToWait(waiting, "a", "now");
  BeginToWait(has_more, "b", "now");
  Wait(not_begun, "a", "now");
  store_->CancelAllWaits();
  Wait(too_late, "a", "now");
  Append("b", "x");
  store_.reset();
  ASSERT_TRUE(waiting && *waiting && not_begun && *not_begun && has_more && *has_more && too_late);
  EXPECT_TRUE((*waiting)->timed_out);
  EXPECT_TRUE((*not_begun)->timed_out);
  ASSERT_EQ((*has_more)->read.messages.size(), 1u);
  EXPECT_EQ((*has_more)->read.messages[0].data.view(), "x");
  EXPECT_EQ(CodeOf(*too_late), StoreErrc::kFailed);
}

// Waits over a log whose progress is made by hand, for a stream `a` that is not durable yet.
class MessageWaitsOverALog : public testing::Test {
 protected:
  MessageWaitsOverALog() {
    EXPECT_TRUE(commands_.Create("a", {.content_type = "text/plain", .initial_data = "ab"}).result);
    StoreCommands::FirstLook look = commands_.LookForMessages("a", "now");
    EXPECT_FALSE(look.found);
    waits_.emplace(engine_, commands_, clock_, gate_, callbacks_, *durable_);
    waits_->Start(std::move(look.stream), look.at, 1'000,
                  [&](StoreResult<WaitResult> told) { result_ = std::move(told); });
    executor_.RunAll();
  }
  ~MessageWaitsOverALog() override {
    gate_.Close([this] { waits_.reset(); });
    callbacks_.Close();
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  DelayedLog* const log_ = new DelayedLog;  // the engine's
  Engine engine_{clock_, std::unique_ptr<CommitLog>(log_), EngineOptions{.partitions = 1}};
  const StoreCommands commands_{engine_, clock_};
  CallbackQueue callbacks_{executor_};
  const std::shared_ptr<DurableWaits> durable_ = DurableWaits::Of(engine_, callbacks_);
  GatedExecutor gate_{executor_};
  std::optional<MessageWaits> waits_;
  Result result_;
};

TEST_F(MessageWaitsOverALog, TellThatThereIsNothingNewOnceWhatThatRestsOnIsDurable) {
  executor_.AdvanceMs(2'000);
  EXPECT_FALSE(result_) << "a crash would leave no such stream";
  log_->CommitAll();
  executor_.RunAll();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_TRUE((*result_)->timed_out);
  EXPECT_EQ((*result_)->read.next_offset, OffsetText(2));
}

TEST_F(MessageWaitsOverALog, ThatAreCancelledWaitForThatToo) {
  waits_->CancelAll();
  executor_.RunAll();
  EXPECT_FALSE(result_);
  log_->CommitAll();
  executor_.RunAll();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_TRUE((*result_)->timed_out);
}

TEST_F(MessageWaitsOverALog, ThatAreCancelledAtTheEndWaitForThatToo) {
  waits_->CancelAll();
  gate_.Close([this] { waits_.reset(); });
  executor_.RunAll();
  EXPECT_FALSE(result_);
  log_->CommitAll();
  executor_.RunAll();
  ASSERT_TRUE(result_ && *result_);
  EXPECT_TRUE((*result_)->timed_out);
}

TEST_F(MessageWaitsOverALog, ThatAreCancelledAtTheEndOfAFailedStoreAreFailed) {
  waits_->CancelAll();
  gate_.Close([this] { waits_.reset(); });
  engine_.Fail();
  executor_.RunAll();
  ASSERT_TRUE(result_);
  EXPECT_EQ(CodeOf(*result_), StoreErrc::kFailed);
}

TEST_F(MessageWaitsOverALog, EndWithTheDisk) {
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_FALSE(result_);
  engine_.Fail();
  executor_.RunAll();
  ASSERT_TRUE(result_);
  EXPECT_EQ(CodeOf(*result_), StoreErrc::kFailed);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, MessageWaitsTest, testing::ValuesIn(kPlaces), NameOf);

TEST(MessageWaits, BlockOnAThreadOfTheStoresOwn) {
  const auto store = Store::InMemory();
  ASSERT_TRUE(store->Create("a"));
  EXPECT_TRUE(store->WaitForMessages("a", "now", 20)->timed_out);
  std::jthread appender([&] { ASSERT_TRUE(store->Append("a", "x")); });
  const auto told = store->WaitForMessages("a", OffsetText(0), 60'000);
  ASSERT_TRUE(told) << told.error().message;
  ASSERT_EQ(told->read.messages.size(), 1u);
  EXPECT_EQ(told->read.messages[0].data.view(), "x");
  std::jthread canceller([&] { store->CancelAllWaits(); });
  canceller.join();
  EXPECT_EQ(store->WaitForMessages("none", "now", 60'000).error().code, StoreErrc::kNotFound);
}

}  // namespace
}  // namespace thalweg
