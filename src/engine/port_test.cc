// Ports over a log that commits at once and over one whose progress is made by hand: who hears of
// what, and when.
#include "engine/port.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "engine/engine.h"
#include "storage/memory_log.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

// Does something when it is told.
class ActingWatcher final : public Watcher {
 public:
  explicit ActingWatcher(std::function<void()> action) : action_(std::move(action)) {}
  void OnStreamChanged() override { action_(); }

 private:
  std::function<void()> action_;
};

class PortTest : public testing::Test {
 protected:
  PortTest() {
    engine_.Create(NewStream("/a"));
    stream_ = engine_.Describe("/a").stream;
  }
  void Append() { engine_.Append("/a", NewAppend("x")); }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  Engine engine_{clock_, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 1}};
  StreamHandle stream_;
  std::unique_ptr<Port> port_ = engine_.Attach(executor_);
};

TEST_F(PortTest, TellsEachWatcherOncePerBatchAndNeverInsideTheAppend) {
  CountingWatcher one, two;
  port_->Watch(stream_, &one);
  port_->Watch(stream_, &two);
  for (int i = 0; i < 5; ++i) Append();
  EXPECT_EQ(one.count, 0);
  EXPECT_EQ(executor_.RunAll(), 1u);
  EXPECT_EQ(one.count, 1);
  EXPECT_EQ(two.count, 1);
  Append();
  executor_.RunAll();
  EXPECT_EQ(one.count, 2);
}

TEST_F(PortTest, TellsOfClosureAndRemoval) {
  CountingWatcher watcher;
  port_->Watch(stream_, &watcher);
  engine_.Append("/a", NewClose());
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 1);
  engine_.Remove("/a");
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 2);
  EXPECT_EQ(engine_.Read(stream_, Offset{0}, 1).verdict, ReadVerdict::kMissing);
}

TEST_F(PortTest, PostsNothingForStreamsThatNobodyWatches) {
  CountingWatcher watcher;
  port_->Watch(stream_, &watcher);
  engine_.Create(NewStream("/b"));
  engine_.Append("/b", NewAppend("x"));
  EXPECT_EQ(executor_.RunAll(), 0u);
  port_->Unwatch(stream_, &watcher);
  Append();
  EXPECT_EQ(executor_.RunAll(), 0u);
}

TEST_F(PortTest, AWatcherThatLeavesAfterThePostIsNotCalled) {
  CountingWatcher watcher;
  port_->Watch(stream_, &watcher);
  Append();
  port_->Unwatch(stream_, &watcher);
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 0);
}

TEST_F(PortTest, WatchersMayLeaveAndComeWhileTheyAreTold) {
  CountingWatcher last;
  std::unique_ptr<ActingWatcher> first;
  first = std::make_unique<ActingWatcher>([&] {
    port_->Unwatch(stream_, first.get());
    port_->Unwatch(stream_, &last);
    port_->Watch(stream_, first.get());
  });
  port_->Watch(stream_, first.get());
  port_->Watch(stream_, &last);
  Append();
  executor_.RunAll();
  EXPECT_EQ(last.count, 0);
  port_->Unwatch(stream_, first.get());
}

TEST_F(PortTest, APortMayEndWhileItTellsAndWithAPostUnderWay) {
  CountingWatcher late;
  ActingWatcher ends([&] { port_.reset(); });
  port_->Watch(stream_, &ends);
  port_->Watch(stream_, &late);
  Append();
  executor_.RunAll();
  EXPECT_EQ(port_, nullptr);
  EXPECT_EQ(late.count, 0);

  std::unique_ptr<Port> other = engine_.Attach(executor_);
  other->Watch(stream_, &late);
  Append();
  other.reset();
  Append();
  executor_.RunAll();
  EXPECT_EQ(late.count, 0);
}

