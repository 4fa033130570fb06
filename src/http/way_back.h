// How work that left an executor finds back to its owner there, which may have ended meanwhile.
//
// Crosses threads: Post may come from any, all else from the executor's own.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "thalweg/executor.h"

namespace thalweg {

template <typename Owner>
class WayBack : public std::enable_shared_from_this<WayBack<Owner>> {
 public:
  WayBack(Owner& owner, Executor& executor) : executor_(&executor), owner_(&owner) {}

  // From the end of the owner: what is under way finds nobody, and the executor may end.
  void Close() {
    owner_ = nullptr;
    std::lock_guard lock(mutex_);
    executor_ = nullptr;
  }

  // Runs task(owner) on the executor, unless the owner has ended by then. THREAD: any.
  template <typename Task>
  void Post(Task task) {
    auto arrive = [self = this->shared_from_this(), task = std::move(task)]() mutable {
      if (self->owner_ != nullptr) task(*self->owner_);
    };
    std::lock_guard lock(mutex_);
    if (executor_ != nullptr) executor_->Post(std::move(arrive));
  }

 private:
  std::mutex mutex_;
  Executor* executor_;  // guarded by mutex_; null once the owner has ended
  Owner* owner_;        // executor's thread only; null once it has ended
};

}  // namespace thalweg
