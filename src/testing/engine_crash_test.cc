// An engine over its log over a disk that dies: what is there afterwards is the fold of what was
// staged, up to a record behind everything that was acknowledged. (DESIGN: I2, I4, I8, I10, I11)
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "storage/local_log.h"
#include "storage/memory_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"
#include "testing/sim_random.h"

namespace thalweg {
namespace {

constexpr uint64_t kSeeds = 2000;
constexpr int kGenerations = 4;
constexpr uint64_t kSteps = 150;
constexpr uint64_t kPaths = 8;
constexpr uint64_t kProducers = 3;
constexpr uint64_t kFileBytes = 16 * kLogPageBytes;  // so small that the log rolls often

std::string PathOf(uint64_t n) { return "s" + std::to_string(n); }
std::string ProducerOf(uint64_t n) { return "p" + std::to_string(n); }

// A log that remembers every record it was given, whatever its disk does.
class RememberingLog final : public CommitLog {
 public:
  RememberingLog(std::unique_ptr<LocalLog> log, std::vector<std::string>& records)
      : log_(std::move(log)), records_(records) {}

  void Attach(CommitListener* listener) override { log_->Attach(listener); }
  Lsn durable() const override { return log_->durable(); }
  bool HasRoom() const override { return log_->HasRoom(); }
  Lsn Stage(const Record& record) override {
    EncodeRecord(record, records_.emplace_back());
    const Lsn lsn = log_->Stage(record);
    EXPECT_EQ(lsn.value, records_.size());
    return lsn;
  }

 private:
  const std::unique_ptr<LocalLog> log_;
  std::vector<std::string>& records_;
};

// What clients can see of a stream.
struct View {
  ReadVerdict verdict = ReadVerdict::kMissing;
  uint64_t tail = 0;
  bool closed = false;
  std::string content;
  bool operator==(const View&) const = default;
};

std::vector<View> ViewsOf(Engine& engine) {
  std::vector<View> views;
  for (uint64_t n = 0; n < kPaths; ++n) {
    const DescribeOutcome seen = engine.Describe(PathOf(n));
    View& view = views.emplace_back();
    view.verdict = seen.verdict;
    if (seen.verdict != ReadVerdict::kOk) continue;
    view.tail = seen.tail.value;
    view.closed = seen.closed;
    view.content = ReadAll(engine, PathOf(n));
  }
  return views;
}

class CrashRun {
 public:
  explicit CrashRun(uint64_t seed) : random_(seed), disk_(seed) {
    EXPECT_TRUE(disk_.MakeDirectory("log"));
    EXPECT_TRUE(disk_.SyncDirectory(""));
  }

  void Run() {
    for (int generation = 0; generation < kGenerations; ++generation) {
      if (random_.Chance(80)) disk_.StopAtNth(1 + random_.Below(120));
      Live();
      engine_.reset();
      disk_.Crash(random_.Chance(70) ? SimDisk::CrashKind::kPowerCut
                                     : SimDisk::CrashKind::kProcess);
      if (testing::Test::HasFailure()) return;
    }
    ASSERT_TRUE(Recover());
  }

  uint64_t trace() const { return disk_.TraceHash(); }
  uint64_t acknowledged() const { return acknowledged_.value; }

 private:
  // False: the disk died meanwhile.
  bool Recover() {
    auto owned = std::make_unique<LocalLog>(
        disk_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = random_.Next()});
    log_ = owned.get();
    engine_ = std::make_unique<Engine>(
        clock_, std::make_unique<RememberingLog>(std::move(owned), records_), EngineOptions{4});
    const auto recovered = log_->Recover(
        Lsn{0}, [&](Lsn lsn, const Record& record) { return engine_->Replay(lsn, record); });
    if (!recovered) {
      EXPECT_EQ(recovered.error().kind, StorageFault::Kind::kDisk) << recovered.error().message;
      return false;
    }
    engine_->EndReplay();
    const Lsn last = recovered->last;
    EXPECT_GE(last, acknowledged_) << "what was acknowledged is gone";
    EXPECT_LE(last.value, records_.size()) << "more is there than was staged";
    records_.resize(last.value);
    acknowledged_ = last;
    EXPECT_EQ(ViewsOf(*engine_), FoldOfRecords());
    if (quiet_ && quiet_->first == last) {
      EXPECT_EQ(ViewsOf(*engine_), quiet_->second);
    }
    CheckProducers();
    return true;
  }

  std::vector<View> FoldOfRecords() {
    Engine fold(clock_, std::make_unique<MemoryLog>(), EngineOptions{1});
    Lsn lsn;
    for (const std::string& bytes : records_) {
      ++lsn.value;
      const auto folded = fold.Replay(lsn, *DecodeRecord(bytes));
      EXPECT_TRUE(folded) << folded.error().message;
    }
    fold.EndReplay();
    return ViewsOf(fold);
  }

