// Crosses threads: see the header.
#include "engine/publisher.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/stream_entry.h"

namespace thalweg {

void Publisher::Publish(Lsn lsn, StreamHandle stream) {
  if (lsn <= durable()) return Tell(*stream);
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back({lsn, std::move(stream)});
  }
  // OnDurable may have passed between the look and the push; nobody else would come for it.
  const Lsn now_durable = durable();
  if (lsn <= now_durable) TellDurable(now_durable);
}

void Publisher::OnDurable(Lsn durable) {
  TellDurable(durable);
  for (const auto& listener : Listeners()) listener->OnDurable(durable);
}

// Whoever begins to wait later than this looks at failed() after that.
void Publisher::Fail(const std::function<void()>& tell) {
  if (fails_.exchange(true)) return failed_.wait(false);
  tell();
  failed_ = true;
  failed_.notify_all();
  for (const auto& listener : Listeners()) listener->OnFailure();
}

std::vector<std::shared_ptr<DurabilityListener>> Publisher::Listeners() {
  std::lock_guard lock(mutex_);
  return listeners_;
}

void Publisher::TellDurable(Lsn durable) {
  std::vector<Change> ready;
  {
    std::lock_guard lock(mutex_);
    auto first_ready = std::partition(waiting_.begin(), waiting_.end(),
                                      [&](const Change& change) { return change.lsn > durable; });
    ready.assign(std::make_move_iterator(first_ready), std::make_move_iterator(waiting_.end()));
    waiting_.erase(first_ready, waiting_.end());
  }
  for (const Change& change : ready) Tell(*change.stream);
}

void Publisher::Tell(StreamEntry& stream) {
  WatchList watched_by;
  {
    std::lock_guard lock(stream.home.mutex);
    if (!stream.watched_by) return;
    watched_by = *stream.watched_by;
  }
  for (const auto& point : watched_by) point->mailbox->Mark(point);
}

void Publisher::AddListener(std::shared_ptr<DurabilityListener> listener) {
  std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void Publisher::RemoveListener(const std::shared_ptr<DurabilityListener>& listener) {
  std::lock_guard lock(mutex_);
  std::erase(listeners_, listener);
}

}  // namespace thalweg
