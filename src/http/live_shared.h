// What all live readers of one router have in common: timers, cursors, and a place for what ended.
//
// Own thread only, but for the values of its counters. What ends is freed in a later turn of the
// executor, so that whoever is being called never frees itself under its caller.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "base/counter.h"
#include "base/executor_timers.h"
#include "engine/read.h"
#include "http/context.h"
#include "http/cursor.h"
#include "http/head.h"

namespace thalweg {

class LiveShared {
 public:
  // `sweep` frees what has ended of one stream; it runs in a later turn, once for each call of
  // ScheduleSweep.
  LiveShared(const RouterContext& router_context, std::function<void(const StreamEntry*)> sweep);

  int64_t now_ms() const { return context.clock.SteadyMs(); }
  void Schedule(Timer& timer, int64_t deadline_ms) { timers_.Schedule(timer, deadline_ms); }
  void ScheduleSweep(const StreamEntry* stream);

  // The first cursor of an answer, given the client's; and the least that later ones may be.
  uint64_t FirstCursor(std::optional<uint64_t> client) const;
  uint64_t CurrentCursor() const;

  // A number below `bound`, or 0.
  int64_t Random(int64_t bound);

  const RouterContext& context;
  bool shut_down = false;
  Counter sse_readers, long_polls;  // that there are; read by any thread

 private:
  void SweepAll();

  const CursorOptions cursor_options_;
  const std::function<void(const StreamEntry*)> sweep_;
  std::minstd_rand random_;
  ExecutorTimers timers_;
  std::vector<const StreamEntry*> to_sweep_;  // not empty: a task is under way
  const std::shared_ptr<LiveShared*> self_;   // tasks hold it weakly: they may outlive us
};

}  // namespace thalweg