  // The last acknowledged append of each producer is known: its repeat changes nothing.
  void CheckProducers() {
    for (const auto& [key, stamped] : stamped_) {
      const auto& [path, producer] = key;
      if (stamped.lsn > acknowledged_ || engine_->Describe(path).closed) continue;
      const ReadOutcome read = engine_->Read(path, ReadFrom{}, 1);
      if (read.verdict != ReadVerdict::kOk) continue;
      if (Engine::Info(read.stream).id != stamped.stream) continue;
      AppendCommand repeat = NewAppend("again");
      repeat.producer = ProducerStamp{.id = producer, .epoch = 0, .seq = stamped.seq};
      EXPECT_EQ(engine_->Append(path, repeat).verdict, AppendVerdict::kDuplicate);
    }
  }

  void Live() {
    if (!Recover()) return;
    quiet_.reset();
    stamped_.clear();
    for (uint64_t step = 0; step < kSteps && !disk_.stopped(); ++step) Step();
    ViewsOf(*engine_);  // what has expired goes when somebody looks
    if (disk_.stopped() || !Commit()) return;
    quiet_ = {engine_->durable(), ViewsOf(*engine_)};
  }

  bool Commit() {
    if (log_->failed()) return false;
    const bool committed = log_->Commit().has_value();
    acknowledged_ = log_->durable();
    return committed;
  }

  void Step() {
    const uint64_t kind = random_.Below(100);
    if (kind < 20) return Create();
    if (kind < 60) return Append();
    if (kind < 68) return void(engine_->Remove(AnyPath()));
    if (kind < 72) return void(engine_->Read(AnyPath(), ReadFrom{}, 100));
    if (kind < 78) return clock_.AdvanceMs(static_cast<int64_t>(random_.Below(2000)));
    if (kind < 82) return void(engine_->SweepExpired(100));
    if (kind < 86 && !log_->failed()) return void(log_->PrepareNext().has_value());
    Commit();
  }

  std::string AnyPath() { return PathOf(random_.Below(kPaths)); }

  void Create() {
    const std::string path = AnyPath(), source = AnyPath(), data(random_.Below(300), 'c');
    CreateCommand command =
        random_.Chance(30) ? NewFork(path, source) : NewStream(path, kBytesType, data);
    if (random_.Chance(20)) command.expiry = Ttl(1 + random_.Below(3));
    command.closed = random_.Chance(5);
    engine_->Create(command);
  }

  void Append() {
    const std::string path = AnyPath(), producer = ProducerOf(random_.Below(kProducers));
    const std::string data(1 + random_.Below(random_.Chance(5) ? 40'000 : 400), 'd');
    AppendCommand command = NewAppend(data);
    command.close = random_.Chance(3);
    const ReadOutcome read = engine_->Read(path, ReadFrom{}, 1);
    const auto known = stamped_.find({path, producer});
    const bool stamp = read.verdict == ReadVerdict::kOk && random_.Chance(50);
    uint64_t seq = 0;
    if (stamp) {
      const bool follows =
          known != stamped_.end() && known->second.stream == Engine::Info(read.stream).id;
      seq = follows ? known->second.seq + 1 : 0;
      command.producer = ProducerStamp{.id = producer, .epoch = 0, .seq = seq};
    }
    const AppendOutcome outcome = engine_->Append(path, command);
    if (stamp && outcome.verdict == AppendVerdict::kAppended) {
      stamped_[{path, producer}] = {Engine::Info(read.stream).id, seq, outcome.rests_on};
    }
  }

  struct Stamped {
    StreamId stream;
    uint64_t seq = 0;
    Lsn lsn;
  };

  SimRandom random_;
  SimDisk disk_;
  ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  LocalLog* log_ = nullptr;           // the engine's
  std::vector<std::string> records_;  // all that was staged and not undone by a crash
  Lsn acknowledged_;
  std::optional<std::pair<Lsn, std::vector<View>>> quiet_;  // before the crash, all committed
  std::map<std::pair<std::string, std::string>, Stamped> stamped_;
};

TEST(EngineCrash, WhatIsThereAfterACrashIsTheFoldOfWhatWasStaged) {
  uint64_t acknowledged = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CrashRun run(seed);
    run.Run();
    if (HasFailure()) return;
    acknowledged += run.acknowledged();
  }
  EXPECT_GT(acknowledged, kSeeds * 50) << "the runs did too little";
}

TEST(EngineCrash, OneSeedIsOneRun) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    CrashRun a(seed), b(seed);
    a.Run();
    b.Run();
    EXPECT_EQ(a.trace(), b.trace()) << seed;
  }
}

}  // namespace
}  // namespace thalweg
