// A timer wheel that fires by itself, on an executor.
//
// Own thread only: that of the executor's tasks, or who has it behind a GatedExecutor. May end with
// tasks of it still posted, which do nothing then, but not within a timer's call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/timer_wheel.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"

namespace thalweg {

class ExecutorTimers {
 public:
  // Fires up to `resolution_ms` late, and as late as the executor is. REQUIRES: both outlive it.
  ExecutorTimers(Executor& executor, const Clock& clock, int64_t resolution_ms)
      : executor_(executor), clock_(clock), wheel_(resolution_ms, clock.SteadyMs()) {}

  // (Re)schedules `timer` for `deadline_ms` of the clock's steady time. To cancel it: TimerWheel.
  void Schedule(Timer& timer, int64_t deadline_ms);

 private:
  void Arm();
  void Fire();

  Executor& executor_;
  const Clock& clock_;
  TimerWheel wheel_;
  std::optional<int64_t> armed_ms_;  // when the next Fire comes
  const std::shared_ptr<ExecutorTimers*> self_ = std::make_shared<ExecutorTimers*>(this);
};

}  // namespace thalweg