class SlowLogTest : public testing::Test {
 protected:
  // Where the log is slow, even the creation waits; here it is behind us.
  void CreateDurably(std::string_view path) {
    engine_.Create(NewStream(path));
    log_->CommitAll();
    executor_.RunAll();
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  DelayedLog* log_ = new DelayedLog;  // the engine's
  Engine engine_{clock_, std::unique_ptr<CommitLog>(log_), EngineOptions{.partitions = 1}};
  std::unique_ptr<Port> port_ = engine_.Attach(executor_);
};

TEST_F(SlowLogTest, ReadersSeeNothingThatIsNotDurable) {
  CreateDurably("/a");
  const Lsn first = engine_.Append("/a", NewAppend("one")).rests_on;
  const AppendOutcome second = engine_.Append("/a", NewAppend("two"));
  const Lsn close = engine_.Append("/a", NewClose()).rests_on;
  EXPECT_EQ(second.tail, Offset{6}) << "the writer's own answer waits, so it may say";
  EXPECT_EQ(ReadAll(engine_, "/a"), "");
  EXPECT_EQ(engine_.Read("/a", FromOffset(3), 1).verdict, ReadVerdict::kBeyondTail);
  log_->CommitUpTo(first);
  EXPECT_EQ(ReadAll(engine_, "/a"), "one");
  EXPECT_EQ(engine_.Describe("/a").tail, Offset{3});
  log_->CommitUpTo(second.rests_on);
  EXPECT_EQ(ReadAll(engine_, "/a"), "onetwo");
  EXPECT_FALSE(engine_.Read("/a", ReadFrom{}, 100).page.closed);
  log_->CommitUpTo(close);
  EXPECT_TRUE(engine_.Read("/a", ReadFrom{}, 100).page.closed);
}

TEST_F(SlowLogTest, AnswersRestOnTheRecordThatMadeThemSo) {
  AppendCommand stamped = NewAppend("x");
  stamped.producer = ProducerStamp{.id = "p", .epoch = 0, .seq = 0};
  const Lsn created = engine_.Create(NewStream("/a")).rests_on;
  EXPECT_EQ(engine_.Create(NewStream("/a")).rests_on, created);
  EXPECT_EQ(engine_.Read("/a", ReadFrom{}, 1).rests_on, created);
  const Lsn appended = engine_.Append("/a", stamped).rests_on;
  EXPECT_GT(appended, created);
  EXPECT_EQ(engine_.Append("/a", stamped).rests_on, appended) << "a duplicate";
  const Lsn closed = engine_.Append("/a", NewClose()).rests_on;
  EXPECT_EQ(engine_.Append("/a", NewAppend("y")).rests_on, closed) << "closed already";
  EXPECT_EQ(engine_.Create(NewStream("/a", kJsonType)).rests_on, closed) << "a conflict";
  const StreamHandle stream = engine_.Describe("/a").stream;
  const Lsn removed = engine_.Remove("/a").rests_on;
  EXPECT_EQ(engine_.Describe("/a").rests_on, removed);
  EXPECT_EQ(engine_.Read("/a", ReadFrom{}, 1).rests_on, removed);
  EXPECT_EQ(engine_.Read(stream, Offset{0}, 1).rests_on, removed);
  EXPECT_EQ(engine_.Append("/a", stamped).rests_on, removed);
  EXPECT_EQ(engine_.Remove("/a").rests_on, removed);
  EXPECT_EQ(engine_.Create(NewFork("/f", "/a")).rests_on, removed);
  EXPECT_EQ(engine_.durable(), Lsn{0});
}

TEST_F(SlowLogTest, ThatNothingStandsAtAPathRestsOnTheRemovalThereAlone) {
  CreateDurably("/a");
  CreateDurably("/b");
  const Lsn removed = engine_.Remove("/a").rests_on;
  const Lsn last = engine_.Remove("/b").rests_on;
  EXPECT_GT(last, removed);
  EXPECT_EQ(engine_.Read("/a", ReadFrom{}, 1).rests_on, removed);
  const Lsn durable = log_->durable();
  EXPECT_LE(engine_.Read("/never", ReadFrom{}, 1).rests_on, durable);
  EXPECT_LE(engine_.Describe("/never").rests_on, durable);
  EXPECT_LE(engine_.Inspect("/never").rests_on, durable);
  EXPECT_LE(engine_.Append("/never", NewAppend("x")).rests_on, durable);
  EXPECT_LE(engine_.Remove("/never").rests_on, durable);
  EXPECT_LE(engine_.Create(NewFork("/f", "/never")).rests_on, durable);
  EXPECT_EQ(engine_.List("", "", 100).rests_on, last) << "it leaves out both";
  log_->CommitUpTo(removed);
  EXPECT_LE(engine_.Read("/a", ReadFrom{}, 1).rests_on, removed);
  EXPECT_EQ(engine_.Read("/b", ReadFrom{}, 1).rests_on, last);
}

TEST(SlowLog, ARefusedForkRestsOnItsSourceWhereverThatStands) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 64});
  engine.Create(NewStream("/a"));
  const Lsn removed = engine.Remove("/a").rests_on;
  for (const char* path : {"/f", "/g", "/h", "/i"}) {
    EXPECT_EQ(engine.Create(NewFork(path, "/a")).rests_on, removed) << path;
  }
}

