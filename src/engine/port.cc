#include "engine/port.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/port_mailbox.h"
#include "engine/publisher.h"
#include "engine/stream_entry.h"
#include "engine/stream_table.h"
#include "storage/commit_log.h"

namespace thalweg {

Port::Port(Engine& engine, Executor& executor)
    : engine_(engine),
      publisher_(engine.publisher()),
      commit_starter_(engine.CommitStarterOn(executor)),
      mailbox_(std::make_shared<PortMailbox>(executor, *this)) {
  publisher_.AddListener(mailbox_);
}

Port::~Port() {
  if (start_is_due_) StartCommit();
  mailbox_->Close();
  publisher_.RemoveListener(mailbox_);
  for (const auto& [entry, watched] : watched_) {
    watched.point->RemoveAll();
    Leave(watched);
  }
}

// What rests on as much as what waits, or on more, comes after it, durable or not: it may tell of
// the same stream. What rests on less does not.
bool Port::MustWait(Lsn lsn) const {
  return lsn > publisher_.durable() || (!answers_.empty() && lsn >= answers_.front().lsn);
}

void Port::WhenDurable(Lsn lsn, Executor::Task task) {
  if (!MustWait(lsn)) return task();
  // Its place is the last, but where an answer came before that waits for more.
  auto behind = answers_.end();
  if (!answers_.empty() && answers_.back().lsn > lsn) {
    behind = std::ranges::upper_bound(answers_, lsn, {}, &Answer::lsn);
  }
  const bool is_first = behind == answers_.begin();
  answers_.insert(behind, {lsn, std::move(task)});
  if (!std::exchange(start_is_due_, true)) mailbox_->PostStartCommit();
  if (!is_first) return;  // another one is awaited already
  mailbox_->Await(lsn);
  // The log may have got there, or failed, before it was known that somebody waits.
  mailbox_->OnDurable(publisher_.durable());
  if (publisher_.failed()) mailbox_->OnFailure();
}

void Port::StartCommit() {
  start_is_due_ = false;
  if (commit_starter_ != nullptr) return commit_starter_->Start();
  engine_.StartCommit();
}

void Port::RunDurable() {
  // A task may end the port; the mailbox stays, for it is the one who called.
  const std::shared_ptr<PortMailbox> mailbox = mailbox_;
  while (!answers_.empty() && answers_.front().lsn <= publisher_.durable()) {
    Executor::Task task = std::move(answers_.front().task);
    answers_.pop_front();
    task();
    if (!mailbox->has_port()) return;
  }
  if (publisher_.failed()) return LetGo();
  if (answers_.empty()) return mailbox_->Await(std::nullopt);
  mailbox_->Await(answers_.front().lsn);
  mailbox_->OnDurable(publisher_.durable());
}

// Watchers look once more: what they were told to wait for may be among what is dropped.
void Port::LetGo() {
  mailbox_->Await(std::nullopt);
  if (!std::exchange(failure_told_, true)) {
    for (const auto& [entry, watched] : watched_) mailbox_->Mark(watched.point);
  }
  const std::deque<Answer> dropped = std::exchange(answers_, {});
}

void Port::Watch(const StreamHandle& stream, Watcher* watcher) {
  Watched& watched = watched_[stream.get()];
  if (watched.point != nullptr) return watched.point->Add(watcher);
  watched = {stream, std::make_shared<WatchPoint>(mailbox_)};
  watched.point->Add(watcher);
  std::vector<Lsn> unpublished;
  Aftermath after;
  {
    std::lock_guard lock(stream->home.mutex);
    stream->watched_by.Made().push_back(watched.point);
    engine_.streams().OnWatched(stream, after);
    unpublished = stream->TakeUnpublished(publisher_.durable());
  }
  engine_.streams().Finish(after);
  for (const Lsn lsn : unpublished) publisher_.Publish(lsn, stream);
}

void Port::Unwatch(const StreamHandle& stream, Watcher* watcher) {
  auto it = watched_.find(stream.get());
  THALWEG_ASSERT(it != watched_.end());
  it->second.point->Remove(watcher);
  if (!it->second.point->empty()) return;
  Leave(it->second);
  watched_.erase(it);
}

void Port::Leave(const Watched& watched) {
  Aftermath after;
  {
    std::lock_guard lock(watched.stream->home.mutex);
    Boxed<WatchList>& points = watched.stream->watched_by;
    std::erase(points.Made(), watched.point);
    if (points->empty()) points = Boxed<WatchList>();
    engine_.streams().OnWatched(watched.stream, after);
  }
  engine_.streams().Finish(after);
}

}  // namespace thalweg
