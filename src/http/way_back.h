// How work that left an executor finds back to its owner there, which may have ended meanwhile.
//
// Crosses threads: Post may come from any, all else from the executor's own. What a task holds ends
// with the owner at the latest, also where the executor keeps its tasks longer.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "thalweg/executor.h"

namespace thalweg {

template <typename Owner>
class WayBack : public std::enable_shared_from_this<WayBack<Owner>> {
 public:
  using Task = std::move_only_function<void(Owner&)>;

  WayBack(Owner& owner, Executor& executor) : executor_(&executor), owner_(&owner) {}

  // From the end of the owner: what is under way finds nobody, and the executor may end.
  void Close() {
    owner_ = nullptr;
    std::list<Task> dropped;  // after the lock
    std::lock_guard lock(mutex_);
    executor_ = nullptr;
    dropped.swap(tasks_);
  }

  // Whether a Post would find nobody. THREAD: any.
  bool is_closed() const {
    std::lock_guard lock(mutex_);
    return executor_ == nullptr;
  }

  // Runs task(owner) on the executor, unless the owner has ended by then. THREAD: any.
  void Post(Task task) {
    std::lock_guard lock(mutex_);
    if (executor_ == nullptr) return;
    tasks_.push_back(std::move(task));
    executor_->Post([self = this->shared_from_this()] { self->RunOne(); });
  }

 private:
  void RunOne() {
    if (owner_ == nullptr) return;
    std::list<Task> first;
    {
      std::lock_guard lock(mutex_);
      first.splice(first.begin(), tasks_, tasks_.begin());
    }
    first.front()(*owner_);
  }

  mutable std::mutex mutex_;
  std::list<Task> tasks_;  // guarded by mutex_
  Executor* executor_;     // guarded by mutex_; null once the owner has ended
  Owner* owner_;           // executor's thread only; null once it has ended
};

}  // namespace thalweg
