#include "http/shared_answers.h"

#include <gtest/gtest.h>

#include <deque>

#include "http/router_test_support.h"
#include "storage/memory_log.h"

namespace thalweg {
namespace {

const Fields kGzip = {{"accept-encoding", "gzip"}};

// A compressed read of 1 MiB.
class LargeAnswer : public testing::Test {
 protected:
  LargeAnswer() : bench_(std::make_unique<MemoryLog>(), RouterOptions{}) {
    bench_.PutText("a", std::string(1 << 20, 'a'));
    bench_.Start(answer_, Method::kGet, "a", kGzip);
  }

  RouterBench bench_;
  RecordingResponder answer_;
};

TEST_F(LargeAnswer, IsCompressedByAWorker) {
  EXPECT_EQ(answer_.status(), 0);
  EXPECT_EQ(bench_.workers().RunAll(), 1u);
  EXPECT_EQ(answer_.status(), 0) << "workers do not answer themselves";
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 200);
  EXPECT_EQ(answer_.Header("content-encoding"), "gzip");
  EXPECT_LT(answer_.body().size(), 10'000u);
}

TEST_F(LargeAnswer, MayLoseItsClient) {
  bench_.workers().RunAll();
  answer_.Cancel();
  bench_.executor().RunAll();
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(LargeAnswer, MayLoseItsRouterBeforeTheWorkIsDone) {
  bench_.EndRouter();
  bench_.workers().RunAll();
  EXPECT_EQ(bench_.executor().RunAll(), 0u) << "nothing is posted for a router that has ended";
  EXPECT_TRUE(answer_.aborted());
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(LargeAnswer, MayLoseItsRouterAfterTheWorkIsDone) {
  bench_.workers().RunAll();
  bench_.EndRouter();
  bench_.executor().RunAll();
  EXPECT_TRUE(answer_.aborted());
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(LargeAnswer, IsCompressedOnceForAllLongPollsOfAnAppend) {
  bench_.workers().RunAll();
  bench_.executor().RunAll();
  std::deque<RecordingResponder> polls(100);
  const std::string target = "a?live=long-poll&offset=" + answer_.Header("stream-next-offset");
  for (RecordingResponder& poll : polls) bench_.Start(poll, Method::kGet, target, kGzip);
  bench_.PostText("a", std::string(1 << 20, 'b'));
  bench_.executor().RunAll();
  EXPECT_EQ(bench_.workers().RunAll(), 1u);
  bench_.executor().RunAll();
  for (const RecordingResponder& poll : polls) {
    ASSERT_EQ(poll.status(), 200);
    ASSERT_EQ(poll.last_written().data(), polls[0].last_written().data()) << "they share it";
  }
}

class Shared : public testing::Test {
 protected:
  void Ask(RecordingResponder& responder, const std::string& key = "k") {
    answers_.Run(
        workers_, key, responder, [this] { return Bytes::Own(std::to_string(++worked_)); },
        [](const std::optional<Bytes>& result, Responder& to) { to.Respond(200, {}, *result); });
  }

  void RunAll() {
    workers_.RunAll();
    executor_.RunAll();
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  ManualExecutor workers_{clock_};
  SharedAnswers answers_{executor_};
  int worked_ = 0;
};

TEST_F(Shared, IsMadeOnceForEachKeyAndKeptForNobody) {
  RecordingResponder one, two, other, late;
  Ask(one);
  Ask(other, "another key");
  workers_.RunAll();
  Ask(two);  // it is done, but nobody has been told
  executor_.RunAll();
  EXPECT_EQ(one.body(), "1");
  EXPECT_EQ(two.body(), "1");
  EXPECT_EQ(other.body(), "2");
  Ask(late);
  RunAll();
  EXPECT_EQ(late.body(), "3");
}

TEST_F(Shared, IsNotMadeForThoseWhoLeftBeforeItsTurn) {
  RecordingResponder one, two, next;
  Ask(one);
  Ask(two);
  one.Cancel();
  two.Cancel();
  workers_.RunAll();
  EXPECT_EQ(worked_, 0);
  Ask(next);  // and does not wait for what nobody made
  RunAll();
  EXPECT_EQ(next.body(), "1");
}

// There are several workers: what was begun first may end last.
TEST_F(Shared, MayEndAfterWhatWasBegunForThoseWhoCameLater) {
  RecordingResponder leaves, next, last;
  ManualExecutor slow(clock_);
  answers_.Run(
      slow, "k", leaves, [] { return Bytes::Own("slow"); },
      [](const std::optional<Bytes>&, Responder&) {});
  leaves.Cancel();
  Ask(next);
  RunAll();
  Ask(last);
  slow.RunAll();
  executor_.RunAll();
  RunAll();
  EXPECT_EQ(next.body(), "1");
  EXPECT_EQ(last.body(), "2");
}

TEST_F(Shared, IsMadeForTheOneWhoStays) {
  RecordingResponder leaves, stays;
  Ask(leaves);
  Ask(stays);
  leaves.Cancel();
  RunAll();
  EXPECT_EQ(leaves.status(), 0);
  EXPECT_EQ(stays.body(), "1");
}

}  // namespace
}  // namespace thalweg
