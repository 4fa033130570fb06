// The machine's clocks behind the Clock seam. THREAD: any.
#pragma once

#include <string>

#include "thalweg/clock.h"

namespace thalweg {

class SystemClock final : public Clock {
 public:
  int64_t WallMs() const override;
  int64_t SteadyMs() const override;  // since the machine started, asleep or not
  int64_t SteadyUs() const override;
  std::string SteadyScale() const override;  // this start of this machine
};

}  // namespace thalweg
