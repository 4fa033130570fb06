// Crosses threads: see the header.
#include "engine/durable_waits.h"

#include <algorithm>
#include <iterator>
#include <semaphore>
#include <utility>

namespace thalweg {

std::shared_ptr<DurableWaits> DurableWaits::Of(Engine& engine, CallbackQueue& callbacks) {
  auto waits = std::make_shared<DurableWaits>(engine, callbacks);
  engine.AddListener(waits);
  return waits;
}

void DurableWaits::Add(Lsn lsn, Done done) {
  Await({.lsn = lsn, .done = std::move(done), .is_asleep = false});
}

bool DurableWaits::Wait(Lsn lsn) {
  if (IsDurable(lsn)) return true;
  // Shared: whoever releases it may still be in there when we have gone on.
  struct Sleep {
    std::binary_semaphore over{0};
    bool is_durable = false;
  };
  const auto sleep = std::make_shared<Sleep>();
  const auto wake = [sleep](bool is_durable) {
    sleep->is_durable = is_durable;
    sleep->over.release();
  };
  Await({.lsn = lsn, .done = wake, .is_asleep = true});
  sleep->over.acquire();
  return sleep->is_durable;
}

void DurableWaits::Await(Waiting waiting) {
  const Lsn lsn = waiting.lsn;
  const bool is_asleep = waiting.is_asleep;
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(waiting));
  }
  // What it rests on may be of a port that has the log begin when its executor's task ends, and
  // that task may be who sleeps here.
  is_asleep ? engine_.CommitNow() : engine_.StartCommit();
  // The log may have got there, or failed, before it was known that somebody waits.
  if (const Lsn durable = engine_.durable(); lsn <= durable) OnDurable(durable);
  if (engine_.failed()) OnFailure();
}

void DurableWaits::OnDurable(Lsn durable) {
  std::vector<Waiting> reached;
  {
    std::lock_guard lock(mutex_);
    const auto first_reached = std::stable_partition(
        waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.lsn > durable; });
    reached.assign(std::make_move_iterator(first_reached), std::make_move_iterator(waiting_.end()));
    waiting_.erase(first_reached, waiting_.end());
  }
  Tell(std::move(reached), true);
}

void DurableWaits::OnFailure() {
  std::vector<Waiting> all;
  {
    std::lock_guard lock(mutex_);
    all.swap(waiting_);
  }
  Tell(std::move(all), false);
}

void DurableWaits::Tell(std::vector<Waiting> waiting, bool is_durable) {
  for (Waiting& one : waiting) {
    if (one.is_asleep) {
      one.done(is_durable);
    } else {
      callbacks_.Push(std::move(one.done), is_durable);
    }
  }
}

}  // namespace thalweg
