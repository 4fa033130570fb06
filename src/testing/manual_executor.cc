#include "testing/manual_executor.h"

#include <utility>

namespace thalweg {

void ManualExecutor::Post(Task task) {
  std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
}

void ManualExecutor::PostAfter(int64_t delay_ms, Task task) {
  std::lock_guard lock(mutex_);
  timers_.emplace(clock_.SteadyMs() + delay_ms, std::move(task));
}

size_t ManualExecutor::RunAll() {
  size_t ran = 0;
  while (RunOne()) ++ran;
  return ran;
}

bool ManualExecutor::RunOne() {
  Task task;
  {
    std::lock_guard lock(mutex_);
    while (!timers_.empty() && timers_.begin()->first <= clock_.SteadyMs()) {
      tasks_.push_back(std::move(timers_.extract(timers_.begin()).mapped()));
    }
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  return true;
}

void ManualExecutor::AdvanceMs(int64_t ms) {
  const int64_t end = clock_.SteadyMs() + ms;
  RunAll();
  for (;;) {
    int64_t next = end;
    {
      std::lock_guard lock(mutex_);
      if (!timers_.empty() && timers_.begin()->first < end) next = timers_.begin()->first;
    }
    clock_.AdvanceMs(next - clock_.SteadyMs());
    RunAll();
    if (next >= end) return;
  }
}

}  // namespace thalweg
