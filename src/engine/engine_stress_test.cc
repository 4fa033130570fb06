// Threads racing on few streams; meant for the thread sanitizer. Crosses threads.
//
// Nothing here depends on who wins a race: what is checked holds for every order.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <thread>

#include "engine/engine.h"
#include "storage/memory_log.h"
#include "testing/delayed_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

constexpr size_t kThreads = 4;
constexpr size_t kStreams = 3;

std::string PathOf(size_t stream) { return "/s" + std::to_string(stream); }

void RunThreads(size_t count, const std::function<void(size_t)>& body) {
  std::vector<std::thread> threads;
  for (size_t t = 0; t < count; ++t) threads.emplace_back([&body, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

// A log whose commits come from a thread of its own, as those of a disk do.
class Committer {
 public:
  explicit Committer(DelayedLog& log)
      : thread_([this, &log] {
          while (!stop_.load()) {
            // Tells of progress alone, so that what was missed once is missed for good.
            if (log.durable() < log.staged()) log.CommitAll();
            std::this_thread::yield();
          }
          log.CommitAll();
        }) {}
  ~Committer() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// The records of a text, "writer:number;" each, by writer. Fails on a torn record.
std::map<size_t, std::vector<size_t>> Parse(const std::string& text) {
  std::map<size_t, std::vector<size_t>> numbers;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t colon = text.find(':', begin), end = text.find(';', begin);
    if (colon == std::string::npos || end == std::string::npos || colon > end) {
      ADD_FAILURE() << "torn at " << begin;
      return numbers;
    }
    numbers[std::stoul(text.substr(begin, colon - begin))].push_back(
        std::stoul(text.substr(colon + 1, end - colon - 1)));
    begin = end + 1;
  }
  return numbers;
}

// Follows streams through one port by what it is told alone.
class Follower {
 public:
  Follower(Engine& engine, ManualClock& clock) : engine_(engine), executor_(clock) {
    port_ = engine.Attach(executor_);
    for (size_t s = 0; s < kStreams; ++s) {
      tails_.push_back(std::make_unique<Tail>(*this, engine.Describe(PathOf(s)).stream));
    }
    for (auto& tail : tails_) tail->Start();
  }

  // Until all streams are closed; false: something was forgotten.
  bool Run() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (closed_ < kStreams) {
      if (executor_.RunAll() == 0) std::this_thread::yield();
      if (std::chrono::steady_clock::now() > deadline) return false;
    }
    return true;
  }

  const std::string& text(size_t stream) const { return tails_[stream]->text; }

 private:
  struct Tail final : Watcher {
    Tail(Follower& owner, StreamHandle handle) : follower(owner), stream(std::move(handle)) {}

    void Start() {
      follower.port_->Watch(stream, this);
      OnStreamChanged();
    }

    void OnStreamChanged() override {
      bool at_tail = false;
      while (!at_tail && !closed) {
        const ReadOutcome read = follower.engine_.Read(stream, Offset{text.size()}, 1000);
        ASSERT_EQ(read.verdict, ReadVerdict::kOk);
        text += TextOf(read.page);
        at_tail = read.page.at_tail;
        closed = read.page.closed;
      }
      if (closed || text.size() % 7 == 0) follower.port_->Unwatch(stream, this);
      if (closed) ++follower.closed_;
      if (!closed && text.size() % 7 == 0) Start();
    }

    Follower& follower;
    StreamHandle stream;
    std::string text;
    bool closed = false;
  };

  Engine& engine_;
  ManualExecutor executor_;
  std::unique_ptr<Port> port_;
  std::vector<std::unique_ptr<Tail>> tails_;
  size_t closed_ = 0;
};

// Appends through a port as a loop does: an answer counts when it leaves.
class Writer {
 public:
  Writer(Engine& engine, ManualClock& clock, size_t number)
      : engine_(engine), executor_(clock), name_("w" + std::to_string(number)), number_(number) {
    port_ = engine.Attach(executor_);
  }

  void Run(size_t appends) {
    std::mt19937_64 random(number_);
    for (size_t i = 0; i < appends; ++i) {
      Send(random() % kStreams);
      if (random() % 8 == 0) executor_.RunAll();
    }
    while (answered_ < sent_) {
      if (executor_.RunAll() == 0) std::this_thread::yield();
    }
  }

  size_t appends_to(size_t stream) const { return next_[stream]; }

 private:
  void Send(size_t stream) {
    const std::string path = PathOf(stream);
    const std::string data = std::to_string(number_) + ':' + std::to_string(next_[stream]) + ';';
    AppendCommand command = NewAppend(data);
    command.producer = ProducerStamp{.id = name_, .epoch = 0, .seq = next_[stream]};
    ++next_[stream];
    Answer(path, engine_.Append(path, command), AppendVerdict::kAppended);
    if (next_[stream] % 5 == 0) {
      Answer(path, engine_.Append(path, command), AppendVerdict::kDuplicate);
    }
  }

  void Answer(const std::string& path, const AppendOutcome& outcome, AppendVerdict want) {
    ASSERT_EQ(outcome.verdict, want);
    ++sent_;
    port_->WhenDurable(outcome.rests_on, [this, path, tail = outcome.tail] {
      ++answered_;
      EXPECT_GE(engine_.Describe(path).tail, tail) << "who is answered sees its own write";
    });
  }

  Engine& engine_;
  ManualExecutor executor_;
  std::unique_ptr<Port> port_;
  std::string name_;
  size_t number_;
  size_t next_[kStreams] = {};
  size_t sent_ = 0, answered_ = 0;
};

void FollowWriters(Engine& engine, ManualClock& clock) {
  constexpr size_t kWriters = 2, kAppends = 12000;
  for (size_t s = 0; s < kStreams; ++s) engine.Create(NewStream(PathOf(s)));
  std::vector<std::unique_ptr<Writer>> writers;
  std::vector<std::unique_ptr<Follower>> followers(kThreads - kWriters);
  for (size_t w = 0; w < kWriters; ++w) {
    writers.push_back(std::make_unique<Writer>(engine, clock, w));
  }
  std::atomic<size_t> writing{kWriters};
  RunThreads(kThreads, [&](size_t t) {
    if (t < kWriters) {
      writers[t]->Run(kAppends);
      if (--writing > 0) return;
      for (size_t s = 0; s < kStreams; ++s) engine.Append(PathOf(s), NewClose());
    } else {
      auto& follower = followers[t - kWriters];
      follower = std::make_unique<Follower>(engine, clock);
      EXPECT_TRUE(follower->Run()) << "a reader was forgotten";
    }
  });
  for (size_t s = 0; s < kStreams; ++s) {
    const std::string text = ReadAll(engine, PathOf(s));
    for (const auto& follower : followers) EXPECT_EQ(follower->text(s), text);
    const auto numbers = Parse(text);
    for (size_t w = 0; w < kWriters; ++w) {
      std::vector<size_t> want(writers[w]->appends_to(s));
      std::iota(want.begin(), want.end(), 0);
      EXPECT_EQ(numbers.at(w), want) << "each once and in order";
    }
  }
}

TEST(EngineStress, FollowersGetEveryAcknowledgedAppendOnceAndInOrder) {
  ManualClock clock;
  Engine engine(clock, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 2});
  FollowWriters(engine, clock);
}

TEST(EngineStress, TheSameWhereAnotherThreadCommits) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 2});
  Committer committer(*log);
  FollowWriters(engine, clock);
}

