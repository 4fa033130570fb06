// One run of the crash simulation: an engine over its log and its store over a disk that dies, with
// clients, started again and again on one thread. The same script is the same run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/store_keeper.h"
#include "storage/directory_clock.h"
#include "storage/local_log.h"
#include "testing/crash_clients.h"
#include "testing/crash_oracle.h"
#include "testing/manual_clock.h"
#include "testing/planted.h"
#include "testing/sim_disk.h"
#include "testing/sim_random.h"
#include "testing/sim_writer.h"

namespace thalweg {

// What a run does. Every step has its chance from the seed and its number alone, so that those
// left out change nothing of the others' choices.
struct CrashScript {
  static constexpr uint64_t kSteps = 150;  // of a generation

  uint64_t seed = 1;
  Plant plant = Plant::kNone;
  uint64_t generations = 4;     // servers, before the last that only looks
  std::vector<bool> skipped{};  // steps of all generations; empty: none is
};

class CrashRun {
 public:
  explicit CrashRun(CrashScript script);
  ~CrashRun();

  // What went wrong; empty: nothing did.
  const std::string& Run();

  // Nothing stops; the n-th operation of each generation fails. False: there are fewer.
  bool RunWithFault(uint64_t n, const Fault& fault);

  const std::string& wrong() const { return oracle_.wrong(); }
  uint64_t trace() const { return disk_.TraceHash(); }
  uint64_t checkpoints() const { return checkpoints_; }
  uint64_t merges() const { return merges_; }
  uint64_t records() const { return oracle_.staged().value; }
  uint64_t pages_followed() const { return clients_.pages_followed(); }
  uint64_t parts_followed() const { return clients_.parts_followed(); }
  uint64_t damages() const { return damages_; }
  uint64_t misreads_told() const { return misreads_told_; }
  uint64_t committed_as_loop() const { return committed_as_loop_; }
  uint64_t log_files_used_again() const { return log_files_used_again_; }

 private:
  SimRandom ChanceOf(uint64_t number) const;
  void PlanFaults(SimRandom random);
  void Crash(SimDisk::CrashKind kind);
  bool Recover();
  bool RecoverClock();
  bool RecoverLog(Lsn checkpoint);
  void LastLook();
  void Damage();
  void CutLogAt(const std::vector<std::string>& names);
  void Live(uint64_t generation);
  void Step(SimRandom random);
  void PassTime(SimRandom& random);
  void JumpWall(SimRandom& random);
  bool Commit();
  void BeginAsLoop();
  void EndAsLoop();
  void OnCommitted(Lsn before);
  void Keep();
  void Merge(SimRandom& random);
  void End();
  void ExpectHarmless(const StorageFault& fault);
  bool IsHurt() const;

  const CrashScript script_;
  SimRandom random_;
  SimDisk disk_;
  SimCatalog catalog_;
  PlantedDisk planted_;
  ManualClock machine_clock_;
  DirectoryClock clock_{machine_clock_};
  CrashOracle oracle_{clock_};
  CrashClients clients_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<StoreKeeper> keeper_;
  LocalLog* log_ = nullptr;          // the engine's
  std::optional<SimWriter> writer_;  // of a loop that commits to it; null: nothing is under way
  bool is_failed_ = false;           // a server would have ended, or does so now
  bool is_fault_planned_ = false;    // an operation fails, or has
  std::string planned_text_;         // the system's words for it
  bool is_misread_planned_ = false;  // once, of a segment
  std::string damaged_file_;         // empty: none
  uint64_t damaged_sector_ = 0;
  Lsn proven_;                       // durable by the word of a later block
  std::optional<int64_t> ahead_ms_;  // of the machine's steady clock, since it was started last
  uint64_t checkpoints_ = 0;
  uint64_t merges_ = 0;
  uint64_t damages_ = 0;
  uint64_t misreads_told_ = 0;
  uint64_t committed_as_loop_ = 0;
  uint64_t log_files_used_again_ = 0;
};

}  // namespace thalweg