TEST_F(SlowLogTest, ASourceThatVanishedWithItsLastForkRestsOnTheForksRemoval) {
  CreateDurably("/a");
  engine_.Create(NewFork("/f", "/a"));
  const StreamHandle held = engine_.Describe("/a").stream;
  engine_.Remove("/a");
  const Lsn removed = engine_.Remove("/f").rests_on;
  EXPECT_EQ(engine_.Describe("/a").verdict, ReadVerdict::kMissing);
  EXPECT_EQ(engine_.Describe("/a").rests_on, removed);
  const ReadOutcome by_handle = engine_.Read(held, Offset{}, 100);
  EXPECT_EQ(by_handle.verdict, ReadVerdict::kMissing);
  EXPECT_EQ(by_handle.rests_on, removed) << "for those who follow it, too";
}

// Both are due at once, and the fork, which is seen first, lets go of its source last.
TEST(SlowLog, ASourceDeletedWhileItsForkIsRestsOnTheLaterOfTheTwo) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 1});
  const auto expiring = [](CreateCommand create, uint64_t ttl_s) {
    create.expiry = Ttl(ttl_s);
    return create;
  };
  engine.Create(expiring(NewStream("/source"), 20));
  engine.Create(expiring(NewFork("/fork", "/source"), 10));
  const StreamHandle held = engine.Describe("/source").stream;
  log->CommitAll();
  clock.AdvanceMs(21'000);
  engine.SweepExpired(1'000);
  const Lsn removed = log->staged();
  EXPECT_EQ(removed, Lsn{4});
  EXPECT_EQ(engine.Describe("/source").verdict, ReadVerdict::kMissing);
  EXPECT_EQ(engine.Describe("/source").rests_on, removed);
  EXPECT_EQ(engine.Read(held, Offset{}, 100).rests_on, removed);
  EXPECT_EQ(engine.Remove("/source").rests_on, removed);
  EXPECT_EQ(engine.List("", "", 100).rests_on, removed);
}

TEST_F(SlowLogTest, AnswersWaitForTheirLsnAndLeaveInOrder) {
  CreateDurably("/a");
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  const Lsn second = engine_.Append("/a", NewAppend("y")).rests_on;
  std::string order;
  port_->WhenDurable(first, [&] { order += '1'; });
  port_->WhenDurable(second, [&] { order += '2'; });
  port_->WhenDurable(first, [&] { order += '3'; });
  executor_.RunAll();
  EXPECT_EQ(order, "");
  log_->CommitUpTo(first);
  port_->WhenDurable(first, [&] { order += '4'; });
  EXPECT_EQ(order, "") << "one that could leave waits for those before it";
  executor_.RunAll();
  EXPECT_EQ(order, "134") << "and for none that rests on more";
  port_->WhenDurable(first, [&] { order += '5'; });
  EXPECT_EQ(order, "1345") << "at once where all that waits rests on more";
  port_->WhenDurable(second, [&] { order += '6'; });
  executor_.RunAll();  // has the log begin
  log_->CommitUpTo(second);
  EXPECT_EQ(executor_.RunAll(), 1u) << "one post, however many wait";
  EXPECT_EQ(order, "134526");
  port_->WhenDurable(second, [&] { order += '7'; });
  EXPECT_EQ(order, "1345267") << "at once where nothing waits";
}

TEST_F(SlowLogTest, AnAnswerThatRestsOnLessThanAllThatWaitIsAwaitedFirst) {
  CreateDurably("/a");
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  const Lsn second = engine_.Append("/a", NewAppend("y")).rests_on;
  std::string order;
  port_->WhenDurable(second, [&] { order += '2'; });
  port_->WhenDurable(first, [&] { order += '1'; });
  log_->CommitUpTo(first);
  executor_.RunAll();
  EXPECT_EQ(order, "1");
  port_->WhenDurable(first, [&] { order += '0'; });
  engine_.Fail();
  executor_.RunAll();
  EXPECT_EQ(order, "10") << "the other one is dropped";
}

TEST_F(SlowLogTest, TheLogBeginsAtTheEndOfATurnWithAllThatItBrought) {
  CreateDurably("/a");
  const auto append = [&] {
    const AppendOutcome outcome = engine_.Append("/a", NewAppend("x"), CommitStart::kByPort);
    port_->WhenDurable(outcome.rests_on, [] {});
  };
  const int before = log_->starts();
  append();
  append();
  EXPECT_EQ(log_->starts(), before);
  executor_.RunAll();
  EXPECT_EQ(log_->starts(), before + 1);
  append();  // behind answers that wait already
  executor_.RunAll();
  EXPECT_EQ(log_->starts(), before + 2);
  append();
  port_.reset();
  EXPECT_EQ(log_->starts(), before + 3) << "what was staged is not left there";
  executor_.RunAll();
  EXPECT_EQ(log_->starts(), before + 3);
  engine_.Append("/a", NewAppend("x"));
  EXPECT_EQ(log_->starts(), before + 4) << "of one without a port";
}

TEST_F(SlowLogTest, CreationsForksAndDeletionsOfATurnBeginWithIt) {
  CreateDurably("/a");
  const int before = log_->starts();
  const auto wait = [&](Lsn lsn) { port_->WhenDurable(lsn, [] {}); };
  wait(engine_.Create(NewStream("/b"), CommitStart::kByPort).rests_on);
  wait(engine_.Create(NewFork("/fork", "/a"), CommitStart::kByPort).rests_on);
  wait(engine_.Remove("/b", CommitStart::kByPort).rests_on);
  EXPECT_EQ(log_->staged(), Lsn{4});
  EXPECT_EQ(log_->starts(), before);
  executor_.RunAll();
  EXPECT_EQ(log_->starts(), before + 1);
  engine_.Create(NewStream("/c"));
  EXPECT_EQ(log_->starts(), before + 2) << "of one without a port";
  engine_.Remove("/c");
  EXPECT_EQ(log_->starts(), before + 3);
}

TEST_F(SlowLogTest, AnAnswerThatComesBetweenTheLogsProgressAndItsWordIsNotForgotten) {
  CreateDurably("/a");
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  const Lsn second = engine_.Append("/a", NewAppend("y")).rests_on;
  std::string order;
  port_->WhenDurable(first, [&] { order += '1'; });
  log_->CommitSilently(second);
  port_->WhenDurable(second, [&] { order += '2'; });
  EXPECT_EQ(order, "");
  log_->CommitUpTo(second);
  executor_.RunAll();
  EXPECT_EQ(order, "12");
}

TEST_F(SlowLogTest, WatchersAreToldWhenTheChangeIsDurableAndNotBefore) {
  CreateDurably("/a");
  CountingWatcher watcher;
  port_->Watch(engine_.Describe("/a").stream, &watcher);
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  engine_.Append("/a", NewAppend("y"));
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 0);
  log_->CommitUpTo(first);
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 1);
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 2);
}

