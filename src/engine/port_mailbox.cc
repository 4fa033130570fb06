// Crosses threads: see the header.
#include "engine/port_mailbox.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "engine/port.h"

namespace thalweg {

void WatchPoint::Add(Watcher* watcher) {
  THALWEG_ASSERT(watcher != nullptr);
  watchers_.push_back(watcher);
  ++count_;
}

void WatchPoint::Remove(Watcher* watcher) {
  auto it = std::find(watchers_.begin(), watchers_.end(), watcher);
  THALWEG_ASSERT(it != watchers_.end());
  --count_;
  if (telling_) {
    *it = nullptr;
  } else {
    *it = watchers_.back();
    watchers_.pop_back();
  }
}

void WatchPoint::RemoveAll() {
  std::fill(watchers_.begin(), watchers_.end(), nullptr);
  count_ = 0;
}

void WatchPoint::Tell() {
  THALWEG_ASSERT(!telling_);
  telling_ = true;
  for (size_t i = 0, count = watchers_.size(); i < count; ++i) {
    if (watchers_[i] != nullptr) watchers_[i]->OnStreamChanged();
  }
  telling_ = false;
  std::erase(watchers_, nullptr);
}

void PortMailbox::Mark(const std::shared_ptr<WatchPoint>& point) {
  std::lock_guard lock(mutex_);
  if (!open_ || point->marked) return;
  point->marked = true;
  changed_.push_back(point);
  Ring();
}

void PortMailbox::OnDurable(Lsn durable) {
  std::lock_guard lock(mutex_);
  if (open_ && awaited_ && *awaited_ <= durable) Ring();
}

void PortMailbox::OnFailure() {
  std::lock_guard lock(mutex_);
  if (open_) Ring();
}

void PortMailbox::Await(std::optional<Lsn> lsn) {
  std::lock_guard lock(mutex_);
  awaited_ = lsn;
}

void PortMailbox::PostStartCommit() {
  executor_.Post([self = shared_from_this()] {
    if (self->port_ != nullptr) self->port_->StartCommit();
  });
}

void PortMailbox::Close() {
  port_ = nullptr;
  std::lock_guard lock(mutex_);
  open_ = false;
  changed_.clear();
}

void PortMailbox::Ring() {
  if (rung_) return;
  rung_ = true;
  executor_.Post([self = shared_from_this()] { self->Deliver(); });
}

void PortMailbox::Deliver() {
  std::vector<std::shared_ptr<WatchPoint>> changed;
  bool answers_wait = false;
  {
    std::lock_guard lock(mutex_);
    rung_ = false;
    changed.swap(changed_);
    for (const auto& point : changed) point->marked = false;
    answers_wait = awaited_.has_value();
  }
  if (port_ != nullptr) port_->RunDurable();
  if (!answers_wait || changed.empty()) return Tell(changed);
  // A transport sends answers at the end of its turn, and watchers may send much within theirs:
  // with 10,000 readers of a stream, who appends to it has the answer after 3 ms and not after 47.
  std::lock_guard lock(mutex_);
  if (!open_) return;
  executor_.Post(
      [self = shared_from_this(), changed = std::move(changed)] { self->Tell(changed); });
}

void PortMailbox::Tell(const std::vector<std::shared_ptr<WatchPoint>>& changed) {
  for (const auto& point : changed) {
    if (port_ == nullptr) return;  // a callback may end the port
    point->Tell();
  }
}

}  // namespace thalweg
