// Threads that run tasks: a few for work that would hold up a loop, such as compressing a large
// body, or one for whoever has no event loop. Delays are measured by the machine's clock.
//
// Crosses threads: Post and PostAfter may come from any. Unlike other executors a pool of several
// threads is not one thread of control: its tasks run side by side, so each must stand alone.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/system_clock.h"
#include "thalweg/executor.h"

namespace thalweg {

class WorkerPool final : public Executor {
 public:
  // Its threads bear `name` (thread_name.h). REQUIRES: threads > 0.
  WorkerPool(const char* name, size_t threads);
  ~WorkerPool() override;  // as Stop

  // After Stop a task is dropped unrun.
  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

  // Runs what was posted before, but not what is still delayed, then ends the threads. THREAD: none
  // of the pool's own.
  void Stop();

 private:
  WorkerPool() = default;  // without threads

  void Work();
  void TakeDue();
  void WaitForWork(std::unique_lock<std::mutex>& lock);

  const SystemClock clock_;
  std::mutex mutex_;  // guards what follows but the threads
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::multimap<int64_t, Task> delayed_;  // by the clock's steady milliseconds
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace thalweg
