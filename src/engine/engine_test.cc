#include "engine/engine.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <utility>

#include "engine/stream_entry.h"
#include "engine/stream_table.h"
#include "storage/memory_log.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

class EngineTest : public testing::Test {
 protected:
  StreamHandle HandleOf(std::string_view path) { return engine_.Describe(path).stream; }
  ReadVerdict VerdictAt(std::string_view path) { return engine_.Describe(path).verdict; }
  CreateVerdict Create(CreateCommand command) { return engine_.Create(command).verdict; }
  void Append(std::string_view path, std::string_view data) {
    ASSERT_EQ(engine_.Append(path, NewAppend(data)).verdict, AppendVerdict::kAppended);
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  Engine engine_{clock_, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 4}};
};

TEST_F(EngineTest, CreatesAppendsReadsAndRemoves) {
  EXPECT_EQ(Create(NewStream("/a", kBytesType, "one")), CreateVerdict::kCreated);
  EXPECT_EQ(Create(NewStream("/a")), CreateVerdict::kExists);
  const AppendOutcome appended = engine_.Append("/a", NewAppend("two"));
  EXPECT_EQ(appended.verdict, AppendVerdict::kAppended);
  EXPECT_EQ(appended.tail, Offset{6});
  EXPECT_EQ(ReadAll(engine_, "/a"), "onetwo");
  EXPECT_EQ(engine_.stream_count(), 1u);
  EXPECT_EQ(engine_.Remove("/a").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(engine_.Remove("/a").verdict, RemoveVerdict::kMissing);
  EXPECT_EQ(engine_.Append("/a", NewAppend("x")).verdict, AppendVerdict::kMissing);
  EXPECT_EQ(engine_.stream_count(), 0u);
}

TEST_F(EngineTest, ReadsFromStartTailAndOffsetsAndRefusesTheRest) {
  Create(NewStream("/a", kBytesType, "one"));
  Append("/a", "three");
  struct Case {
    const char* why;
    ReadFrom from;
    size_t page_bytes_max;
    ReadVerdict verdict;
    const char* text;
    bool at_tail;
  };
  using enum ReadVerdict;
  const Case cases[] = {
      {"the start", ReadFrom{}, 100, kOk, "onethree", true},
      {"one append of a small page", ReadFrom{}, 1, kOk, "one", false},
      {"a boundary", FromOffset(3), 100, kOk, "three", true},
      {"the tail", FromOffset(8), 100, kOk, "", true},
      {"now", ReadFrom{.kind = ReadFrom::Kind::kTail, .offset = {}}, 100, kOk, "", true},
      {"inside an append", FromOffset(4), 100, kNotABoundary, "", false},
      {"beyond the tail", FromOffset(9), 100, kBeyondTail, "", false},
  };
  for (const Case& c : cases) {
    const ReadOutcome outcome = engine_.Read("/a", c.from, c.page_bytes_max);
    EXPECT_EQ(outcome.verdict, c.verdict) << c.why;
    EXPECT_EQ(outcome.stream != nullptr, c.verdict == kOk) << c.why;
    EXPECT_EQ(TextOf(outcome.page), c.text) << c.why;
    EXPECT_EQ(outcome.page.at_tail, c.at_tail) << c.why;
  }
  EXPECT_EQ(engine_.Read("/none", ReadFrom{}, 1).verdict, kMissing);
}

TEST_F(EngineTest, ClosureShowsOnlyAtTheTail) {
  Create(NewStream("/a", kBytesType, "one"));
  Append("/a", "two");
  engine_.Append("/a", NewClose());
  EXPECT_FALSE(engine_.Read("/a", ReadFrom{}, 1).page.closed);
  EXPECT_TRUE(engine_.Read("/a", ReadFrom{}, 100).page.closed);
  EXPECT_TRUE(engine_.Describe("/a").closed);
  EXPECT_EQ(engine_.Append("/a", NewAppend("x")).verdict, AppendVerdict::kStreamClosed);
}

TEST_F(EngineTest, TellsOfTheProducerAfterEachVerdict) {
  Create(NewStream("/a"));
  struct Case {
    const char* why;
    uint64_t epoch, seq;
    AppendVerdict verdict;
    uint64_t known_epoch, known_seq, expected;
  };
  const Case cases[] = {
      {"first", 1, 0, AppendVerdict::kAppended, 1, 0, 0},
      {"next", 1, 1, AppendVerdict::kAppended, 1, 1, 0},
      {"again", 1, 0, AppendVerdict::kDuplicate, 1, 1, 0},
      {"gap", 1, 5, AppendVerdict::kSeqGap, 1, 1, 2},
      {"fenced", 0, 2, AppendVerdict::kStaleEpoch, 1, 1, 0},
  };
  for (const Case& c : cases) {
    AppendCommand command = NewAppend("x");
    command.producer = ProducerStamp{.id = "p", .epoch = c.epoch, .seq = c.seq};
    const AppendOutcome outcome = engine_.Append("/a", command);
    EXPECT_EQ(outcome.verdict, c.verdict) << c.why;
    EXPECT_EQ(outcome.producer_epoch, c.known_epoch) << c.why;
    EXPECT_EQ(outcome.producer_seq, c.known_seq) << c.why;
    EXPECT_EQ(outcome.producer_seq_expected, c.expected) << c.why;
  }
}

TEST_F(EngineTest, AHandleReadsItsIncarnationAndLearnsThatItIsGone) {
  Create(NewStream("/a", kBytesType, "old"));
  const StreamHandle old = HandleOf("/a");
  EXPECT_EQ(TextOf(engine_.Read(old, Offset{0}, 100).page), "old");
  engine_.Remove("/a");
  Create(NewStream("/a", kBytesType, "new"));
  EXPECT_EQ(engine_.Read(old, Offset{0}, 100).verdict, ReadVerdict::kMissing);
  EXPECT_EQ(Engine::Info(old).config.content_type, kBytesType);
  EXPECT_NE(Engine::Info(old).id, Engine::Info(HandleOf("/a")).id);
}

TEST_F(EngineTest, AForkReadsItsSourceUpToItsPointThenItself) {
  Create(NewStream("/a", kBytesType, "aa"));
  Append("/a", "bb");
  ASSERT_EQ(Create(NewFork("/f", "/a", 2)), CreateVerdict::kCreated);
  Append("/a", "later");
  Append("/f", "ff");
  EXPECT_EQ(ReadAll(engine_, "/f"), "aaff");
  EXPECT_EQ(ReadAll(engine_, "/a"), "aabblater");
  const ReadOutcome first = engine_.Read("/f", ReadFrom{}, 3);
  EXPECT_EQ(TextOf(first.page), "aa");
  EXPECT_FALSE(first.page.at_tail);
  EXPECT_EQ(engine_.Read("/f", FromOffset(1), 3).verdict, ReadVerdict::kNotABoundary);
}

TEST_F(EngineTest, LooksUpForkPointsInWhatTheSourceItselfInherited) {
  Create(NewStream("/a", kBytesType, "aaaa"));
  Append("/a", "bbbb");
  Create(NewFork("/f", "/a"));
  Append("/f", "ffff");
  struct Case {
    const char* why;
    std::optional<uint64_t> at;
    uint64_t sub_offset;
    CreateVerdict verdict;
    const char* text;
  };
  using enum CreateVerdict;
  const Case cases[] = {
      {"the source's tail", std::nullopt, 0, kCreated, "aaaabbbbffff"},
      {"the source's own boundary", 8, 0, kCreated, "aaaabbbb"},
      {"an inherited boundary", 4, 0, kCreated, "aaaa"},
      {"the start", 0, 0, kCreated, ""},
      {"inside an inherited append", 5, 0, kForkNotOnBoundary, ""},
      {"inside an own append", 9, 0, kForkNotOnBoundary, ""},
      {"beyond the tail", 13, 0, kForkBeyondTail, ""},
      {"a part of an inherited append", 4, 3, kCreated, "aaaabbb"},
      {"the whole append", 4, 4, kCreated, "aaaabbbb"},
      {"more than the append", 4, 5, kSubOffsetTooLarge, ""},
      {"a part of an own append", 8, 1, kCreated, "aaaabbbbf"},
      {"nothing follows the tail", 12, 1, kSubOffsetTooLarge, ""},
      {"nothing follows the tail by default", std::nullopt, 1, kSubOffsetTooLarge, ""},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Create(NewFork("/g", "/f", c.at, c.sub_offset)), c.verdict) << c.why;
    EXPECT_EQ(ReadAll(engine_, "/g"), c.text) << c.why;
    engine_.Remove("/g");
  }
}

