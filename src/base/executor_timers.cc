#include "base/executor_timers.h"

#include <algorithm>

namespace thalweg {

void ExecutorTimers::Schedule(Timer& timer, int64_t deadline_ms) {
  wheel_.Schedule(timer, deadline_ms);
  Arm();
}

// One task is under way, and one more for each time that an earlier deadline came up.
void ExecutorTimers::Arm() {
  const std::optional<int64_t> next_ms = wheel_.NextMs();
  if (!next_ms || (armed_ms_ && *armed_ms_ <= *next_ms)) return;
  armed_ms_ = next_ms;
  const int64_t delay_ms = std::max<int64_t>(*next_ms - clock_.SteadyMs(), 0);
  executor_.PostAfter(delay_ms, [weak = std::weak_ptr(self_), armed_ms = *next_ms] {
    const auto self = weak.lock();
    if (self != nullptr && (*self)->armed_ms_ == armed_ms) (*self)->Fire();
  });
}

void ExecutorTimers::Fire() {
  armed_ms_.reset();
  wheel_.Advance(clock_.SteadyMs());
  Arm();
}

}  // namespace thalweg
