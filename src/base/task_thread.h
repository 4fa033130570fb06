// One thread that runs tasks, for whoever has no event loop. Delays are measured by the machine's
// clock.
//
// Crosses threads: Post may come from any.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/system_clock.h"
#include "thalweg/executor.h"

namespace thalweg {

class TaskThread final : public Executor {
 public:
  TaskThread();
  ~TaskThread() override;  // runs what was posted, drops what is delayed. THREAD: not its own.

  void Post(Task task) override;

  // THREAD: any.
  void PostAfter(int64_t delay_ms, Task task) override;

 private:
  void Run();
  void TakeDue();
  void WaitForWork(std::unique_lock<std::mutex>& lock);

  const SystemClock clock_;
  std::mutex mutex_;  // guards what follows but the thread
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::multimap<int64_t, Task> delayed_;  // by the clock's steady milliseconds
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace thalweg
