// A clock moved by hand. THREAD: any.
#pragma once

#include <atomic>

#include "thalweg/clock.h"

namespace thalweg {

class ManualClock final : public Clock {
 public:
  int64_t WallMs() const override { return wall_ms_.load(); }
  int64_t SteadyMs() const override { return steady_ms_.load(); }

  // Time passes.
  void AdvanceMs(int64_t ms) {
    wall_ms_ += ms;
    steady_ms_ += ms;
  }
  // An operator sets the wall clock.
  void JumpWallMs(int64_t ms) { wall_ms_ += ms; }
  // A process starts: what it counts on from is what the wall clock shows.
  void Restart() { steady_ms_ = wall_ms_.load(); }

 private:
  std::atomic<int64_t> wall_ms_{1'800'000'000'000};
  std::atomic<int64_t> steady_ms_{1'800'000'000'000};
};

}  // namespace thalweg
