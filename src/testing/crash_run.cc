#include "testing/crash_run.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/keyed_hash.h"
#include "testing/planted_log.h"

namespace thalweg {
namespace {

constexpr uint64_t kFileBytes =
    4 * kLogPageBytes;                      // so small that files are used again all the time
constexpr uint64_t kTailBytesMax = 60'000;  // so small that it is full now and then
constexpr size_t kStreamsInMemory = 4;
constexpr int64_t kJumpMsMax = 20'000;

Damage AnyDamage(SimRandom& random) { return static_cast<Damage>(random.Below(kDamages)); }

// Tells the oracle of every record.
class WitnessedLog final : public CommitLog {
 public:
  WitnessedLog(std::unique_ptr<CommitLog> log, CrashOracle& oracle)
      : log_(std::move(log)), oracle_(oracle) {}

  void Attach(CommitListener* listener) override { log_->Attach(listener); }
  Lsn durable() const override { return log_->durable(); }
  bool HasRoom() const override { return log_->HasRoom(); }
  bool HasRoomFor(size_t bytes) const override { return log_->HasRoomFor(bytes); }
  bool HasRoomForBatch() const override { return log_->HasRoomForBatch(); }
  Lsn Stage(const Record& record) noexcept override {
    oracle_.OnStaged(record);
    const Lsn lsn = log_->Stage(record);
    oracle_.Expect(lsn == oracle_.staged(), "the log goes on behind what it had");
    return lsn;
  }