// What one thread saw of the incarnations it met.
class Witness {
 public:
  void See(StreamId id, const std::string& text, bool closed) {
    Seen& seen = seen_[id];
    const size_t common = std::min(seen.text.size(), text.size());
    EXPECT_EQ(seen.text.substr(0, common), text.substr(0, common)) << "bytes never change";
    if (seen.closed) {
      EXPECT_LE(text.size(), seen.text.size()) << "nothing follows a closure";
    }
    if (text.size() > seen.text.size()) {
      if (closed) seen.closed = true;
      seen.text = text;
    } else if (closed) {
      EXPECT_EQ(text.size(), seen.text.size()) << "closed before what was seen";
      seen.closed = true;
    }
  }

  // In the order of one thread: a tail never goes back, and closed never reopens.
  void SeeLater(StreamId id, const std::string& text, bool closed) {
    const Seen before = seen_[id];
    EXPECT_GE(text.size(), before.text.size());
    EXPECT_TRUE(closed || !before.closed);
    See(id, text, closed);
  }

  void Merge(const Witness& other) {
    for (const auto& [id, seen] : other.seen_) See(id, seen.text, seen.closed);
  }

 private:
  struct Seen {
    std::string text;
    bool closed = false;
  };
  std::map<StreamId, Seen> seen_;
};

// Does anything to any stream, and remembers what it reads.
class Vandal {
 public:
  Vandal(Engine& engine, size_t number) : engine_(engine), number_(number), random_(number) {}

  void Run(size_t steps) {
    for (size_t i = 0; i < steps; ++i) Step(i);
  }
  const Witness& witness() const { return witness_; }
  size_t reads() const { return reads_; }

 private:
  void Step(size_t i) {
    const std::string path = PathOf(random_() % kStreams);
    const uint64_t dice = random_() % 100;
    const std::string data = std::to_string(number_) + ':' + std::to_string(i) + ';';
    if (dice < 10) {
      engine_.Create(NewStream(path, kBytesType, data));
    } else if (dice < 22) {
      engine_.Create(RandomFork(path));
    } else if (dice < 60) {
      engine_.Append(path, NewAppend(data));
    } else if (dice < 62) {
      engine_.Append(path, NewClose());
    } else if (dice < 70) {
      engine_.Remove(path);
    } else {
      Read(path);
    }
  }

