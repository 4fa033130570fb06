#include "http/background_answers.h"

#include <gtest/gtest.h>

#include "http/router_test_support.h"
#include "storage/memory_log.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

// A compressed read of 1 MiB: the router's one use of workers.
class LargeAnswer : public testing::Test {
 protected:
  LargeAnswer() : bench_(std::make_unique<MemoryLog>(), RouterOptions{}) {
    bench_.PutText("a", std::string(1 << 20, 'a'));
    bench_.Start(answer_, Method::kGet, "a", {{"accept-encoding", "gzip"}});
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

TEST(BackgroundAnswers, DoNoWorkForAClientThatHasLeft) {
  ManualClock clock;
  ManualExecutor executor(clock);
  ManualExecutor workers(clock);
  BackgroundAnswers answers(executor);
  RecordingResponder stays, leaves;
  int worked = 0;
  for (RecordingResponder* responder : {&stays, &leaves}) {
    answers.Run(workers, *responder, [&worked] {
      ++worked;
      return [](Responder& to) { to.Respond(204, {}, {}); };
    });
  }
  leaves.Cancel();
  workers.RunAll();
  executor.RunAll();
  EXPECT_EQ(worked, 1);
  EXPECT_EQ(stays.status(), 204);
  EXPECT_EQ(leaves.status(), 0);
}

TEST_F(LargeAnswer, MayLoseItsRouterBeforeTheWorkIsDone) {
  bench_.EndRouter();
  bench_.workers().RunAll();
  EXPECT_EQ(bench_.executor().RunAll(), 0u) << "nothing is posted for a router that has ended";
  answer_.Cancel();
  EXPECT_EQ(answer_.status(), 0);
}

TEST_F(LargeAnswer, MayLoseItsRouterAfterTheWorkIsDone) {
  bench_.workers().RunAll();
  bench_.EndRouter();
  bench_.executor().RunAll();
  answer_.Cancel();
  EXPECT_EQ(answer_.status(), 0);
}

}  // namespace
}  // namespace thalweg
