// An engine over its log over a disk that dies: what is there afterwards is the fold of what was
// staged, up to a record behind everything that was acknowledged. (DESIGN: I2, I4, I8, I10, I11)
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// Mistakes that a storage engine could make; each must be found.
enum class Plant : uint8_t {
  kNone,
  kSkipsSync,           // of a file
  kSkipsDirectorySync,  // so that names are lost
  kRetriesSync,         // takes the second try's success for the first one's
  kTrustsCache,         // goes on from what a failed sync left in memory
  kAnswersEarly,        // before the record is synced
};

constexpr Plant kPlants[] = {Plant::kSkipsSync, Plant::kSkipsDirectorySync, Plant::kRetriesSync,
                             Plant::kTrustsCache, Plant::kAnswersEarly};

class PlantedFile final : public File {
 public:
  PlantedFile(std::unique_ptr<File> file, Plant plant) : file_(std::move(file)), plant_(plant) {}

  DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const override {
    return file_->ReadAt(offset, out);
  }
  DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) override {
    return file_->WriteAt(offset, bytes);
  }
  DiskResult<void> Sync() override {
    if (plant_ == Plant::kSkipsSync) return {};
    const auto synced = file_->Sync();
    return !synced && plant_ == Plant::kRetriesSync ? file_->Sync() : synced;
  }
  void DropCache() override {
    if (plant_ != Plant::kTrustsCache) file_->DropCache();
  }
  DiskResult<void> Allocate(uint64_t size) override { return file_->Allocate(size); }
  DiskResult<void> Truncate(uint64_t size) override { return file_->Truncate(size); }
  DiskResult<uint64_t> Size() const override { return file_->Size(); }
  int fd() const override { return file_->fd(); }

 private:
  const std::unique_ptr<File> file_;
  const Plant plant_;
};

class PlantedDisk final : public Disk {
 public:
  PlantedDisk(Disk& disk, Plant plant) : disk_(disk), plant_(plant) {}

  DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override {
    auto file = disk_.Open(path, mode);
    if (file) *file = std::make_unique<PlantedFile>(std::move(*file), plant_);
    return file;
  }
  DiskResult<void> Rename(const std::string& from, const std::string& to) override {
    return disk_.Rename(from, to);
  }
  DiskResult<void> Remove(const std::string& path) override { return disk_.Remove(path); }
  DiskResult<void> MakeDirectory(const std::string& path) override {
    return disk_.MakeDirectory(path);
  }
  DiskResult<void> SyncDirectory(const std::string& path) override {
    if (plant_ == Plant::kSkipsDirectorySync) return {};
    return disk_.SyncDirectory(path);
  }
  DiskResult<std::vector<std::string>> List(const std::string& path) override {
    return disk_.List(path);
  }
  DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override {
    return disk_.Lock(path);
  }

 private:
  Disk& disk_;
  const Plant plant_;
};

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
    return log_->Stage(record);
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
  explicit CrashRun(uint64_t seed, Plant plant = Plant::kNone)
      : random_(seed), disk_(seed), planted_(disk_, plant), plant_(plant) {
    Expect(disk_.MakeDirectory("log").has_value(), "a directory");
    Expect(disk_.SyncDirectory("").has_value(), "its name");
  }

  // What went wrong; empty: nothing did.
  const std::string& Run() {
    for (int generation = 0; generation < kGenerations && wrong_.empty(); ++generation) {
      if (random_.Chance(80)) disk_.StopAtNth(1 + random_.Below(120));
      if (random_.Chance(30)) {
        const OpFilter sync{.op = DiskOp::kSync, .path_part = "log"};
        disk_.FailNth(sync, 1 + random_.Below(40), {.code = EIO});
      }
      Live();
      engine_.reset();
      disk_.Crash(random_.Chance(70) ? SimDisk::CrashKind::kPowerCut
                                     : SimDisk::CrashKind::kProcess);
      disk_.ClearFaults();
    }
    if (wrong_.empty()) Expect(Recover(), "nothing stands in the last recovery's way");
    return wrong_;
  }

  uint64_t trace() const { return disk_.TraceHash(); }
  uint64_t acknowledged() const { return acknowledged_.value; }

 private:
  void Expect(bool holds, const std::string& what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

  // False: the disk died meanwhile.
  bool Recover() {
    auto owned = std::make_unique<LocalLog>(
        planted_, LocalLogOptions{.file_bytes = kFileBytes, .salt_seed = random_.Next()});
    log_ = owned.get();
    engine_ = std::make_unique<Engine>(
        clock_, std::make_unique<RememberingLog>(std::move(owned), records_), EngineOptions{4});
    const auto recovered = log_->Recover(
        Lsn{0}, [&](Lsn lsn, const Record& record) { return engine_->Replay(lsn, record); });
    if (!recovered) {
      Expect(recovered.error().kind == StorageFault::Kind::kDisk, recovered.error().message);
      return false;
    }
    engine_->EndReplay();
    const Lsn last = recovered->last;
    Expect(last >= acknowledged_, "what was acknowledged is there");
    Expect(last.value <= records_.size(), "nothing is there that was not staged");
    if (!wrong_.empty()) return false;
    records_.resize(last.value);
    acknowledged_ = last;
    const std::vector<View> folded = FoldOfRecords();  // before a look adds removals
    Expect(ViewsOf(*engine_) == folded, "it is the fold of what was staged");
    if (quiet_ && quiet_->first == last) {
      Expect(ViewsOf(*engine_) == quiet_->second, "it is what it was before");
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
    acknowledged_ = plant_ == Plant::kAnswersEarly ? Lsn{records_.size()} : log_->durable();
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
  PlantedDisk planted_;
  const Plant plant_;
  std::string wrong_;
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
    CrashRun run(seed);
    ASSERT_EQ(run.Run(), "") << "does not hold; seed " << seed;
    acknowledged += run.acknowledged();
  }
  EXPECT_GT(acknowledged, kSeeds * 50) << "the runs did too little";
}

TEST(EngineCrash, EveryPlantedMistakeIsFound) {
  for (const Plant plant : kPlants) {
    uint64_t seed = 1;
    while (seed <= kSeeds && CrashRun(seed, plant).Run().empty()) ++seed;
    EXPECT_LE(seed, kSeeds) << "mistake " << static_cast<int>(plant) << " was not found";
    RecordProperty("plant" + std::to_string(static_cast<int>(plant)), static_cast<int>(seed));
  }
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