 private:
  const std::unique_ptr<CommitLog> log_;
  CrashOracle& oracle_;
};

}  // namespace

CrashRun::CrashRun(CrashScript script)
    : script_(std::move(script)),
      random_(script_.seed),
      disk_(script_.seed),
      planted_(disk_, script_.plant),
      clients_(machine_clock_, oracle_, script_.plant) {
  SetHashKey(script_.seed);  // in which order an engine's tables are walked through
  for (const char* part : {"log", "segments", "catalog"}) {
    oracle_.Expect(disk_.MakeDirectory(part).has_value(), "a directory");
  }
  oracle_.Expect(disk_.SyncDirectory("").has_value(), "its name");
  disk_.SetHook([this](DiskOp op, const std::string& path) {
    if (op == DiskOp::kRename && path.ends_with(".spare")) ++log_files_used_again_;
  });
}

CrashRun::~CrashRun() { End(); }

SimRandom CrashRun::ChanceOf(uint64_t number) const {
  return SimRandom(SimRandom(script_.seed * 0x1'0000 + number).Next());
}

const std::string& CrashRun::Run() {
  for (uint64_t generation = 0; generation < script_.generations && wrong().empty(); ++generation) {
    SimRandom random = ChanceOf(0xF000 + generation);
    PlanFaults(random);
    Live(generation);
    End();
    Crash(random.Chance(70) ? SimDisk::CrashKind::kPowerCut : SimDisk::CrashKind::kProcess);
    disk_.ClearFaults();
    oracle_.OnCrash();
  }
  is_misread_planned_ = false;
  LastLook();
  return wrong();
}

void CrashRun::PlanFaults(SimRandom random) {
  if (random.Chance(80)) disk_.StopAtNth(1 + random.Below(250));
  if (random.Chance(30)) {
    const OpFilter sync{.op = DiskOp::kSync, .path_part = random.Chance(70) ? "log" : "seg"};
    disk_.FailNth(sync, 1 + random.Below(40), {.code = EIO});
  }
  is_misread_planned_ = random.Chance(20);
  if (is_misread_planned_) {
    const OpFilter read{.op = DiskOp::kRead, .path_part = "segments"};
    disk_.FailNth(read, 1 + random.Below(60), {.code = 0, .misread = AnyDamage(random)});
  }
}

bool CrashRun::RunWithFault(uint64_t n, const Fault& fault) {
  is_fault_planned_ = true;
  planned_text_ = std::strerror(fault.code);
  bool was_reached = false;
  for (uint64_t generation = 0; generation < 2 && wrong().empty(); ++generation) {
    const uint64_t before = disk_.ops();
    disk_.FailNth({}, n, fault);
    Live(generation);
    was_reached |= disk_.ops() - before >= n;
    disk_.ClearFaults();
    End();
    Crash(SimDisk::CrashKind::kPowerCut);
    oracle_.OnCrash();
  }
  is_fault_planned_ = false;
  LastLook();
  return was_reached;
}

// Nothing stands in the way of the last start but damage that the disk did by itself.
void CrashRun::LastLook() {
  if (!wrong().empty()) return;
  if (random_.Chance(20)) Damage();
  const bool is_there = Recover();
  oracle_.Expect(is_there || !damaged_file_.empty(), "nothing stands in the last start's way");
  if (is_there && wrong().empty() && damaged_file_.empty()) clients_.RemoveAll();
  End();
}

void CrashRun::Damage() {
  Crash(SimDisk::CrashKind::kPowerCut);  // so that all of it is on the platter
  const std::string folder = random_.Chance(70) ? "log" : "segments";
  const auto names = disk_.List(folder);
  if (!names || names->empty()) return;
  const std::string path = folder + "/" + (*names)[random_.Below(names->size())];
  const auto file = disk_.Open(path, Disk::Mode::kRead);
  const uint64_t sectors = (*file)->Size().value() / kSectorBytes;
  if (sectors == 0) return;
  damaged_file_ = path;
  const uint64_t first_pages = std::min<uint64_t>(sectors, 4 * kLogPageBytes / kSectorBytes);
  damaged_sector_ = random_.Below(random_.Chance(40) ? first_pages : sectors);
  disk_.CorruptSector(path, damaged_sector_, AnyDamage(random_));
  ++damages_;
  if (script_.plant == Plant::kTakesDamageForEnd && folder == "log") CutLogAt(*names);
}

// What a server leaves that takes damage for the end.
void CrashRun::CutLogAt(const std::vector<std::string>& names) {
  const auto file = disk_.Open(damaged_file_, Disk::Mode::kReadWrite);
  oracle_.Expect((*file)->Truncate(damaged_sector_ * kSectorBytes).has_value(), "a cut");
  for (const std::string& name : names) {
    if ("log/" + name > damaged_file_) static_cast<void>(disk_.Remove("log/" + name));
  }
}

void CrashRun::End() {
  if (engine_ != nullptr) clients_.Disconnect();
  writer_.reset();
  keeper_.reset();
  engine_.reset();
}

// What the disk was told to do it may do.
void CrashRun::ExpectHarmless(const StorageFault& fault) {
  const bool is_planned =
      is_fault_planned_ && fault.message.find(planned_text_) != std::string::npos;
  const bool is_damaged = is_misread_planned_ || !damaged_file_.empty();
  const bool is_of_disk = fault.kind == StorageFault::Kind::kDisk;
  if (is_misread_planned_ && !is_of_disk) ++misreads_told_;
  oracle_.Expect(is_of_disk || is_planned || is_damaged || is_failed_ || disk_.stopped(),
                 fault.message);
}

// What is read now need not be what is there.
bool CrashRun::IsHurt() const {
  return disk_.stopped() || is_fault_planned_ || is_misread_planned_;
}

void CrashRun::Crash(SimDisk::CrashKind kind) {
  disk_.Crash(kind);
  if (kind == SimDisk::CrashKind::kProcess) return;
  machine_clock_.Reboot();
  ahead_ms_.reset();
}

// As long as the machine runs, the time of its servers is one.
bool CrashRun::RecoverClock() {
  if (random_.Chance(20)) JumpWall(random_);
  if (script_.plant == Plant::kForgetsTime) static_cast<void>(disk_.Remove("clock"));
  const auto recovered = clock_.Recover(planted_);
  if (!recovered) ExpectHarmless(DiskFault(recovered.error()).error());
  if (!recovered) return false;
  const int64_t ahead_ms = clock_.SteadyMs() - machine_clock_.SteadyMs();
  oracle_.Expect(ahead_ms_.value_or(ahead_ms) == ahead_ms, "time goes on over a restart");
  ahead_ms_ = ahead_ms;
  return true;
}

// False: the disk died meanwhile, or says that it is damaged.
bool CrashRun::Recover() {
  is_failed_ = false;
  if (!RecoverClock()) return false;
  auto catalog = std::make_unique<PlantedCatalog>(catalog_, disk_, random_, script_.plant);
  auto store = StreamStore::Open(planted_, {}, std::move(catalog));
  if (!store) {
    ExpectHarmless(store.error());
    return false;
  }
  const Lsn checkpoint = (*store)->checkpoint();
  const uint64_t file_bytes = random_.Chance(90) ? kFileBytes : 4 * kFileBytes;
  auto owned = std::make_unique<LocalLog>(
      planted_,
      LocalLogOptions{.file_bytes = file_bytes, .salt_seed = random_.Next(), .clock = &clock_});
  log_ = owned.get();
  EngineStore engine_store{
      .streams = *std::move(store),
      .tail_bytes_max = kTailBytesMax,
      .on_unreadable = [this](const StorageFault& fault) { ExpectHarmless(fault); }};
  auto planted_log = std::make_unique<PlantedLog>(std::move(owned), script_.plant);
  engine_ = std::make_unique<Engine>(
      clock_, std::make_unique<WitnessedLog>(std::move(planted_log), oracle_), EngineOptions{4},
      std::move(engine_store));
  clients_.Connect(*engine_, *log_, kTailBytesMax);
  if (!RecoverLog(checkpoint)) return false;
  Keep();
  clients_.LookAtAll(!IsHurt());
  clients_.RepeatAll();
  return wrong().empty() && !disk_.stopped();
}

bool CrashRun::RecoverLog(Lsn checkpoint) {
  const auto recovered = log_->Recover(
      checkpoint, [&](Lsn lsn, const Record& record) { return engine_->Replay(lsn, record); });
  if (!recovered) {
    ExpectHarmless(recovered.error());
    return false;
  }
  engine_->EndReplay();
  if (const auto removed = engine_->store().RemoveLeftovers(); !removed) {
    ExpectHarmless(removed.error());
    return false;
  }
  oracle_.OnRecovered(recovered->last, damaged_file_.empty() ? oracle_.seen() : proven_);
  return wrong().empty();
}

// Checkpoints and merges, as the server makes them, all the time.
void CrashRun::Keep() {
  const StoreKeeperOptions options{.log_bytes_max = 1'000,
                                   .age_ms_max = 1'500,
                                   .tail_bytes_max = kTailBytesMax,
                                   .merge_bytes_per_s = uint64_t{1} << 40,
                                   .streams_in_memory_max = kStreamsInMemory};
  keeper_ = std::make_unique<StoreKeeper>(
      *engine_, *log_, 0, clock_, options,
      StoreKeeperEvents{
          .on_checkpoint = [this](const Checkpoint::Report&, int64_t) { ++checkpoints_; },
          .on_trouble = [this](const StorageFault& fault) { ExpectHarmless(fault); },
          .on_set_aside = [this](const StorageFault& fault) { ExpectHarmless(fault); },
          .on_failure = [this](const StorageFault&) { is_failed_ = true; }});
}

void CrashRun::Live(uint64_t generation) {
  if (!Recover()) return;
  const uint64_t first = generation * CrashScript::kSteps;
  for (uint64_t step = first; step < first + CrashScript::kSteps; ++step) {
    if (disk_.stopped() || is_failed_ || !wrong().empty()) return;
    if (step < script_.skipped.size() && script_.skipped[step]) continue;
    Step(ChanceOf(step));
  }
  clients_.LookAtAll(false);  // what has expired goes when somebody looks
  if (disk_.stopped() || is_failed_ || !Commit()) return;
  clients_.LookAtAll(!IsHurt());
}

void CrashRun::Step(SimRandom random) {
  const uint64_t kind = random.Below(100);
  if (kind < 18) return clients_.Create(random);
  if (kind < 55) return clients_.Append(random);
  if (kind < 61) return clients_.Remove(random);
  if (kind < 66) return clients_.Read(random);
  if (kind < 72) return clients_.Follow(random);
  if (kind < 78) return PassTime(random);
  if (kind < 82) return void(engine_->SweepExpired(100));
  if (kind < 85 && !log_->failed()) return void(log_->PrepareNext().has_value());
  if (kind < 89) return void(keeper_->Step());
  if (kind < 91) return Merge(random);
  if (kind < 92) return void(engine_->EvictUnused());
  if (kind < 93) return void(engine_->EvictSome(1 + random.Below(4)));
  if (random.Chance(50)) return BeginAsLoop();
  Commit();
}

void CrashRun::PassTime(SimRandom& random) {
  machine_clock_.AdvanceMs(static_cast<int64_t>(random.Below(2'000)));
  if (random.Chance(20)) JumpWall(random);
}

void CrashRun::JumpWall(SimRandom& random) {
  const auto jump_ms = static_cast<int64_t>(random.Below(kJumpMsMax));
  machine_clock_.JumpWallMs(random.Chance(50) ? jump_ms : -jump_ms);
}

// As the log's thread does.
bool CrashRun::Commit() {
  EndAsLoop();
  if (log_->failed()) return false;
  const Lsn before = log_->durable();
  const bool committed = log_->Commit().has_value();
  OnCommitted(before);
  return committed;
}

// As a loop does: other steps come while its write is under way.
void CrashRun::BeginAsLoop() {
  EndAsLoop();
  writer_.emplace();
  if (log_->BeginCommit(*writer_)) return;
  writer_.reset();
  Commit();
}

void CrashRun::EndAsLoop() {
  if (!writer_) return;
  const Lsn before = log_->durable();
  static_cast<void>(log_->EndCommit(*writer_, true));
  writer_.reset();
  if (log_->durable() > before) ++committed_as_loop_;
  OnCommitted(before);
}

void CrashRun::OnCommitted(Lsn before) {
  if (log_->durable() > before) proven_ = before;
  clients_.OnCommitted();
  if (!IsHurt()) clients_.CheckFollowers();
}

void CrashRun::Merge(SimRandom& random) {
  const size_t before = engine_->store().segments().size();
  const auto merged = engine_->store().MergeStep(1 + random.Below(2'000), random.Chance(20));
  if (engine_->store().segments().size() < before) ++merges_;
  if (merged) return;
  ExpectHarmless(merged.error());
  is_failed_ = true;
}

}  // namespace thalweg
