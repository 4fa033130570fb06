// A few threads for work that would hold up a loop, such as compressing a large body.
//
// Crosses threads: Post may come from any. Unlike other executors it is not one thread of control:
// its tasks run side by side, so each must stand alone.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "thalweg/executor.h"

namespace thalweg {

class WorkerPool final : public Executor {
 public:
  // Its threads bear `name` (thread_name.h). REQUIRES: threads > 0.
  WorkerPool(const char* name, size_t threads);
  ~WorkerPool() override;  // as Stop

  // After Stop a task is dropped unrun.
  void Post(Task task) override;

  // Not for delays: asserts. Who needs a timer has a loop.
  void PostAfter(int64_t delay_ms, Task task) override;

  // Runs what was posted before, then ends the threads. THREAD: none of the pool's own.
  void Stop();

 private:
  WorkerPool() = default;  // without threads

  void Work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;  // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace thalweg
