// A thread as an Executor: where routers over a data directory run, so that Node's event loop never
// waits for the disk, and where large bodies are compressed.
//
// Crosses threads: Post may come from any. The thread begins with the first task: a store in memory
// seldom has one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "thalweg/clock.h"
#include "thalweg/executor.h"

namespace thalweg::node {

class ThreadExecutor final : public Executor {
 public:
  // REQUIRES: `clock` outlives this.
  explicit ThreadExecutor(const Clock& clock) : clock_(clock) {}
  ~ThreadExecutor() override { Stop(); }
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

  // Runs what was posted before, then ends the thread; timers are dropped. A second call does
  // nothing. THREAD: any other.
  void Stop();

 private:
  void Run();
  void WaitForWork(std::unique_lock<std::mutex>& lock);
  void TakeDueTimers();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;              // guarded by mutex_
  std::multimap<int64_t, Task> timers_;  // guarded by mutex_; by SteadyMs()
  bool started_ = false;                 // guarded by mutex_
  bool stopping_ = false;                // guarded by mutex_
  std::thread thread_;                   // written under mutex_; last: it uses the rest
};

}  // namespace thalweg::node