TEST_F(SlowLogTest, WatchersAreToldInATaskAfterThatOfTheAnswers) {
  CreateDurably("/a");
  CountingWatcher watcher;
  port_->Watch(engine_.Describe("/a").stream, &watcher);
  bool answered = false;
  port_->WhenDurable(engine_.Append("/a", NewAppend("x")).rests_on, [&] { answered = true; });
  log_->CommitAll();
  while (!answered) ASSERT_TRUE(executor_.RunOne());
  EXPECT_EQ(watcher.count, 0) << "what they send would go out before the answer";
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 1);
}

TEST_F(SlowLogTest, WhatWasStagedBeforeTheWatchIsToldToo) {
  CreateDurably("/a");
  CountingWatcher watcher;
  engine_.Append("/a", NewAppend("x"));
  port_->Watch(engine_.Describe("/a").stream, &watcher);
  EXPECT_EQ(ReadAll(engine_, "/a"), "");
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 1);
}

TEST_F(SlowLogTest, EachThingThatWasStagedBeforeTheWatchIsToldOnceDurable) {
  CreateDurably("/a");
  CountingWatcher watcher;
  const Lsn first = engine_.Append("/a", NewAppend("x")).rests_on;
  const Lsn second = engine_.Append("/a", NewAppend("y")).rests_on;
  const Lsn third = engine_.Append("/a", NewAppend("z")).rests_on;
  const StreamHandle stream = engine_.Describe("/a").stream;
  const Lsn removed = engine_.Remove("/a").rests_on;
  port_->Watch(stream, &watcher);
  int count = 0;
  for (const Lsn lsn : {first, second, third, removed}) {
    log_->CommitUpTo(lsn);
    executor_.RunAll();
    EXPECT_EQ(watcher.count, ++count) << lsn.value;
  }
}