  CreateCommand RandomFork(const std::string& path) {
    source_ = PathOf(random_() % kStreams);
    CreateCommand fork = NewFork(path, source_);
    if (random_() % 2 == 0) fork.fork.at = engine_.Read(source_, ReadFrom{}, 50).page.end;
    if (random_() % 4 == 0) {
      // Where no boundary is, or none yet: others append meanwhile.
      fork.fork.at = Offset{engine_.Describe(source_).tail.value + random_() % 6};
    }
    return fork;
  }

  void Read(const std::string& path) {
    const ReadOutcome all = engine_.Read(path, ReadFrom{}, SIZE_MAX);
    if (all.verdict != ReadVerdict::kOk) return;
    ++reads_;
    EXPECT_TRUE(all.page.at_tail);
    Parse(TextOf(all.page));
    witness_.SeeLater(Engine::Info(all.stream).id, TextOf(all.page), all.page.closed);
    const ReadOutcome again = engine_.Read(all.stream, Offset{0}, SIZE_MAX);
    if (again.verdict != ReadVerdict::kOk) return;
    EXPECT_EQ(again.stream, all.stream);
    witness_.SeeLater(Engine::Info(again.stream).id, TextOf(again.page), again.page.closed);
  }

  Engine& engine_;
  size_t number_;
  std::mt19937_64 random_;
  std::string source_;
  Witness witness_;
  size_t reads_ = 0;
};

void Vandalise(Engine& engine) {
  constexpr size_t kSteps = 10000;
  std::vector<std::unique_ptr<Vandal>> vandals;
  for (size_t t = 0; t < kThreads; ++t) vandals.push_back(std::make_unique<Vandal>(engine, t));
  RunThreads(kThreads, [&](size_t t) { vandals[t]->Run(kSteps); });
  Witness all;
  for (const auto& vandal : vandals) {
    EXPECT_GT(vandal->reads(), 100u);
    all.Merge(vandal->witness());
  }
  for (size_t s = 0; s < kStreams; ++s) engine.Remove(PathOf(s));
  EXPECT_EQ(engine.stream_count(), 0u) << "a reference of a fork was leaked";
  EXPECT_EQ(engine.WeightInMemory(), 0u);
}

TEST(EngineStress, BytesNeverChangeClosedNeverReopensAndNoReferenceLeaks) {
  ManualClock clock;
  Engine engine(clock, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 2});
  Vandalise(engine);
}

TEST(EngineStress, AllThatHoldsWhereAnotherThreadCommits) {
  ManualClock clock;
  auto* log = new DelayedLog;  // the engine's
  Engine engine(clock, std::unique_ptr<CommitLog>(log), EngineOptions{.partitions = 2});
  Committer committer(*log);
  Vandalise(engine);
}

TEST(EngineStress, AForkPointIsNeverTakenOnTrustWhileItsSourceGrows) {
  ManualClock clock;
  Engine engine(clock, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 2});
  engine.Create(NewStream("/a"));
  std::atomic<bool> done{false};
  RunThreads(2, [&](size_t t) {
    if (t == 0) {
      while (!done.load()) engine.Append("/a", NewAppend("sixsix"));
      return;
    }
    for (size_t i = 0; i < 20'000; ++i) {
      const uint64_t inside = engine.Describe("/a").tail.value + 6 * (i % 8) + 3;
      EXPECT_NE(engine.Create(NewFork("/f", "/a", inside)).verdict, CreateVerdict::kCreated);
    }
    done = true;
  });
}

TEST(EngineStress, ExpiryRacesWithUseAndLeavesNothing) {
  ManualClock clock;
  Engine engine(clock, std::make_unique<MemoryLog>(), EngineOptions{.partitions = 2});
  RunThreads(kThreads, [&](size_t t) {
    std::mt19937_64 random(t);
    for (size_t i = 0; i < 8000; ++i) {
      const std::string path = PathOf(random() % kStreams), source = PathOf(random() % kStreams);
      CreateCommand command = random() % 2 == 0 ? NewStream(path) : NewFork(path, source);
      command.expiry = Ttl(1);
      engine.Create(command);
      engine.Append(path, NewAppend("x"));
      engine.Read(source, ReadFrom{}, 10);
      if (random() % 4 == 0) clock.AdvanceMs(200);
      engine.SweepExpired(2);
    }
  });
  clock.AdvanceMs(5'000);
  while (engine.SweepExpired(10)) {
  }
  EXPECT_EQ(engine.stream_count(), 0u);
  EXPECT_EQ(engine.WeightInMemory(), 0u);
}

}  // namespace
}  // namespace thalweg
