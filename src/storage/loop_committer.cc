#include "storage/loop_committer.h"

#include <sys/eventfd.h>

#include <utility>

#include "storage/local_log.h"

namespace thalweg {

std::unique_ptr<LoopCommitter> LoopCommitter::Make(LocalLog& log, Executor& executor) {
  OwnedFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  auto writer = event.valid() ? log.NewAsyncWriter(event.get()) : nullptr;
  if (writer == nullptr) return nullptr;
  const int event_fd = event.get();
  auto made = std::make_unique<LoopCommitter>(log, executor, std::move(event));
  if (!executor.AddEvent(event_fd, [committer = made.get()] { committer->OnEvent(); })) {
    return nullptr;
  }
  made->writer_ = std::move(writer);
  log.AddLoop(event_fd);
  return made;
}

LoopCommitter::~LoopCommitter() {
  if (writer_ == nullptr) return;
  static_cast<void>(log_.EndCommit(*writer_, true));
  log_.RemoveLoop(event_.get());
  executor_.RemoveEvent(event_.get());
}

void LoopCommitter::Start() {
  if (is_under_way_) return;
  is_under_way_ = log_.BeginCommit(*writer_);
}

// A write has ended, or the log's thread leaves what is staged to this.
void LoopCommitter::OnEvent() {
  if (!is_under_way_) return Start();
  const LocalLog::Ended ended = log_.EndCommit(*writer_, false);
  is_under_way_ = ended == LocalLog::Ended::kNot;
  if (ended == LocalLog::Ended::kMayGoOn) StartInNextTurn();
}

// Behind the answers to what has just become durable, which leave at the end of this turn, and with
// what clients send meanwhile: begun at once, an append takes 8 % more of the processor, and 13 %
// fewer are answered (docs/BENCHMARKS.md).
void LoopCommitter::StartInNextTurn() {
  executor_.Post([weak = std::weak_ptr(self_)] {
    const Self self = weak.lock();
    if (self == nullptr) return;
    (*self)->executor_.Post([weak] {
      if (const Self still = weak.lock()) (*still)->Start();
    });
  });
}

}  // namespace thalweg
