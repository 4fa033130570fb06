#include "http/room_waits.h"

#include <cstdint>
#include <iterator>
#include <utility>

#include "base/timer_wheel.h"

namespace thalweg {
namespace {

constexpr int64_t kTimerResolutionMs = 100;

}  // namespace

class RoomWaits::Wait final : public ResponderEvents, public Timer {
 public:
  Wait(RoomWaits& owner, Responder& responder, Next next)
      : owner_(owner), responder_(responder), next_(std::move(next)) {
    responder.SetEvents(this);
  }

  // Whoever calls one of these has this no more when it returns.
  void OnWritable() override {
    responder_.SetEvents(nullptr);
    const std::list<Wait> own = Leave();  // until `next` is done, which may add another
    next_(responder_);
  }
  void OnCancel() override { Leave(); }
  void OnTimer() override { CutOff(); }

  void CutOff() {
    responder_.SetEvents(nullptr);
    responder_.Abort();
    Leave();
  }

  std::list<Wait>::iterator self;

 private:
  std::list<Wait> Leave() {
    std::list<Wait> own;
    own.splice(own.begin(), owner_.waits_, self);
    return own;
  }

  RoomWaits& owner_;
  Responder& responder_;
  Next next_;
};

RoomWaits::RoomWaits(Executor& executor, const Clock& clock)
    : clock_(clock), timers_(executor, clock, kTimerResolutionMs) {}

RoomWaits::~RoomWaits() {
  while (!waits_.empty()) waits_.front().CutOff();
}

void RoomWaits::Add(Responder& responder, Next next) {
  waits_.emplace_back(*this, responder, std::move(next));
  waits_.back().self = std::prev(waits_.end());
  if (shut_down_) Limit(waits_.back());
}

void RoomWaits::Shutdown() {
  shut_down_ = true;
  for (Wait& wait : waits_) Limit(wait);
}

void RoomWaits::Limit(Wait& wait) {
  timers_.Schedule(wait, clock_.SteadyMs() + kStalledAtShutdownMs);
}

}  // namespace thalweg
