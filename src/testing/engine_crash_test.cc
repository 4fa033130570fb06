// An engine over its log over a disk that dies: what is there afterwards is the fold of what was
// staged, up to a record behind everything that was acknowledged. (DESIGN: I2, I4, I8, I10, I11)
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/store_keeper.h"
#include "storage/local_log.h"
#include "storage/memory_log.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/planted.h"
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
constexpr uint64_t kTailBytesMax = 60'000;           // so small that it is full now and then

// THALWEG_SEEDS=FROM-TO hunts elsewhere than CI does.
std::pair<uint64_t, uint64_t> SeedRange() {
  const char* const text = std::getenv("THALWEG_SEEDS");
  uint64_t from = 1, to = kSeeds;
  if (text != nullptr) {
    const std::string_view range = text;
    const size_t dash = std::min(range.find('-'), range.size());
    std::from_chars(text, text + dash, from);
    if (dash < range.size()) std::from_chars(text + dash + 1, text + range.size(), to);
  }
  return {from, to};
}
uint64_t FirstSeed() { return SeedRange().first; }
uint64_t Seeds() { return SeedRange().second - SeedRange().first + 1; }

std::string PathOf(uint64_t n) { return "s" + std::to_string(n); }
std::string ProducerOf(uint64_t n) { return "p" + std::to_string(n); }

// A log that remembers every record it was given, whatever its disk does.
class RememberingLog final : public CommitLog {
 public:
  RememberingLog(std::unique_ptr<LocalLog> log, std::vector<std::string>& records, Plant plant)
      : log_(std::move(log)), records_(records), plant_(plant) {}

  void Attach(CommitListener* listener) override { log_->Attach(listener); }
  Lsn durable() const override {
    return plant_ == Plant::kPublishesEarly ? Lsn{records_.size()} : log_->durable();
  }
  bool HasRoom() const override { return log_->HasRoom(); }
  Lsn Stage(const Record& record) override {
    EncodeRecord(record, records_.emplace_back());
    return log_->Stage(PlantedRecord(record, plant_).record());
  }

 private:
  const std::unique_ptr<LocalLog> log_;
  std::vector<std::string>& records_;
  const Plant plant_;
};

// What clients can see of a stream.
struct View {
  ReadVerdict verdict = ReadVerdict::kMissing;
  uint64_t tail = 0;
  bool closed = false;
  std::string content;
  bool operator==(const View&) const = default;
};

