#include "http/live_shared.h"

#include <utility>

namespace thalweg {
namespace {

constexpr int64_t kTimerResolutionMs = 25;

}  // namespace

LiveShared::LiveShared(const RouterContext& router_context,
                       std::function<void(const StreamEntry*)> sweep)
    : context(router_context),
      cursor_options_{context.options.cursor_interval_s, context.options.cursor_epoch_ms},
      sweep_(std::move(sweep)),
      random_(std::random_device{}()),
      timers_(context.executor, context.clock, kTimerResolutionMs),
      self_(std::make_shared<LiveShared*>(this)) {}

void LiveShared::ScheduleSweep(const StreamEntry* stream) {
  to_sweep_.push_back(stream);
  if (to_sweep_.size() > 1) return;
  context.executor.Post([weak = std::weak_ptr(self_)] {
    if (const auto self = weak.lock()) (*self)->SweepAll();
  });
}

void LiveShared::SweepAll() {
  for (const StreamEntry* stream : std::exchange(to_sweep_, {})) sweep_(stream);
}

// Who asked for the same URL is answered with the same cursor, on whatever loop: readers of one
// stream that a cache answers together stay together. Each with dice of its own, 10 readers made a
// request of a cache each from their first idle poll on.
uint64_t LiveShared::FirstCursor(std::optional<uint64_t> client) const {
  std::minstd_rand dice(context.engine.life() ^ client.value_or(0));
  return NextCursor(cursor_options_, context.clock.WallMs(), client, dice());
}

uint64_t LiveShared::CurrentCursor() const {
  return thalweg::CurrentCursor(cursor_options_, context.clock.WallMs());
}

int64_t LiveShared::Random(int64_t bound) {
  return bound <= 0 ? 0 : static_cast<int64_t>(random_()) % bound;
}

}  // namespace thalweg