TEST_F(EngineTest, AJsonSubOffsetCountsValues) {
  Create(NewStream("/j", kJsonType, "[1,2],\"a,b\",3,"));
  ASSERT_EQ(Create(NewFork("/k", "/j", 0, 2)), CreateVerdict::kCreated);
  EXPECT_EQ(ReadAll(engine_, "/k"), "[1,2],\"a,b\",");
  EXPECT_EQ(Create(NewFork("/l", "/j", 0, 4)), CreateVerdict::kSubOffsetTooLarge);
}

TEST_F(EngineTest, ReadsTheBodyOfACreationAsItsTypeSaysOrItsSource) {
  Create(NewStream("/json", kJsonType));
  Create(NewStream("/bytes", kBytesType));
  struct Case {
    const char* why;
    std::optional<std::string_view> content_type, fork_source;
    ContentKind want;
  };
  const Case cases[] = {
      {"its own type", kJsonType, std::nullopt, ContentKind::kJson},
      {"neither type nor source", std::nullopt, std::nullopt, ContentKind::kBytes},
      {"that of its source", std::nullopt, "/json", ContentKind::kJson},
      {"that of its source", std::nullopt, "/bytes", ContentKind::kBytes},
      {"its own before its source's", kBytesType, "/json", ContentKind::kBytes},
      {"a source that is not there", std::nullopt, "/none", ContentKind::kBytes},
  };
  for (const Case& c : cases) {
    CreateCommand command;
    command.content_type = c.content_type;
    command.fork_source = c.fork_source;
    EXPECT_EQ(engine_.KindOfNew(command), c.want) << c.why;
  }
}

