#include "http/room_waits.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "http/recording_responder.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

class RoomWaitsTest : public testing::Test {
 protected:
  // One whose transport is full, and which writes once more when it is not.
  void Wait(RecordingResponder& answer) {
    answer.Start(200, HeaderList(), std::nullopt);
    waits_->Add(answer, [this, held = held_](Responder& to) {
      ++went_on_;
      to.Finish();
    });
  }
  long held() const { return held_.use_count() - 1; }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  std::optional<RoomWaits> waits_{std::in_place, executor_, clock_};
  std::shared_ptr<int> held_ = std::make_shared<int>();
  int went_on_ = 0;
};

TEST_F(RoomWaitsTest, GoOnWhenThereIsRoomAndNotBefore) {
  RecordingResponder one, other;
  Wait(one);
  Wait(other);
  executor_.AdvanceMs(3'600'000);
  EXPECT_EQ(went_on_, 0);
  other.MakeRoom();
  EXPECT_TRUE(other.finished());
  EXPECT_FALSE(one.finished());
  one.MakeRoom();
  EXPECT_TRUE(one.finished());
  EXPECT_EQ(held(), 0);
}

TEST_F(RoomWaitsTest, MayWaitAgainForTheSame) {
  RecordingResponder answer;
  answer.Start(200, HeaderList(), std::nullopt);
  waits_->Add(answer,
              [this](Responder& to) { waits_->Add(to, [](Responder& again) { again.Finish(); }); });
  answer.MakeRoom();
  EXPECT_FALSE(answer.finished());
  answer.MakeRoom();
  EXPECT_TRUE(answer.finished());
}

TEST_F(RoomWaitsTest, AreForgottenWithTheirClient) {
  RecordingResponder answer;
  Wait(answer);
  answer.Cancel();
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(went_on_, 0);
}

TEST_F(RoomWaitsTest, AreCutOffWithTheirOwner) {
  RecordingResponder one, other;
  Wait(one);
  Wait(other);
  waits_.reset();
  EXPECT_TRUE(one.aborted());
  EXPECT_TRUE(other.aborted());
  EXPECT_EQ(held(), 0);
}

TEST_F(RoomWaitsTest, WaitTenSecondsAtMostOnceItIsShutDown) {
  RecordingResponder before, quick, behind;
  Wait(before);
  Wait(quick);
  waits_->Shutdown();
  executor_.AdvanceMs(5'000);
  quick.MakeRoom();
  Wait(behind);
  EXPECT_TRUE(quick.finished());
  executor_.AdvanceMs(5'200);
  EXPECT_TRUE(before.aborted());
  EXPECT_FALSE(behind.aborted());
  executor_.AdvanceMs(5'000);
  EXPECT_TRUE(behind.aborted());
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(went_on_, 1);
}

}  // namespace
}  // namespace thalweg
