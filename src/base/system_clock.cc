#include "base/system_clock.h"

#include <chrono>

namespace thalweg {
namespace {

template <typename SomeClock>
int64_t MsOf() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SomeClock::now().time_since_epoch())
      .count();
}

}  // namespace

SystemClock::SystemClock()
    : steady_offset_ms_(MsOf<std::chrono::system_clock>() - MsOf<std::chrono::steady_clock>()) {}

int64_t SystemClock::WallMs() const { return MsOf<std::chrono::system_clock>(); }

int64_t SystemClock::SteadyMs() const {
  return MsOf<std::chrono::steady_clock>() + steady_offset_ms_;
}

}  // namespace thalweg