// However long the log is stuck, and whoever comes and goes meanwhile.
TEST_F(SlowLogTest, WhatIsStagedIsQueuedOnceForAllWhoComeToWatch) {
  CreateDurably("/a");
  for (int i = 0; i < 5; ++i) engine_.Append("/a", NewAppend("x"));
  const StreamHandle stream = engine_.Describe("/a").stream;
  CountingWatcher watcher;
  const auto come_and_go = [&] {
    port_->Watch(stream, &watcher);
    port_->Unwatch(stream, &watcher);
  };
  come_and_go();
  const long holders = stream.use_count();  // each that is queued holds it
  for (int i = 0; i < 10; ++i) come_and_go();
  EXPECT_EQ(stream.use_count(), holders);
  engine_.Append("/a", NewAppend("y"));
  come_and_go();
  EXPECT_EQ(stream.use_count(), holders + 1);
  log_->CommitAll();
  EXPECT_LT(stream.use_count(), holders);
}

TEST_F(SlowLogTest, TheRemovalOfAWatchedStreamIsToldOnceDurable) {
  CreateDurably("/a");
  CountingWatcher watcher;
  port_->Watch(engine_.Describe("/a").stream, &watcher);
  engine_.Remove("/a");
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 0);
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_EQ(watcher.count, 1);
}

TEST_F(SlowLogTest, APortThatEndsDropsItsAnswers) {
  CreateDurably("/a");
  bool ran = false;
  port_->WhenDurable(engine_.Append("/a", NewAppend("x")).rests_on, [&] { ran = true; });
  port_.reset();
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_FALSE(ran);
}

TEST_F(SlowLogTest, AnAnswerMayEndThePort) {
  CreateDurably("/a");
  const Lsn lsn = engine_.Append("/a", NewAppend("x")).rests_on;
  bool ran = false;
  port_->WhenDurable(lsn, [&] { port_.reset(); });
  port_->WhenDurable(lsn, [&] { ran = true; });
  log_->CommitAll();
  executor_.RunAll();
  EXPECT_FALSE(ran);
}

// Says when it is dropped.
class DropTold {
 public:
  explicit DropTold(int& dropped) : dropped_(&dropped) {}
  DropTold(DropTold&& other) noexcept : dropped_(std::exchange(other.dropped_, nullptr)) {}
  ~DropTold() {
    if (dropped_ != nullptr) ++*dropped_;
  }

 private:
  int* dropped_;
};

TEST_F(SlowLogTest, AFailureOfTheEngineDropsAnswersAndLetsWatchersLookOnce) {
  CreateDurably("/a");
  CountingWatcher watcher;
  port_->Watch(engine_.Describe("/a").stream, &watcher);
  const Lsn durable = engine_.durable();
  const Lsn lsn = engine_.Append("/a", NewAppend("x")).rests_on;
  int ran = 0, dropped = 0;
  const auto wait = [&] { port_->WhenDurable(lsn, [&ran, told = DropTold(dropped)] { ++ran; }); };
  wait();
  wait();
  engine_.Fail();
  EXPECT_EQ(dropped, 0) << "not on another thread than the executor's";
  executor_.RunAll();
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(watcher.count, 1);
  wait();  // who comes later
  EXPECT_EQ(dropped, 2) << "never inside the call";
  executor_.RunAll();
  EXPECT_EQ(dropped, 3);
  EXPECT_EQ(watcher.count, 1);
  EXPECT_EQ(ran, 0);
  port_->WhenDurable(durable, [&ran] { ++ran; });
  EXPECT_EQ(ran, 1) << "what is durable is told as ever";
}

TEST_F(SlowLogTest, AFailedEngineRefusesEveryCommandAndReadsGoOn) {
  CreateDurably("/a");
  engine_.Append("/a", NewAppend("x"));
  log_->CommitAll();
  engine_.Fail();
  EXPECT_EQ(engine_.Create(NewStream("/b")).trouble, Trouble::kFailed);
  EXPECT_EQ(engine_.Create(NewFork("/b", "/a")).trouble, Trouble::kFailed);
  EXPECT_EQ(engine_.Append("/a", NewAppend("y")).trouble, Trouble::kFailed);
  EXPECT_EQ(engine_.Append("/a", NewClose()).trouble, Trouble::kFailed);
  EXPECT_EQ(engine_.Remove("/a").trouble, Trouble::kFailed);
  EXPECT_EQ(ReadAll(engine_, "/a"), "x");
}

}  // namespace
}  // namespace thalweg
