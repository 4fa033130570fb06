// An engine whose log is on a disk: recovered, then served with the log's threads at work.
//
// Crosses threads: made and destroyed by one thread, with nobody else in the engine; the log's
// threads run in between.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/engine.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/local_log.h"
#include "storage/log_threads.h"

namespace thalweg {

class DurableEngine {
 public:
  // Called once, on a thread of the log, when a write or a sync has failed. Nothing more is
  // acknowledged from then on; the process should end and recover from what the disk holds.
  using OnFailure = std::function<void(const DiskError&)>;

  // Recovers what the folder of `log` holds. REQUIRES: the folder is there; disk and clock outlive
  // the result.
  static StorageResult<std::unique_ptr<DurableEngine>> Open(Disk& disk, const LocalLogOptions& log,
                                                            const Clock& clock,
                                                            EngineOptions options,
                                                            OnFailure on_failure);

  // For Open.
  DurableEngine(std::unique_ptr<Engine> engine, LocalLog& log, LogRecoveryReport recovered,
                OnFailure on_failure)
      : engine_(std::move(engine)),
        recovered_(std::move(recovered)),
        threads_(log, std::move(on_failure)) {}

  // Commits what is staged (unless the disk is full), then ends the threads.
  ~DurableEngine() = default;

  Engine& engine() { return *engine_; }
  const LogRecoveryReport& recovered() const { return recovered_; }

 private:
  const std::unique_ptr<Engine> engine_;  // owns the log
  const LogRecoveryReport recovered_;
  const LogThreads threads_;
};

}  // namespace thalweg
