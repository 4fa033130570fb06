// Ends streams whose time has come, a few times a second.
//
// Runs as tasks of one executor, which lets none run once this has ended.
#pragma once

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
  static constexpr int64_t kEveryMs = 100;
  static constexpr size_t kStreamsMax = 1'000;  // at a time: how long it holds up the executor

  void Run() {
    const bool more = engine_.SweepExpired(kStreamsMax);
    gate_.PostAfter(more ? 0 : kEveryMs, [this] { Run(); });
  }

  Engine& engine_;
  GatedExecutor& gate_;
};

}  // namespace thalweg
