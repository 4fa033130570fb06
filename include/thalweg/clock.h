// The time, as a seam: tests move it by hand. THREAD: any.
#pragma once

#include <cstdint>
#include <string>

#include "thalweg/export.h"

namespace thalweg {

class THALWEG_API Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01T00:00:00Z. May jump when an operator sets the clock.
  virtual int64_t WallMs() const = 0;

  // Milliseconds on a scale that never jumps and never goes back. It starts at 0
  // or later.
  virtual int64_t SteadyMs() const = 0;

  // Names that scale, in one line: processes whose clocks have the same name count from the same
  // start. Empty: no other process does.
  virtual std::string SteadyScale() const { return {}; }

  // SteadyMs in microseconds, for what takes less than one of those. No finer where a clock has
  // nothing finer.
  virtual int64_t SteadyUs() const { return SteadyMs() * 1000; }
};

}  // namespace thalweg
