// A disk in memory that loses, tears and fails on purpose, the same way for the same seed.
//
// What is written is seen by everybody at once and is on the platter only after a sync: of a file
// for its bytes, of its directory for its name. A crash of the process keeps all that was written,
// a power cut keeps a random part of it (sim_file.h, sim_tree.h say which). Files that were open
// then answer EIO for ever; REQUIRES: the disk outlives them.
//
// Crosses threads: mutex_ guards everything, though only one thread at a time gives the same trace
// twice.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/disk.h"
#include "testing/sim_faults.h"
#include "testing/sim_file.h"
#include "testing/sim_random.h"
#include "testing/sim_tree.h"
#include "testing/sim_writer.h"

namespace thalweg {

class SimDisk final : public Disk {
 public:
  enum class CrashKind : uint8_t { kProcess, kPowerCut };
  using OpHook = std::function<void(DiskOp op, const std::string& path)>;

  explicit SimDisk(uint64_t seed);

  [[nodiscard]] DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override;
  [[nodiscard]] DiskResult<void> Rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] DiskResult<void> Remove(const std::string& path) override;
  [[nodiscard]] DiskResult<void> MakeDirectory(const std::string& path) override;
  [[nodiscard]] DiskResult<void> SyncDirectory(const std::string& path) override;
  [[nodiscard]] DiskResult<std::vector<std::string>> List(const std::string& path) override;
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override;
  std::unique_ptr<AsyncWriter> NewAsyncWriter(int event_fd) override {
    return std::make_unique<SimWriter>(event_fd, has_async_writes_);
  }

  // From now on its writers begin nothing, as on a file system that has no such writes.
  void LoseAsyncWrites() { has_async_writes_ = false; }

  // Ends every open file and lock, and a stop; the disk is as the next process finds it. Faults
  // that were planned stay planned.
  void Crash(CrashKind kind);

  // The machine stops in the middle of the n-th operation from now (1: the next): what that one
  // writes may reach the platter like everything unsynced, a sync does nothing, and it and all that
  // follow answer EIO until Crash.
  void StopAtNth(uint64_t n);
  bool stopped() const;

  // The n-th operation from now on that matches fails (1: the next) and changes nothing, but: a
  // write writes the fault's written_bytes; a sync loses what it should have saved, for good; a
  // read with misread succeeds.
  void FailNth(const OpFilter& filter, uint64_t n, const Fault& fault);
  void ClearFaults();

  // The room for all files together; a file takes its size, rounded up to sectors, and gives it
  // back when its removal is synced and nobody has it open. Without room a write writes what fits
  // and says ENOSPC; an allocation changes nothing.
  void SetRoom(uint64_t bytes_max);
  uint64_t bytes_used() const;
  std::optional<uint64_t> FreeBytes(const std::string& path) const override;

  // Damages a sector (of kSectorBytes) as the platter has it. REQUIRES: the file is there, synced
  // and long enough.
  void CorruptSector(const std::string& path, uint64_t sector, Damage damage);

  // Called before each operation, without a lock; for schedulers. Not while operations run.
  void SetHook(OpHook hook) { hook_ = std::move(hook); }

  // Of everything asked and answered so far: two runs of one seed that did the same are equal.
  uint64_t TraceHash() const;

  // How many operations there were, failed ones too.
  uint64_t ops() const;
  uint64_t ops(DiskOp op) const;

 private:
  friend class SimHandle;

  // What is to become of one operation.
  struct Ruling {
    std::optional<Fault> fault;  // it fails, by plan
    bool is_dead = false;        // it meets a stopped machine, or comes from before a crash
    bool stops_here = false;     // it happens, but nobody hears that it did
  };

  static constexpr uint64_t kNeverStops = UINT64_MAX;
  static constexpr uint64_t kThisEra = UINT64_MAX;  // for what needs no open file

  // Runs one operation under the lock: `apply`, or where it fails by plan `fail`. Both answer an
  // errno; 0 from `fail` stands for the fault's own.
  template <typename Apply, typename Fail>
  int Run(DiskOp op, const std::string& path, uint64_t era, Apply apply, Fail fail);
  template <typename Apply>
  int Run(DiskOp op, const std::string& path, Apply apply);
  Ruling Rule(DiskOp op, const std::string& path, uint64_t era);
  void Trace(uint64_t value);
  void Trace(std::string_view text);

  mutable std::mutex mutex_;
  SimRandom random_;
  SimSpace space_;
  StaleSectors stale_;
  SimTree tree_;
  SimFaults faults_;
  OpHook hook_;
  bool has_async_writes_ = true;
  uint64_t era_ = 0;  // crashes so far; handles of an earlier one are dead
  uint64_t stop_in_ = kNeverStops;
  bool stopped_ = false;
  uint64_t trace_ = 0;
  uint64_t ops_ = 0;
  std::array<uint64_t, static_cast<size_t>(DiskOp::kLock) + 1> ops_by_kind_{};
};

}  // namespace thalweg