TEST_F(EngineTest, ARemovedSourceStaysForItsForksAndGoesWithTheLast) {
  Create(NewStream("/a", kBytesType, "aa"));
  Create(NewFork("/b", "/a"));
  Append("/b", "bb");
  Create(NewFork("/c", "/b"));
  EXPECT_EQ(engine_.Remove("/a").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(engine_.Remove("/b").verdict, RemoveVerdict::kRemoved);
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kSoftDeleted);
  EXPECT_EQ(Create(NewStream("/a")), CreateVerdict::kPathSoftDeleted);
  EXPECT_EQ(Create(NewFork("/d", "/a")), CreateVerdict::kSourceSoftDeleted);
  EXPECT_EQ(ReadAll(engine_, "/c"), "aabb");
  EXPECT_EQ(engine_.Remove("/c").verdict, RemoveVerdict::kRemoved);
  for (const char* path : {"/a", "/b", "/c"}) EXPECT_EQ(VerdictAt(path), ReadVerdict::kMissing);
  EXPECT_EQ(engine_.stream_count(), 0u);
}

TEST_F(EngineTest, TheLongestChainOfForksIsReadRemovedAndDestroyed) {
  constexpr int kForks = kForkDepthMax;
  for (const std::string_view keep : {"/removed", "/left to the end"}) {
    Create(NewStream(std::string(keep) + "0", kBytesType, "x"));
    for (int i = 1; i <= kForks; ++i) {
      const std::string source = std::string(keep) + std::to_string(i - 1);
      const std::string path = std::string(keep) + std::to_string(i);
      ASSERT_EQ(Create(NewFork(path, source)), CreateVerdict::kCreated);
      if (keep == "/removed") engine_.Remove(source);
    }
    const std::string last = std::string(keep) + std::to_string(kForks);
    EXPECT_EQ(ReadAll(engine_, last), "x");
    EXPECT_EQ(Create(NewFork("/one more", last)), CreateVerdict::kForkTooDeep);
  }
  engine_.Remove("/removed" + std::to_string(kForks));
  EXPECT_EQ(engine_.stream_count(), size_t{kForks + 1});
}

TEST_F(EngineTest, RefusedForksLeaveNoReferenceBehind) {
  Create(NewStream("/a", kBytesType, "aa"));
  EXPECT_EQ(Create(NewFork("/f", "/a", 1)), CreateVerdict::kForkNotOnBoundary);
  CreateCommand other_type = NewFork("/f", "/a");
  other_type.content_type = "text/plain";
  EXPECT_EQ(Create(other_type), CreateVerdict::kContentTypeMismatch);
  Create(NewFork("/f", "/a"));
  EXPECT_EQ(Create(NewFork("/f", "/a")), CreateVerdict::kExists);
  engine_.Remove("/f");
  engine_.Remove("/a");
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kMissing);
}

TEST_F(EngineTest, AStreamMayNotForkItself) {
  EXPECT_EQ(Create(NewFork("/a", "/a")), CreateVerdict::kSourceMissing);
  Create(NewStream("/a"));
  EXPECT_EQ(Create(NewFork("/a", "/a")), CreateVerdict::kConfigMismatch);
}

