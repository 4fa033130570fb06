// Answers that go on once their transport has room again.
//
// Own thread only. The client may leave meanwhile; what still waits when this ends is cut off.
#pragma once

#include <cstdint>
#include <functional>
#include <list>

#include "base/executor_timers.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/http.h"

namespace thalweg {

// Who takes nothing for so long while the router shuts down is cut off.
inline constexpr int64_t kStalledAtShutdownMs = 10'000;

class RoomWaits {
 public:
  using Next = std::move_only_function<void(Responder&)>;

  // REQUIRES: both outlive this.
  RoomWaits(Executor& executor, const Clock& clock);
  ~RoomWaits();
  RoomWaits(const RoomWaits&) = delete;
  RoomWaits& operator=(const RoomWaits&) = delete;

  // Calls `next` when `responder`, whose Write has returned false, has room; `next` is destroyed
  // uncalled where the client leaves before.
  void Add(Responder& responder, Next next);

  // From here on no wait is longer than kStalledAtShutdownMs: then its answer is cut off.
  void Shutdown();

 private:
  class Wait;
  void Limit(Wait& wait);

  const Clock& clock_;
  ExecutorTimers timers_;
  bool shut_down_ = false;
  std::list<Wait> waits_;
};

}  // namespace thalweg
