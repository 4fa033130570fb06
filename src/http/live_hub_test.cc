// Live readers over a log that takes its time: nothing is told before it is durable.
#include "http/live_hub.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "http/live_test_support.h"
#include "testing/delayed_log.h"

namespace thalweg {
namespace {

class LiveOverASlowLog : public ::testing::Test {
 protected:
  LiveOverASlowLog() : LiveOverASlowLog(std::make_unique<DelayedLog>()) {}

  void Commit() {
    log_.CommitAll();
    bench_.RunAll();
  }

  RecordingResponder& Sse(uint64_t offset) {
    RecordingResponder& reply = bench_.NewReply();
    bench_.live().Sse(bench_.At("/s", offset), reply);
    return reply;
  }

  RecordingResponder& LongPoll(uint64_t offset) {
    RecordingResponder& reply = bench_.NewReply();
    bench_.live().LongPoll(bench_.At("/s", offset), reply);
    return reply;
  }

 private:
  explicit LiveOverASlowLog(std::unique_ptr<DelayedLog> log)
      : log_(*log), bench_({}, std::move(log)) {}

 protected:
  DelayedLog& log_;
  LiveBench bench_;
};

TEST_F(LiveOverASlowLog, TellsOfAStreamOnceItsCreationIsDurable) {
  bench_.Create("/s");
  RecordingResponder& sse = Sse(0);
  RecordingResponder& leaves = Sse(0);
  bench_.RunAll();
  EXPECT_EQ(sse.status(), 0);
  leaves.Cancel();
  Commit();
  EXPECT_EQ(sse.status(), 200);
  EXPECT_EQ(sse.body(), ControlEvent(0, bench_.cursor()));
  EXPECT_EQ(leaves.status(), 0);
}

TEST_F(LiveOverASlowLog, SendsDataOnceItIsDurable) {
  bench_.Create("/s");
  Commit();
  RecordingResponder& sse = Sse(0);
  RecordingResponder& poll = LongPoll(0);
  sse.TakeBody();
  bench_.Append("/s", "abc");
  EXPECT_EQ(sse.body(), "");
  EXPECT_EQ(poll.status(), 0);
  Commit();
  EXPECT_EQ(sse.body(), TextEvent("abc") + ControlEvent(3, bench_.cursor()));
  EXPECT_EQ(poll.body(), "abc");
}

TEST_F(LiveOverASlowLog, EndsReadersOnceTheRemovalIsDurable) {
  bench_.Create("/s");
  Commit();
  RecordingResponder& sse = Sse(0);
  RecordingResponder& poll = LongPoll(0);
  bench_.Remove("/s");
  RecordingResponder& late = LongPoll(0);
  EXPECT_FALSE(sse.finished());
  EXPECT_EQ(poll.status(), 0);
  EXPECT_EQ(late.status(), 0);
  Commit();
  EXPECT_TRUE(sse.finished());
  EXPECT_EQ(poll.status(), 404);
  EXPECT_EQ(late.status(), 404);
}

TEST_F(LiveOverASlowLog, WaitsOutARemovalMetOnTheWay) {
  bench_.Create("/s");
  Commit();
  RecordingResponder& slow = Sse(0);
  slow.set_room(0);
  bench_.Append("/s", "abc");
  Commit();
  bench_.Remove("/s");
  slow.MakeRoom();  // reads, and meets a removal that may not be told yet
  bench_.RunAll();
  EXPECT_FALSE(slow.finished());
  RecordingResponder& poll = LongPoll(3);
  bench_.AdvanceMs(31'000);  // its time runs out meanwhile
  EXPECT_EQ(poll.status(), 0);
  Commit();
  EXPECT_TRUE(slow.finished());
  EXPECT_EQ(poll.status(), 404);
}

TEST_F(LiveOverASlowLog, AFailureEndsWhoIsBehindAndMetARemoval) {
  bench_.Create("/s");
  Commit();
  RecordingResponder& slow = Sse(0);
  slow.set_room(0);
  bench_.Append("/s", "abc");
  Commit();
  bench_.Remove("/s");
  slow.MakeRoom();
  bench_.RunAll();
  EXPECT_FALSE(slow.finished());
  bench_.engine().Fail();
  bench_.RunAll();
  EXPECT_TRUE(slow.finished());
}

TEST_F(LiveOverASlowLog, AFailureEndsWhoWaitsForWhatWillNotBeDurable) {
  bench_.Create("/s");
  Commit();
  RecordingResponder& poll = LongPoll(0);
  RecordingResponder& sse = Sse(0);
  bench_.Remove("/s");
  RecordingResponder& late = LongPoll(0);
  bench_.AdvanceMs(31'000);  // its time runs out meanwhile
  EXPECT_EQ(poll.status(), 0);
  bench_.engine().Fail();
  bench_.RunAll();
  EXPECT_EQ(poll.status(), 500);
  EXPECT_TRUE(sse.finished());
  EXPECT_TRUE(late.aborted()) << "its stream was not looked up yet";
}

// Whose records become durable just when it is asked for the n-th time.
class RacingLog final : public DelayedLog {
 public:
  Lsn durable() const override {
    if (asks_left_ > 0 && --asks_left_ == 0) const_cast<RacingLog*>(this)->CommitSilently(staged());
    return DelayedLog::durable();
  }
  void CommitAtAsk(int n) { asks_left_ = n; }

 private:
  mutable int asks_left_ = 0;
};

TEST(LiveOverARacingLog, ReadersMeetARemovalThatBecomesDurableAtAnyMoment) {
  for (int n = 1; n <= 30; ++n) {
    auto owned_log = std::make_unique<RacingLog>();
    RacingLog& log = *owned_log;
    LiveBench bench({}, std::move(owned_log));
    bench.Create("/s");
    log.CommitAll();
    bench.RunAll();
    auto& replies = bench.NewReplies(4);
    for (size_t i = 0; i < 3; ++i) bench.live().LongPoll(bench.At("/s", 0), replies[i]);
    bench.live().Sse(bench.At("/s", 0), replies[3]);
    bench.AppendQuietly("/s", "abc");
    log.CommitAll();
    bench.engine().Remove("/s");
    log.CommitAtAsk(n);
    bench.RunAll();
    log.CommitAll();
    bench.RunAll();
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(replies[i].status(), 404) << n;
    EXPECT_TRUE(replies[3].finished()) << n;
  }
}

}  // namespace
}  // namespace thalweg
