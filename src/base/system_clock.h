// The machine's clocks behind the Clock seam. THREAD: any.
#pragma once

#include "thalweg/clock.h"

namespace thalweg {

class SystemClock final : public Clock {
 public:
  SystemClock();
  int64_t WallMs() const override;
  int64_t SteadyMs() const override;

 private:
  int64_t steady_offset_ms_;  // wall minus monotonic at construction
};

}  // namespace thalweg
