// Ends streams whose time has come.
//
// Runs as tasks of one executor, which lets none run once this has ended.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/gated_executor.h"
#include "engine/engine.h"

namespace thalweg {

class ExpirySweep {
 public:
  // REQUIRES: both outlive it, and the gate is closed when it ends.
  ExpirySweep(Engine& engine, GatedExecutor& gate) : engine_(engine), gate_(gate) {
    gate_.Post([this] { Run(); });
  }

 private:
  // How late a stream is ended at most; and one that was made during a rest and ends before it is
  // over (no TTL is so short).
  static constexpr int64_t kRestMsMin = 100;
  static constexpr int64_t kRestMsMax = 1'000;
  static constexpr size_t kStreamsMax = 1'000;  // at a time: how long it holds up the executor

  void Run() {
    const bool more = engine_.SweepExpired(kStreamsMax);
    gate_.PostAfter(more ? 0 : RestMs(), [this] { Run(); });
  }

  int64_t RestMs() {
    return std::clamp(engine_.NextExpiryInMs().value_or(kRestMsMax), kRestMsMin, kRestMsMax);
  }

  Engine& engine_;
  GatedExecutor& gate_;
};

}  // namespace thalweg