// Looks at all first: an expired fork goes, and its source with it, when somebody looks.
std::vector<View> ViewsOf(Engine& engine) {
  for (uint64_t n = 0; n < kPaths; ++n) engine.Describe(PathOf(n));
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
  // Clients do nothing after `steps_max` steps, over all generations.
  explicit CrashRun(uint64_t seed, Plant plant = Plant::kNone, uint64_t steps_max = UINT64_MAX)
      : random_(seed), disk_(seed), planted_(disk_, plant), plant_(plant), steps_left_(steps_max) {
    for (const char* part : {"log", "segments", "catalog"}) {
      Expect(disk_.MakeDirectory(part).has_value(), "a directory");
    }
    Expect(disk_.SyncDirectory("").has_value(), "its name");
  }

  // What went wrong; empty: nothing did.
  const std::string& Run() {
    for (int generation = 0; generation < kGenerations && wrong_.empty(); ++generation) {
      if (random_.Chance(80)) disk_.StopAtNth(1 + random_.Below(250));
      if (random_.Chance(30)) {
        const OpFilter sync{.op = DiskOp::kSync, .path_part = random_.Chance(70) ? "log" : "seg"};
        disk_.FailNth(sync, 1 + random_.Below(40), {.code = EIO});
      }
      Live();
      End();
      disk_.Crash(random_.Chance(70) ? SimDisk::CrashKind::kPowerCut
                                     : SimDisk::CrashKind::kProcess);
      disk_.ClearFaults();
    }
    if (wrong_.empty()) Expect(Recover(), "nothing stands in the last recovery's way");
    End();
    return wrong_;
  }

  // Nothing stops; the n-th operation of each generation fails. False: there are fewer.
  bool RunWithFault(uint64_t n, const Fault& fault) {
    is_fault_planned_ = true;
    planned_text_ = std::strerror(fault.code);
    bool was_reached = false;
    for (int generation = 0; generation < 2 && wrong_.empty(); ++generation) {
      const uint64_t before = disk_.ops();
      disk_.FailNth({}, n, fault);
      Live();
      was_reached |= disk_.ops() - before >= n;
      disk_.ClearFaults();
      End();
      disk_.Crash(SimDisk::CrashKind::kPowerCut);
    }
    is_fault_planned_ = false;
    if (wrong_.empty()) Expect(Recover(), "nothing stands in the last recovery's way");
    End();
    return was_reached;
  }
  const std::string& wrong() const { return wrong_; }
  uint64_t checkpoints() const { return checkpoints_; }
  uint64_t merges() const { return merges_; }

  uint64_t trace() const { return disk_.TraceHash(); }
  uint64_t acknowledged() const { return acknowledged_.value; }

 private:
  void Expect(bool holds, const std::string& what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

  void End() {
    keeper_.reset();
    engine_.reset();
  }

  // What the disk was told to do it may do.
  void ExpectHarmless(const StorageFault& fault) {
    const bool is_planned =
        is_fault_planned_ && fault.message.find(planned_text_) != std::string::npos;
    Expect(fault.kind == StorageFault::Kind::kDisk || is_planned || is_failed_ || disk_.stopped(),
           fault.message);
  }

  // False: the disk died meanwhile.
  bool Recover() {
    is_failed_ = false;
    auto catalog = std::make_unique<PlantedCatalog>(catalog_, disk_, random_, plant_);
    auto store = StreamStore::Open(planted_, {}, std::move(catalog));
    if (!store) {
      ExpectHarmless(store.error());
      return false;
    }
    const Lsn checkpoint = (*store)->checkpoint();
    auto owned = std::make_unique<LocalLog>(
        planted_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = random_.Next()});
    log_ = owned.get();
    EngineStore engine_store{
        .streams = *std::move(store),
        .tail_bytes_max = kTailBytesMax,
        .on_unreadable = [this](const StorageFault& fault) { ExpectHarmless(fault); }};
    engine_ = std::make_unique<Engine>(
        clock_, std::make_unique<RememberingLog>(std::move(owned), records_, plant_),
        EngineOptions{4}, std::move(engine_store));
    const auto recovered = log_->Recover(
        checkpoint, [&](Lsn lsn, const Record& record) { return engine_->Replay(lsn, record); });
    if (!recovered) {
      ExpectHarmless(recovered.error());
      return false;
    }
    engine_->EndReplay();
    const Lsn last = recovered->last;
    Expect(last >= acknowledged_, "what was acknowledged is there");
    Expect(last.value <= records_.size(), "nothing is there that was not staged");
    if (!wrong_.empty()) return false;
    records_.resize(last.value);
    acknowledged_ = last;
    Keep();
    const std::vector<View> folded = FoldOfRecords();  // before a look adds removals
    const std::vector<View> seen = ViewsOf(*engine_);
    if (IsHurt()) return !disk_.stopped();
    Expect(seen == folded, "it is the fold of what was staged");
    if (quiet_ && quiet_->first == last) Expect(seen == quiet_->second, "it is what it was before");
    CheckProducers();
    CheckSeen();
    return true;
  }

  // What is read now need not be what is there.
  bool IsHurt() const { return disk_.stopped() || is_fault_planned_; }

  // Checkpoints and merges, as the server makes them, all the time.
  void Keep() {
    const StoreKeeperOptions options{.log_bytes_max = 3'000,
                                     .age_ms_max = 1'500,
                                     .tail_bytes_max = kTailBytesMax,
                                     .merge_bytes_per_s = uint64_t{1} << 40,
                                     .streams_in_memory_max = kPaths / 2};
    keeper_ = std::make_unique<StoreKeeper>(
        *engine_, *log_, 0, clock_, options,
        StoreKeeperEvents{
            .on_checkpoint = [this](const Checkpoint::Report&, int64_t) { ++checkpoints_; },
            .on_trouble = [this](const StorageFault& fault) { ExpectHarmless(fault); },
            .on_failure = [this](const StorageFault&) { is_failed_ = true; }});
  }

  void Merge() {
    const size_t before = engine_->store().segments().size();
    const auto merged = engine_->store().MergeStep(1 + random_.Below(2'000), random_.Chance(20));
    if (engine_->store().segments().size() < before) ++merges_;
    if (merged) return;
    ExpectHarmless(merged.error());
    is_failed_ = true;
  }

  std::vector<View> FoldOfRecords() {
    Engine fold(clock_, std::make_unique<MemoryLog>(), EngineOptions{1});
    Lsn lsn;
    for (const std::string& bytes : records_) {
      ++lsn.value;
      const auto folded = fold.Replay(lsn, *DecodeRecord(bytes));
      if (!folded) Expect(false, folded.error().message);
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
      Expect(engine_->Append(path, repeat).verdict == AppendVerdict::kDuplicate,
             "a producer's repeat is known");
    }
  }

  // What readers saw is there, unless its stream has ended.
  void CheckSeen() {
    std::erase_if(seen_, [this](const auto& one) { return IsEnded(one.second.stream); });
    for (const auto& [path, seen] : seen_) {
      const ReadOutcome read = engine_->Read(path, ReadFrom{}, 1);
      const bool is_there =
          read.verdict == ReadVerdict::kOk && Engine::Info(read.stream).id == seen.stream;
      const std::string content = is_there ? ReadAll(*engine_, path) : "";
      if (IsHurt()) return;
      Expect(is_there, "a stream that was seen is there");
      Expect(content.starts_with(seen.content), "what was seen is there");
      Expect(!seen.closed || engine_->Describe(path).closed, "what was closed is closed");
    }
  }

  // Whether some record that is there ended it for clients.
  bool IsEnded(StreamId stream) const {
    return std::ranges::any_of(records_, [&](const std::string& bytes) {
      const Record record = *DecodeRecord(bytes);
      const auto* const removal = std::get_if<RemoveRecord>(&record);
      return removal != nullptr && removal->id == stream;
    });
  }

  // A reader, live or not: all that it may see.
  void Look() {
    const std::string path = AnyPath();
    const ReadOutcome read = engine_->Read(path, ReadFrom{}, 1);
    const bool is_answered = plant_ == Plant::kPublishesEarly || read.rests_on <= log_->durable();
    if (read.verdict != ReadVerdict::kOk || !is_answered) return;
    const StreamId stream = Engine::Info(read.stream).id;
    Seen& seen = seen_[path];
    const std::string content = ReadAll(*engine_, path);
    if (IsHurt()) return void(seen_.erase(path));  // it may have got a 500
    if (seen.stream == stream) {
      Expect(content.starts_with(seen.content), "a reader goes on where it was");
    }
    seen = {stream, content, engine_->Describe(path).closed};
  }

  void Live() {
    if (!Recover()) return;
    quiet_.reset();
    stamped_.clear();
    for (uint64_t step = 0; step < kSteps && !disk_.stopped() && !is_failed_; ++step) {
      if (steps_left_ == 0) break;
      --steps_left_;
      Step();
    }
    ViewsOf(*engine_);  // what has expired goes when somebody looks
    if (disk_.stopped() || is_failed_ || !Commit()) return;
    std::vector<View> views = ViewsOf(*engine_);
    if (!IsHurt()) quiet_ = {engine_->durable(), std::move(views)};
  }

  bool Commit() {
    if (log_->failed()) return false;
    const bool committed = log_->Commit().has_value();
    acknowledged_ = plant_ == Plant::kAnswersEarly ? Lsn{records_.size()} : log_->durable();
    return committed;
  }

  void Step() {
    const uint64_t kind = random_.Below(100);
    if (kind < 20) return Create();
    if (kind < 60) return Append();
    if (kind < 68) return void(engine_->Remove(AnyPath()));
    if (kind < 72) return Look();
    if (kind < 78) return clock_.AdvanceMs(static_cast<int64_t>(random_.Below(2000)));
    if (kind < 82) return void(engine_->SweepExpired(100));
    if (kind < 85 && !log_->failed()) return void(log_->PrepareNext().has_value());
    if (kind < 89) return void(keeper_->Step());
    if (kind < 91) return Merge();
    if (kind < 93) return engine_->EvictIdle();
    if (kind < 94) return clock_.JumpWallMs(static_cast<int64_t>(random_.Below(8000)) - 4000);
    Commit();
  }

  std::string AnyPath() { return PathOf(random_.Below(kPaths)); }

  void Create() {
    const std::string path = AnyPath(), source = AnyPath(), data(random_.Below(300), 'c');
    CreateCommand command =
        random_.Chance(30) ? NewFork(path, source) : NewStream(path, kBytesType, data);
    if (random_.Chance(20)) command.expiry = Ttl(1 + random_.Below(3));
    if (random_.Chance(5)) {
      command.expiry = EndsAt(clock_.WallMs() + static_cast<int64_t>(random_.Below(6000)));
    }
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
    if (outcome.verdict == AppendVerdict::kAppended) Repeat(path, command, outcome.rests_on);
    if (stamp && outcome.verdict == AppendVerdict::kAppended) {
      stamped_[{path, producer}] = {Engine::Info(read.stream).id, seq, outcome.rests_on};
    }
  }

  // A client that did not wait for its answer sends it again.
  void Repeat(const std::string& path, const AppendCommand& command, Lsn original) {
    if (!command.producer || command.close || !random_.Chance(20)) return;
    const AppendOutcome again = engine_->Append(path, command);
    if (again.trouble != Trouble::kNone) return;
    Expect(again.verdict == AppendVerdict::kDuplicate, "a repeat is known");
    Expect(again.rests_on >= original, "a repeat is answered when its original may be");
  }

  struct Seen {
    StreamId stream;
    std::string content;
    bool closed = false;
  };
  struct Stamped {
    StreamId stream;
    uint64_t seq = 0;
    Lsn lsn;
  };

  SimRandom random_;
  SimDisk disk_;
  SimCatalog catalog_;
  PlantedDisk planted_;
  const Plant plant_;
  uint64_t steps_left_;
  std::string wrong_;
  ManualClock clock_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<StoreKeeper> keeper_;
  bool is_failed_ = false;         // a server would have ended, or does so now
  bool is_fault_planned_ = false;  // an operation fails, or has
  std::string planned_text_;       // the system's words for it
  uint64_t checkpoints_ = 0;
  uint64_t merges_ = 0;
  LocalLog* log_ = nullptr;           // the engine's
  std::vector<std::string> records_;  // all that was staged and not undone by a crash
  Lsn acknowledged_;
  std::optional<std::pair<Lsn, std::vector<View>>> quiet_;  // before the crash, all committed
  std::map<std::pair<std::string, std::string>, Stamped> stamped_;
  std::map<std::string, Seen> seen_;  // by path
};

// The fewest steps after which a seed that fails still does.
uint64_t FewestSteps(uint64_t seed, Plant plant = Plant::kNone) {
  uint64_t steps = 0;
  while (steps < kGenerations * kSteps && CrashRun(seed, plant, steps).Run().empty()) ++steps;
  return steps;
}

TEST(EngineCrash, WhatIsThereAfterACrashIsTheFoldOfWhatWasStaged) {
  uint64_t acknowledged = 0, checkpoints = 0, merges = 0;
  for (uint64_t seed = FirstSeed(); seed < FirstSeed() + Seeds(); ++seed) {
    CrashRun run(seed);
    ASSERT_EQ(run.Run(), "") << "does not hold; seed " << seed << ", within " << FewestSteps(seed)
                             << " steps";
    acknowledged += run.acknowledged();
    checkpoints += run.checkpoints();
    merges += run.merges();
  }
  EXPECT_GT(acknowledged, Seeds() * 50) << "the runs did too little";
  EXPECT_GT(checkpoints, Seeds() * 2) << "the runs did too little";
  EXPECT_GT(merges, Seeds() / 20) << "the runs did too little";
}

// Whatever operation fails, once or for good, in whatever way: nothing is lost, and a start without
// faults finds it all.
TEST(EngineCrash, AnErrorAtAnyOperationLosesNothing) {
  const Fault faults[] = {{.code = EIO},
                          {.code = ENOSPC},
                          {.code = ENOSPC, .times = 20},
                          {.code = EIO, .times = UINT64_MAX}};
  for (const Fault& fault : faults) {
    for (uint64_t n = 1;; ++n) {
      CrashRun run(n);
      const bool was_reached = run.RunWithFault(n, fault);
      ASSERT_EQ(run.wrong(), "") << "does not hold; code " << fault.code << ", " << fault.times
                                 << " times from operation " << n;
      if (!was_reached) break;
    }
  }
}

TEST(EngineCrash, EveryPlantedMistakeIsFound) {
  for (const Plant plant : kPlants) {
    uint64_t seed = 1;
    while (seed <= kSeeds && CrashRun(seed, plant).Run().empty()) ++seed;
    EXPECT_LE(seed, kSeeds) << "mistake " << static_cast<int>(plant) << " was not found";
    RecordProperty("plant" + std::to_string(static_cast<int>(plant)), static_cast<int>(seed));
  }
}

TEST(EngineCrash, AFailingSeedShrinks) {
  uint64_t seed = 1;
  while (CrashRun(seed, Plant::kForgetsProducers).Run().empty()) ++seed;
  const uint64_t steps = FewestSteps(seed, Plant::kForgetsProducers);
  EXPECT_LT(steps, kGenerations * kSteps);
  EXPECT_NE(CrashRun(seed, Plant::kForgetsProducers, steps).Run(), "");
  EXPECT_EQ(CrashRun(seed, Plant::kForgetsProducers, steps - 1).Run(), "");
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
