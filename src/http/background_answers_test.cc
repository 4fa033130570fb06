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

}  // namespace
}  // namespace thalweg
