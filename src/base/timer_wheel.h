// Many timers, cheaply: scheduling, moving and cancelling are O(1). Hashed wheel, intrusive.
//
// Not thread-safe: the owner's thread or lock. Knows no clock: the owner says what time it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace thalweg {

// A thing with a deadline. Derive from it; it may be in one wheel at a time, and leaves it when it
// is destroyed.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool scheduled() const { return link_.next != nullptr; }

  // Called by Advance with the timer out of the wheel; may schedule it again, cancel others, or
  // destroy this timer.
  virtual void OnTimer() = 0;

 protected:
  virtual ~Timer() { link_.Unlink(); }

 private:
  friend class TimerWheel;
  struct Link {
    void Unlink();
    void InsertBefore(Link& next_link);

    Link* next = nullptr;
    Link* prev = nullptr;
    Timer* timer = nullptr;  // null: the head of a list
  };

  Link link_;
  int64_t deadline_ms_ = 0;
};

class TimerWheel {
 public:
  // Fires up to `resolution_ms` late, never early. Cheapest for deadlines within
  // `resolution_ms` * `slots` from now.
  TimerWheel(int64_t resolution_ms, int64_t now_ms, size_t slots = 512);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // (Re)schedules `timer` for `deadline_ms`.
  void Schedule(Timer& timer, int64_t deadline_ms);
  static void Cancel(Timer& timer) { timer.link_.Unlink(); }

  // Fires what is due at `now_ms`; at most `limit` timers. True: more are due.
  bool Advance(int64_t now_ms, size_t limit = SIZE_MAX);

  // When Advance may have work next (a lower bound); null: never, as things stand.
  std::optional<int64_t> NextMs() const { return next_ms_; }

 private:
  using Link = Timer::Link;
  Link& SlotOf(int64_t tick) { return slots_[static_cast<size_t>(tick) % slots_.size()]; }
  bool FireSlot(Link& slot, int64_t now_ms, size_t& budget);
  std::optional<int64_t> ScanForNext() const;

  const int64_t resolution_ms_;
  std::vector<Link> slots_;  // circular lists; a timer stands in the slot of its deadline's tick
  Link mark_;                // in a slot that fires: behind what was there before
  int64_t tick_;             // every earlier tick is done
  std::optional<int64_t> next_ms_;
};

}  // namespace thalweg
