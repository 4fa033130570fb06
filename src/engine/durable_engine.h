// An engine on a disk: recovered from catalog, segments and log, then served with the threads at
// work that commit, checkpoint, merge, and read what others must not wait for.
//
// Crosses threads: made and destroyed by one thread, with nobody else in the engine; its threads
// run in between.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/worker_pool.h"
#include "engine/engine.h"
#include "engine/store_keeper.h"
#include "engine/store_thread.h"
#include "storage/catalog.h"
#include "storage/directory_clock.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/local_log.h"
#include "storage/log_threads.h"

namespace thalweg {

struct DurableEngineOptions {
  LocalLogOptions log;
  StoreKeeperOptions keeper;
  EngineOptions engine;
  // Streams that nobody can load are removed by the start, and on_unreadable is told of each.
  bool removes_unreadable = false;
};

// What the operator is told of. THREAD: any.
struct DurableEngineEvents {
  // Its on_failure is told of the log, too, once in all: a write or a sync has failed, or does not
  // end (log_watch.h). The engine refuses every change from then on; the process should end and
  // recover from what the disk holds.
  StoreKeeperEvents keeper;
  // With why, when the log has no room for more, so that what brings bytes is refused; with null
  // when it has again.
  std::function<void(const StorageFault*)> on_log_room{};
  // For so long the disk has ended no write of the log: every minute; 0: it does again.
  std::function<void(int64_t silent_ms)> on_silent_disk{};
  std::function<void(const StorageFault&)> on_unreadable;  // a stream; who asked for it got a 500
};

// What a start found, for the operator.
struct EngineRecovery {
  LogRecoveryReport log;
  Lsn checkpoint;       // that it was read behind
  size_t segments = 0;  // of the store
};

class DurableEngine {
 public:
  // Recovers what `catalog` and the folders of log and store hold, and the time of the root of
  // `disk`. REQUIRES: the folders are there; disk and clock outlive the result.
  static StorageResult<std::unique_ptr<DurableEngine>> Open(Disk& disk,
                                                            std::unique_ptr<Catalog> catalog,
                                                            const DurableEngineOptions& options,
                                                            const Clock& clock,
                                                            const DurableEngineEvents& events);

  // For Open.
  DurableEngine(std::unique_ptr<DirectoryClock> clock, std::unique_ptr<Engine> engine,
                std::unique_ptr<WorkerPool> disk_workers, LocalLog& log, EngineRecovery recovered,
                const StoreKeeperOptions& options, const DurableEngineEvents& events);

  // Commits what is staged and takes a last checkpoint (unless the disk is full), then ends the
  // threads.
  ~DurableEngine() = default;

  Engine& engine() { return *engine_; }
  const EngineRecovery& recovered() const { return recovered_; }

  // THREAD: any.
  StoreStats Stats() const;

 private:
  const std::unique_ptr<DirectoryClock> clock_;
  const std::unique_ptr<Engine> engine_;  // owns the log
  const LocalLog& log_;
  const EngineRecovery recovered_;
  const LogThreads log_threads_;
  StoreKeeper keeper_;
  const StoreThread store_thread_;
  const std::unique_ptr<WorkerPool> disk_workers_;
};

}  // namespace thalweg
