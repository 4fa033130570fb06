// Lifecycle hooks as an embedder meets them. (thalweg/hooks.h)
#include "http/hooked_answers.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "http/router_test_support.h"
#include "testing/delayed_log.h"

namespace thalweg {
namespace {

// A router over a log that the test commits, with hooks that keep what they are told and, where
// `keeps` is set, the hold.
class HookedAnswersTest : public testing::Test {
 protected:
  HookedAnswersTest() : HookedAnswersTest(std::make_unique<DelayedLog>()) {}

  void Commit() {
    log_.CommitAll();
    bench_.executor().RunAll();
  }

  struct Heard {
    StreamEvent event;
    AnswerHold hold;
  };

  DelayedLog& log_;
  RouterBench bench_;
  std::vector<Heard> heard_;
  bool keeps_ = false;
  RecordingResponder answer_;

 private:
  explicit HookedAnswersTest(std::unique_ptr<DelayedLog> log)
      : log_(*log), bench_(std::move(log), Hooked()) {}

  RouterOptions Hooked() {
    const StreamHook hook = [this](const StreamEvent& event, AnswerHold hold) {
      heard_.push_back({event, keeps_ ? std::move(hold) : nullptr});
    };
    RouterOptions options;
    options.hooks = {.on_created = hook, .on_deleted = hook};
    return options;
  }
};

constexpr HeaderField kText{"content-type", "Text/Plain; x=y"};

TEST_F(HookedAnswersTest, HearOfWhatIsDurableAndBeforeTheAnswer) {
  bench_.Start(answer_, Method::kPut, "a%2fb", {kText});
  bench_.executor().RunAll();
  EXPECT_TRUE(heard_.empty()) << "nothing is durable yet";
  log_.CommitAll();
  while (heard_.empty()) ASSERT_TRUE(bench_.executor().RunOne());
  EXPECT_EQ(answer_.status(), 0) << "the hook hears first";
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 201);
  ASSERT_EQ(heard_.size(), 1u);
  EXPECT_EQ(heard_[0].event.kind, StreamEvent::Kind::kCreated);
  EXPECT_EQ(heard_[0].event.path, "a%2Fb");
  EXPECT_EQ(heard_[0].event.content_type, kText.value);
  EXPECT_EQ(heard_[0].event.at_ms, bench_.clock().WallMs());
}

TEST_F(HookedAnswersTest, HearOfADeletion) {
  bench_.Start(answer_, Method::kPut, "a", {kText});
  Commit();
  RecordingResponder deleted;
  bench_.Start(deleted, Method::kDelete, "a");
  Commit();
  EXPECT_EQ(deleted.status(), 204);
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(heard_[1].event.kind, StreamEvent::Kind::kDeleted);
  EXPECT_EQ(heard_[1].event.path, "a");
  EXPECT_EQ(heard_[1].event.content_type, "");
}

TEST_F(HookedAnswersTest, HearOfADeletionThatForksOutlive) {
  RecordingResponder fork, deleted, again;
  bench_.Start(answer_, Method::kPut, "a", {kText});
  bench_.Start(fork, Method::kPut, "f", {{"stream-forked-from", "a"}});
  bench_.Start(deleted, Method::kDelete, "a");
  bench_.Start(again, Method::kDelete, "a");
  Commit();
  EXPECT_EQ(deleted.status(), 204);
  EXPECT_EQ(again.status(), 410);
  EXPECT_EQ(heard_.size(), 3u) << "two creations and one deletion";
}

TEST_F(HookedAnswersTest, HearNothingOfWhatChangesNothing) {
  bench_.Start(answer_, Method::kPut, "a", {kText});
  Commit();
  heard_.clear();
  RecordingResponder repeated, refused, missing, malformed;
  bench_.Start(repeated, Method::kPut, "a", {kText});
  bench_.Start(refused, Method::kPut, "a", {{"content-type", "a/b"}});
  bench_.Start(missing, Method::kDelete, "b");
  bench_.Start(malformed, Method::kPut, "c", {{"stream-ttl", "x"}});
  Commit();
  EXPECT_EQ(repeated.status(), 200);
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(missing.status(), 404);
  EXPECT_EQ(malformed.status(), 400);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(HookedAnswersTest, AnswerWhenTheLastCopyOfTheHoldIsGoneOnAnyThread) {
  keeps_ = true;
  RecordingResponder other;
  bench_.Start(answer_, Method::kPut, "a", {kText});
  bench_.Start(other, Method::kPut, "b", {kText});
  Commit();
  ASSERT_EQ(heard_.size(), 2u);
  EXPECT_EQ(answer_.status(), 0);
  AnswerHold copy = heard_[0].hold;
  heard_[0].hold = nullptr;
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 0) << "a copy is left";
  std::thread([&copy] { copy = nullptr; }).join();
  EXPECT_EQ(answer_.status(), 0) << "answers are given on the executor";
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 201);
  EXPECT_EQ(other.status(), 0) << "each has its own";
  heard_[1].hold = nullptr;
  bench_.executor().RunAll();
  EXPECT_EQ(other.status(), 201);
}

TEST_F(HookedAnswersTest, HearAlsoWhereTheClientLeftBefore) {
  bench_.Start(answer_, Method::kPut, "a", {kText});
  answer_.Cancel();
  Commit();
  EXPECT_EQ(heard_.size(), 1u);
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(HookedAnswersTest, LetAClientLeaveWhileItsAnswerIsHeld) {
  keeps_ = true;
  bench_.Start(answer_, Method::kPut, "a", {kText});
  Commit();
  answer_.Cancel();
  heard_.clear();
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(HookedAnswersTest, LetTheRouterEndBeforeTheHold) {
  keeps_ = true;
  bench_.Start(answer_, Method::kPut, "a", {kText});
  Commit();
  bench_.EndRouter();
  heard_.clear();
  EXPECT_EQ(bench_.executor().RunAll(), 0u) << "nothing is posted for a router that has ended";
  EXPECT_TRUE(answer_.aborted());
}

TEST_F(HookedAnswersTest, LetTheRouterEndBetweenTheHoldAndTheAnswer) {
  bench_.Start(answer_, Method::kPut, "a", {kText});
  log_.CommitAll();
  while (heard_.empty()) ASSERT_TRUE(bench_.executor().RunOne());
  bench_.EndRouter();
  bench_.executor().RunAll();
  EXPECT_TRUE(answer_.aborted());
}

TEST_F(HookedAnswersTest, HearNothingAfterTheRouterEnded) {
  bench_.Start(answer_, Method::kPut, "a", {kText});
  bench_.EndRouter();
  EXPECT_TRUE(answer_.aborted());
  Commit();
  EXPECT_TRUE(heard_.empty());
}

TEST(LifecycleHooks, MayBeGivenOneWithoutTheOther) {
  int deletions = 0;
  RouterOptions options;
  options.hooks.on_deleted = [&deletions](const StreamEvent&, const AnswerHold&) { ++deletions; };
  RouterBench bench(options);
  EXPECT_EQ(bench.PutText("a").status(), 201) << "nobody is told, so it is answered at once";
  RecordingResponder deleted;
  bench.Start(deleted, Method::kDelete, "a");
  EXPECT_EQ(deletions, 1);
  bench.executor().RunAll();
  EXPECT_EQ(deleted.status(), 204);
}

}  // namespace
}  // namespace thalweg
