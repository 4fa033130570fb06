#include "http/background_answers.h"

#include <gtest/gtest.h>

#include "http/recording_responder.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

TEST(BackgroundAnswers, DoNoWorkForAClientThatHasLeft) {
  ManualClock clock;
  ManualExecutor executor(clock);
  ManualExecutor workers(clock);
  BackgroundAnswers answers(executor);
  RecordingResponder stays, leaves;
  int worked = 0;
  for (RecordingResponder* responder : {&stays, &leaves}) {
    answers.Run(
        workers, *responder, [&worked] { ++worked; },
        [](Responder& to) { to.Respond(204, {}, {}); });
  }
  leaves.Cancel();
  workers.RunAll();
  executor.RunAll();
  EXPECT_EQ(worked, 1);
  EXPECT_EQ(stays.status(), 204);
  EXPECT_EQ(leaves.status(), 0);
}

TEST(BackgroundAnswers, KeepNothingForAClientThatHasLeft) {
  ManualClock clock;
  ManualExecutor executor(clock);
  ManualExecutor workers(clock);
  BackgroundAnswers answers(executor);
  RecordingResponder leaves;
  const auto request = std::make_shared<int>();
  answers.Run(workers, leaves, [] {}, [request](Responder&) {});
  leaves.Cancel();
  EXPECT_EQ(request.use_count(), 1);
}

TEST(BackgroundAnswers, CutOffWhoWaitsWhereTheRouterEnds) {
  ManualClock clock;
  ManualExecutor executor(clock);
  ManualExecutor workers(clock);
  RecordingResponder waits;
  {
    BackgroundAnswers answers(executor);
    answers.Run(workers, waits, [] {}, [](Responder& to) { to.Respond(204, {}, {}); });
  }
  EXPECT_TRUE(waits.aborted());
  workers.RunAll();
  executor.RunAll();
}

}  // namespace
}  // namespace thalweg