TEST_F(EngineTest, AReadKeepsAStreamAliveAndDescribeDoesNot) {
  CreateCommand command = NewStream("/a");
  command.expiry = Ttl(10);
  Create(command);
  for (int i = 0; i < 4; ++i) {
    clock_.AdvanceMs(6'000);
    EXPECT_EQ(engine_.Read("/a", ReadFrom{}, 1).verdict, ReadVerdict::kOk);
  }
  clock_.AdvanceMs(6'000);
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kOk);
  clock_.AdvanceMs(6'000);
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kMissing);
  EXPECT_EQ(engine_.stream_count(), 0u);
  EXPECT_EQ(Create(command), CreateVerdict::kCreated);
}

TEST_F(EngineTest, SweepingRemovesWhatHasExpiredAndNothingElse) {
  for (int i = 0; i < 10; ++i) {
    const std::string path = "/ttl" + std::to_string(i);
    CreateCommand command = NewStream(path);
    command.expiry = Ttl(10);
    Create(command);
  }
  CreateCommand at = NewStream("/at");
  at.expiry = EndsAt(clock_.WallMs() + 5'000);
  Create(at);
  Create(NewStream("/forever"));
  EXPECT_FALSE(engine_.SweepExpired(100));
  EXPECT_EQ(engine_.stream_count(), 12u);
  clock_.AdvanceMs(5'200);
  engine_.Read("/ttl0", ReadFrom{}, 1);
  EXPECT_FALSE(engine_.SweepExpired(100));
  EXPECT_EQ(engine_.stream_count(), 11u);
  clock_.AdvanceMs(5'200);
  EXPECT_TRUE(engine_.SweepExpired(3));
  EXPECT_GE(engine_.stream_count(), 8u);
  while (engine_.SweepExpired(3)) {
  }
  EXPECT_EQ(engine_.stream_count(), 2u);
  clock_.AdvanceMs(10'200);
  engine_.SweepExpired(100);
  EXPECT_EQ(engine_.stream_count(), 1u);
}

TEST_F(EngineTest, TellsInWhatTimeASweepMayHaveSomethingToDo) {
  Create(NewStream("/forever"));
  EXPECT_EQ(engine_.NextExpiryInMs(), std::nullopt);
  CreateCommand late = NewStream("/late"), early = NewStream("/early");
  late.expiry = Ttl(60);
  early.expiry = Ttl(10);
  Create(late);
  Create(early);
  // Never late, and early by no more than the resolution of the wheel, or a scan of it.
  const auto go_on = [this] {
    const int64_t in_ms = engine_.NextExpiryInMs().value_or(-1);
    EXPECT_GE(in_ms, 0);
    clock_.AdvanceMs(std::max<int64_t>(in_ms, 100));
    engine_.SweepExpired(100);
  };
  const int64_t began_ms = clock_.SteadyMs();
  int sleeps = 0;
  for (; engine_.stream_count() == 3; ++sleeps) go_on();
  EXPECT_NEAR(static_cast<double>(clock_.SteadyMs() - began_ms), 10'000, 200);
  for (; engine_.stream_count() == 2; ++sleeps) go_on();
  EXPECT_NEAR(static_cast<double>(clock_.SteadyMs() - began_ms), 60'000, 200);
  EXPECT_LT(sleeps, 10);
  EXPECT_EQ(engine_.NextExpiryInMs(), std::nullopt);
}

TEST_F(EngineTest, ToExpectStreamsChangesNothing) {
  for (int i = 0; i < 2'000; ++i) Create(NewStream("/" + std::to_string(i)));
  engine_.Append("/7", NewAppend("seven"));
  CreateCommand brief = NewStream("/brief");
  brief.expiry = Ttl(1);
  Create(brief);
  clock_.AdvanceMs(2'000);
  const std::string_view paths[] = {"/7", "/none", "", "/8", "/7", "/brief"};
  const size_t before = engine_.stream_count();
  engine_.Expect(paths);
  EXPECT_EQ(engine_.stream_count(), before) << "nothing expires by it";
  EXPECT_EQ(ReadAll(engine_, "/7"), "seven");
  EXPECT_EQ(ReadAll(engine_, "/8"), "");
  EXPECT_EQ(VerdictAt("/brief"), ReadVerdict::kMissing);
  EXPECT_EQ(VerdictAt("/none"), ReadVerdict::kMissing);
}

TEST_F(EngineTest, AWatchedStreamIsNotIdleButAFixedEndIsKept) {
  CreateCommand ttl = NewStream("/ttl");
  ttl.expiry = Ttl(1);
  Create(ttl);
  CreateCommand at = NewStream("/at");
  at.expiry = EndsAt(clock_.WallMs() + 1'000);
  Create(at);
  CountingWatcher ttl_watcher, at_watcher;
  const std::unique_ptr<Port> port = engine_.Attach(executor_);
  port->Watch(HandleOf("/ttl"), &ttl_watcher);
  port->Watch(HandleOf("/at"), &at_watcher);
  clock_.AdvanceMs(5'000);
  engine_.SweepExpired(100);
  executor_.RunAll();
  EXPECT_EQ(at_watcher.count, 1);
  EXPECT_EQ(ttl_watcher.count, 0);
  EXPECT_EQ(VerdictAt("/at"), ReadVerdict::kMissing);
  const StreamHandle stream = HandleOf("/ttl");
  ASSERT_NE(stream, nullptr);
  port->Unwatch(stream, &ttl_watcher);
  clock_.AdvanceMs(1'200);
  engine_.SweepExpired(100);
  EXPECT_EQ(VerdictAt("/ttl"), ReadVerdict::kMissing);
}

TEST_F(EngineTest, TheTtlBeginsWhenTheLastWatcherLeaves) {
  CreateCommand ttl = NewStream("/ttl");
  ttl.expiry = Ttl(2);
  Create(ttl);
  std::unique_ptr<Port> port = engine_.Attach(executor_);
  const auto watch_for = [&](int64_t ms) {
    CountingWatcher watcher;
    const StreamHandle stream = HandleOf("/ttl");
    port->Watch(stream, &watcher);
    for (int64_t at = 0; at < ms; at += 100) {
      clock_.AdvanceMs(100);
      engine_.SweepExpired(100);
    }
    port->Unwatch(stream, &watcher);
  };
  for (const int64_t ms : {1'900, 3'900, 300}) {
    SCOPED_TRACE(ms);
    watch_for(ms);
    clock_.AdvanceMs(1'900);
    ASSERT_EQ(VerdictAt("/ttl"), ReadVerdict::kOk);
  }
  {
    CountingWatcher watcher;
    port->Watch(HandleOf("/ttl"), &watcher);
    clock_.AdvanceMs(1'900);
    port.reset();
    clock_.AdvanceMs(1'900);
    EXPECT_EQ(VerdictAt("/ttl"), ReadVerdict::kOk) << "the port has ended";
  }
  clock_.AdvanceMs(100);
  EXPECT_EQ(VerdictAt("/ttl"), ReadVerdict::kMissing);
}

// A restart knows of no watcher, only of the last use that the log has.
TEST_F(EngineTest, UsesOfAWatchedStreamAreRecordedWhileItIsWatched) {
  CreateCommand ttl = NewStream("/ttl");
  ttl.expiry = Ttl(8);
  Create(ttl);
  CountingWatcher watcher;
  const std::unique_ptr<Port> port = engine_.Attach(executor_);
  const StreamHandle stream = HandleOf("/ttl");
  clock_.AdvanceMs(700);
  port->Watch(stream, &watcher);
  for (int i = 0; i < 400; ++i) {
    clock_.AdvanceMs(*engine_.NextExpiryInMs());
    engine_.SweepExpired(100);
    ASSERT_LE(clock_.SteadyMs() - stream->state.accessed_steady_ms, 1'000);
    clock_.AdvanceMs(7);
  }
  port->Unwatch(stream, &watcher);
}

TEST_F(EngineTest, AnExpiredForkReleasesItsSource) {
  Create(NewStream("/a"));
  CreateCommand fork = NewFork("/f", "/a");
  fork.expiry = Ttl(1);
  Create(fork);
  engine_.Remove("/a");
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kSoftDeleted);
  clock_.AdvanceMs(1'200);
  engine_.SweepExpired(100);
  EXPECT_EQ(VerdictAt("/a"), ReadVerdict::kMissing);
}

// The log could not hold their records.
// Each fork keeps its prefix.
TEST_F(EngineTest, TakesSubOffsetsUpToALimit) {
  Create(NewStream("/long", kBytesType, std::string(2 * kForkSubOffsetMax, 'x')));
  EXPECT_EQ(Create(NewFork("/most", "/long", 0, kForkSubOffsetMax)), CreateVerdict::kCreated);
  EXPECT_EQ(ReadAll(engine_, "/most").size(), kForkSubOffsetMax);
  EXPECT_EQ(Create(NewFork("/more", "/long", 0, kForkSubOffsetMax + 1)),
            CreateVerdict::kSubOffsetTooLarge);
  EXPECT_EQ(Create(NewFork("/inside", "/long", 1, kForkSubOffsetMax + 1)),
            CreateVerdict::kForkNotOnBoundary);
}

TEST_F(EngineTest, RefusesWhatIsTooLongForOneRecord) {
  constexpr size_t kTooLong = kCommandBytesMax + 1;
  void* const zeros = mmap(nullptr, kTooLong, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(zeros, MAP_FAILED);
  const std::string_view data(static_cast<const char*>(zeros), kTooLong);
  Create(NewStream("/a", kBytesType, "x"));
  EXPECT_EQ(engine_.Append("/a", NewAppend(data)).trouble, Trouble::kTooLong);
  EXPECT_EQ(engine_.Create(NewStream("/b", kBytesType, data)).trouble, Trouble::kTooLong);
  CreateCommand fork = NewFork("/f", "/a", 0, 1);
  fork.payload.wire = data.substr(1);
  EXPECT_EQ(engine_.Create(fork).trouble, Trouble::kTooLong) << "with its prefix";
  munmap(zeros, kTooLong);
  EXPECT_EQ(engine_.stream_count(), 1u);
  EXPECT_EQ(ReadAll(engine_, "/a"), "x");
}

TEST(EngineWithoutRoom, RefusesWhatBringsBytesAndLetsTheRestGoOn) {
  ManualClock clock;
  auto owned_log = std::make_unique<DelayedLog>();
  DelayedLog& log = *owned_log;
  Engine engine(clock, std::move(owned_log), {});
  engine.Create(NewStream("/a", kBytesType, "a"));
  engine.Create(NewStream("/b"));
  log.CommitAll();
  log.SetRoom(false);
  EXPECT_EQ(engine.Append("/a", NewAppend("b")).trouble, Trouble::kDiskFull);
  EXPECT_EQ(engine.Create(NewStream("/c")).trouble, Trouble::kDiskFull);
  EXPECT_EQ(engine.Create(NewFork("/f", "/a")).trouble, Trouble::kDiskFull);
  EXPECT_EQ(log.staged(), log.durable());
  EXPECT_EQ(ReadAll(engine, "/a"), "a");
  EXPECT_EQ(engine.Create(NewStream("/b")).verdict, CreateVerdict::kExists);
  EXPECT_EQ(engine.Append("/none", NewAppend("b")).verdict, AppendVerdict::kMissing);
  EXPECT_EQ(engine.Append("/a", NewClose()).verdict, AppendVerdict::kClosed);
  EXPECT_EQ(engine.Remove("/b").verdict, RemoveVerdict::kRemoved);
  log.SetRoom(true);
  EXPECT_EQ(engine.Create(NewStream("/b")).verdict, CreateVerdict::kCreated);
}

TEST(OpenMemoryEngine, GivesAnEngineThatIsDurableAtOnce) {
  ManualClock clock;
  const EnginePtr engine = OpenMemoryEngine(clock);
  const CreateOutcome outcome = engine->Create(NewStream("/a", kBytesType, "one"));
  EXPECT_EQ(outcome.verdict, CreateVerdict::kCreated);
  EXPECT_LE(outcome.rests_on, engine->durable());
  EXPECT_EQ(ReadAll(*engine, "/a"), "one");
}

// A command that found no memory in its middle would leave half a change: it ends the process. So
// do the steps of reads that change something.
static_assert(noexcept(std::declval<Engine&>().Create(std::declval<CreateCommand>())));
static_assert(noexcept(std::declval<Engine&>().Append({}, std::declval<AppendCommand>())));
static_assert(noexcept(std::declval<Engine&>().Remove({})));
static_assert(noexcept(std::declval<CommitLog&>().Stage(std::declval<const Record&>())));
static_assert(noexcept(std::declval<StreamTable&>().Stage(std::declval<const Record&>(),
                                                          std::declval<Aftermath&>())));
static_assert(noexcept(std::declval<StreamTable&>().Touch({}, {}, {})));
static_assert(noexcept(std::declval<StreamTable&>().BeforeChange({})));

TEST(OpenMemoryEngineDeathTest, StopsAtAPartitionCountThatIsNoPowerOfTwo) {
  ManualClock clock;
  EXPECT_DEATH(OpenMemoryEngine(clock, EngineOptions{.partitions = 3}), "has_single_bit");
}

}  // namespace
}  // namespace thalweg
