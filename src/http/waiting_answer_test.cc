#include "http/waiting_answer.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "http/recording_responder.h"

namespace thalweg {
namespace {

class WaitingAnswerTest : public testing::Test {
 protected:
  // Holds on to something, as to a copy of the request.
  auto NewWaiting() {
    auto answer = [held = held_](Responder& to) { to.Respond(200, {}, Bytes::Static("late")); };
    return std::make_unique<WaitingAnswer<decltype(answer)>>(responder_, std::move(answer));
  }
  bool IsHeld() const { return held_.use_count() > 1; }

  std::shared_ptr<int> held_ = std::make_shared<int>();
  RecordingResponder responder_;
};

TEST_F(WaitingAnswerTest, AnswersWhenItIsSent) {
  const auto waiting = NewWaiting();
  EXPECT_FALSE(responder_.finished());
  waiting->Send();
  EXPECT_TRUE(responder_.finished());
  EXPECT_EQ(responder_.body(), "late");
}

TEST_F(WaitingAnswerTest, LetsGoOfAllThatItHoldsWhenTheClientLeaves) {
  const auto waiting = NewWaiting();
  EXPECT_TRUE(IsHeld());
  responder_.Cancel();
  EXPECT_FALSE(IsHeld());
  waiting->Send();
  EXPECT_FALSE(responder_.finished());
}

TEST_F(WaitingAnswerTest, AbortsWhatIsNeverSent) {
  NewWaiting().reset();
  EXPECT_TRUE(responder_.aborted());
}

}  // namespace
}  // namespace thalweg
