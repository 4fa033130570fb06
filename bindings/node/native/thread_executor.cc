#include "thread_executor.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace thalweg::node {

void ThreadExecutor::Start() {
  std::lock_guard lock(mutex_);
  StartLocked();
}

void ThreadExecutor::StartLocked() {
  thread_ = std::thread([this] { Run(); });
  started_ = true;
}

void ThreadExecutor::Post(Task task) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  if (!started_ && !stopping_) {
    StartLocked();
  } else if (tasks_.size() == 1) {
    wake_.notify_one();
  }
}

void ThreadExecutor::PostAfter(int64_t delay_ms, Task task) {
  std::lock_guard lock(mutex_);
  timers_.emplace(clock_.SteadyMs() + delay_ms, std::move(task));
}

void ThreadExecutor::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  if (!thread_.joinable()) return;
  wake_.notify_one();
  thread_.join();
}

void ThreadExecutor::Run() {
  std::vector<Task> running;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      WaitForWork(lock);
      if (tasks_.empty()) return;  // stopping
      running.swap(tasks_);
    }
    for (Task& task : running) task();
    running.clear();
  }
}

void ThreadExecutor::WaitForWork(std::unique_lock<std::mutex>& lock) {
  for (TakeDueTimers(); tasks_.empty() && !stopping_; TakeDueTimers()) {
    if (timers_.empty()) {
      wake_.wait(lock);
    } else {
      const int64_t wait_ms = timers_.begin()->first - clock_.SteadyMs();
      wake_.wait_for(lock, std::chrono::milliseconds(std::max<int64_t>(wait_ms, 0)));
    }
  }
}

void ThreadExecutor::TakeDueTimers() {
  if (timers_.empty()) return;
  const int64_t now_ms = clock_.SteadyMs();
  while (!timers_.empty() && timers_.begin()->first <= now_ms) {
    tasks_.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
  }
}

}  // namespace thalweg::node
