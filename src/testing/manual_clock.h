// A clock moved by hand. THREAD: any.
#pragma once

#include <atomic>
#include <string>

#include "thalweg/clock.h"

namespace thalweg {

class ManualClock final : public Clock {
 public:
  int64_t WallMs() const override { return wall_ms_.load(); }
  int64_t SteadyMs() const override { return steady_ms_.load(); }
  std::string SteadyScale() const override { return "boot " + std::to_string(boots_.load()); }

  // Time passes.
  void AdvanceMs(int64_t ms) {
    wall_ms_ += ms;
    steady_ms_ += ms;
  }
  // An operator sets the wall clock.
  void JumpWallMs(int64_t ms) { wall_ms_ += ms; }
  // The machine starts.
  void Reboot() {
    ++boots_;
    steady_ms_ = 1'000;
  }

 private:
  std::atomic<int64_t> wall_ms_{1'800'000'000'000};
  std::atomic<int64_t> steady_ms_{1'800'000'000'000};
  std::atomic<int> boots_{1};
};

}  // namespace thalweg
