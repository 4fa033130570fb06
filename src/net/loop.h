// One epoll thread: descriptors, timers, and tasks posted from anywhere. It is an Executor.
//
// Crosses threads: Post, Stop and turns may come from any thread; everything else is the loop's
// own.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/duration_counts.h"
#include "base/timer_wheel.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"

namespace thalweg {

// Something with a descriptor in a loop.
class IoHandler {
 public:
  virtual ~IoHandler() = default;
  virtual void OnIo(uint32_t epoll_events) = 0;
};

// Something that gathers work during a turn of a loop and does it once at the turn's end, or before
// that, when all of the turn's descriptors have been told of.
class TurnEndHandler {
 public:
  virtual ~TurnEndHandler() = default;
  virtual void OnIoEnd() {}
  // True: there is more to do, so the next turn must come at once.
  virtual bool OnTurnEnd() = 0;
};

class Loop final : public Executor {
  class Impl;

 public:
  // A loop, or why the system gives none: it takes two open files.
  static std::expected<std::unique_ptr<Loop>, std::string> Make();
  // REQUIRES: the system gives one; `clock` outlives it. Null: the machine's clock.
  explicit Loop(const Clock* clock = nullptr);
  explicit Loop(std::unique_ptr<Impl> impl);
  ~Loop() override;

  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;
  bool AddEvent(int event_fd, Task on_event) override;
  void RemoveEvent(int event_fd) override;

  // Runs until Stop; may run again after that. THREAD: the one that becomes the loop's.
  void Run();
  // Run returns soon. THREAD: any.
  void Stop();

  // `handler` hears of `fd`, edge-triggered. The handler may be removed and destroyed inside any
  // callback of the loop: no event of a removed handler is delivered. False: the system refuses,
  // because a user may watch only so many (/proc/sys/fs/epoll/max_user_watches).
  [[nodiscard]] bool Add(int fd, uint32_t epoll_events, IoHandler* handler);
  void Remove(int fd, IoHandler* handler);

  // `handler` is called in every turn: OnIoEnd after its events, OnTurnEnd after tasks and timers,
  // too. REQUIRES: neither is called from those.
  void AddTurnEnd(TurnEndHandler* handler);
  void RemoveTurnEnd(TurnEndHandler* handler);

  TimerWheel& timers();
  const Clock& clock() const;
  int64_t now_ms() const;  // monotonic, read once per turn
  int64_t now_us() const;  // the same

  // From a turn's events until the loop waits for the next ones. THREAD: any.
  const DurationCounts& turns() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
