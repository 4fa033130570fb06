#include "base/timer_wheel.h"

#include <algorithm>

#include "base/assert.h"

namespace thalweg {

void Timer::Link::Unlink() {
  if (next == nullptr) return;
  next->prev = prev;
  prev->next = next;
  next = prev = nullptr;
}

void Timer::Link::InsertBefore(Link& next_link) {
  prev = next_link.prev;
  next = &next_link;
  prev->next = this;
  next_link.prev = this;
}

TimerWheel::TimerWheel(int64_t resolution_ms, int64_t now_ms, size_t slots)
    : resolution_ms_(resolution_ms), slots_(slots), tick_(now_ms / resolution_ms) {
  THALWEG_ASSERT(resolution_ms > 0 && now_ms >= 0 && slots > 0);
  for (Link& slot : slots_) slot.next = slot.prev = &slot;
}

TimerWheel::~TimerWheel() {
  for (Link& slot : slots_) {
    while (slot.next != &slot) slot.next->Unlink();
  }
}

void TimerWheel::Schedule(Timer& timer, int64_t deadline_ms) {
  timer.link_.Unlink();
  timer.link_.timer = &timer;
  timer.deadline_ms_ = deadline_ms;
  // Rounded up, so that a tick that has come means that its deadlines have; short of what would
  // overflow.
  const int64_t due_ms = std::clamp<int64_t>(deadline_ms, 0, INT64_MAX - resolution_ms_);
  const int64_t tick = std::max((due_ms + resolution_ms_ - 1) / resolution_ms_, tick_);
  timer.link_.InsertBefore(SlotOf(tick));
  next_ms_ = std::min(next_ms_.value_or(INT64_MAX), tick * resolution_ms_);
}

bool TimerWheel::Advance(int64_t now_ms, size_t limit) {
  if (!next_ms_ || now_ms < *next_ms_) return false;
  const int64_t now_tick = now_ms / resolution_ms_;
  const int64_t slots = static_cast<int64_t>(slots_.size());
  // After a long pause one turn of the wheel visits every slot: no need to do it twice.
  int64_t tick = std::max(tick_, now_tick - slots + 1);
  tick_ = now_tick + 1;  // what a callback schedules for now waits for the next call
  for (; tick <= now_tick; ++tick) {
    if (FireSlot(SlotOf(tick), now_ms, limit)) {
      tick_ = tick;
      next_ms_ = tick * resolution_ms_;
      return true;
    }
  }
  next_ms_ = ScanForNext();
  return false;
}

// Fires the due timers of `slot`; true where `budget` ran out before the end.
bool TimerWheel::FireSlot(Link& slot, int64_t now_ms, size_t& budget) {
  // What a callback schedules into this slot stands behind the mark and waits for the next turn.
  mark_.InsertBefore(slot);
  for (Link* link = slot.next; link != &mark_;) {
    Link* const next = link->next;
    if (link->timer->deadline_ms_ <= now_ms) {
      if (budget == 0) {
        mark_.Unlink();
        return true;
      }
      --budget;
      // A callback may cancel any other timer, so walk on from the mark of where we stand.
      Link here;
      here.InsertBefore(*next);
      link->Unlink();
      link->timer->OnTimer();
      link = here.next;
      here.Unlink();
    } else {
      link = next;
    }
  }
  mark_.Unlink();
  return false;
}

std::optional<int64_t> TimerWheel::ScanForNext() const {
  const int64_t slots = static_cast<int64_t>(slots_.size());
  for (int64_t tick = tick_; tick < tick_ + slots; ++tick) {
    const Link& slot = slots_[static_cast<size_t>(tick) % slots_.size()];
    if (slot.next != &slot) return tick * resolution_ms_;
  }
  return std::nullopt;
}

}  // namespace thalweg
