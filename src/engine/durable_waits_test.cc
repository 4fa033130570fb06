// Waits on a log whose progress is made by hand.
#include "engine/durable_waits.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>

#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

class DurableWaitsTest : public testing::Test {
 protected:
  DurableWaitsTest() : DurableWaitsTest(std::make_unique<DelayedLog>()) {}

  // Stages something.
  Lsn Stage() { return engine_.Create(NewStream("/" + std::to_string(++streams_))).rests_on; }
  DurableWaits::Done Say(const char* what) {
    return [this, what](bool ok) { said_ += ok ? what : "not " + std::string(what); };
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  DelayedLog& log_;
  Engine engine_;
  CallbackQueue callbacks_{executor_};
  const std::shared_ptr<DurableWaits> waits_ = DurableWaits::Of(engine_, callbacks_);
  std::string said_;
  int streams_ = 0;

 private:
  explicit DurableWaitsTest(std::unique_ptr<DelayedLog> log)
      : log_(*log), engine_(clock_, std::move(log), EngineOptions{.partitions = 1}) {}
};

TEST_F(DurableWaitsTest, TellsOnTheExecutorWhatHasBecomeDurable) {
  const Lsn first = Stage(), second = Stage();
  waits_->Add(second, Say("second"));
  waits_->Add(first, Say("first"));
  EXPECT_FALSE(waits_->IsDurable(first));
  log_.CommitUpTo(first);
  EXPECT_EQ(said_, "");
  executor_.RunAll();
  EXPECT_EQ(said_, "first");
  log_.CommitAll();
  executor_.RunAll();
  EXPECT_EQ(said_, "firstsecond");
  EXPECT_TRUE(waits_->IsDurable(second));
}

// Who sleeps may be the task whose end the log would wait for.
TEST_F(DurableWaitsTest, HasTheLogBeginWithWhatAPortWouldBeginLater) {
  Stage();
  const Lsn lsn = engine_.Append("/1", NewAppend("x"), CommitStart::kByPort).rests_on;
  const int before = log_.starts();
  waits_->Add(lsn, Say("durable"));
  EXPECT_EQ(log_.starts(), before + 1);
}

TEST_F(DurableWaitsTest, MissesNoProgressThatWasMadeBeforeAnybodyWaited) {
  const Lsn lsn = Stage();
  log_.CommitSilently(lsn);
  waits_->Add(lsn, Say("durable"));
  EXPECT_EQ(said_, "") << "never inside the call";
  executor_.RunAll();
  EXPECT_EQ(said_, "durable");
  EXPECT_TRUE(waits_->Wait(lsn));
}

TEST_F(DurableWaitsTest, WakesSleepersWithoutTheExecutor) {
  const Lsn lsn = Stage();
  auto slept = std::async(std::launch::async, [&] { return waits_->Wait(lsn); });
  log_.CommitAll();
  EXPECT_TRUE(slept.get());
}

TEST_F(DurableWaitsTest, AFailureEndsAllWaitsForNothing) {
  const Lsn lsn = Stage();
  waits_->Add(lsn, Say("durable"));
  auto slept = std::async(std::launch::async, [&] { return waits_->Wait(lsn); });
  engine_.Fail();
  EXPECT_FALSE(slept.get());
  EXPECT_FALSE(waits_->Wait(lsn)) << "who comes later waits for nothing";
  waits_->Add(lsn, Say("late"));
  executor_.RunAll();
  EXPECT_EQ(said_, "not durablenot late");
}

TEST_F(DurableWaitsTest, TheirEndIsAFailureOfWhatWaits) {
  waits_->Add(Stage(), Say("durable"));
  waits_->End();
  callbacks_.Close();
  EXPECT_EQ(said_, "not durable");
}

}  // namespace
}  // namespace thalweg
