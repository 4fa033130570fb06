// A thread as an Executor: where routers over a data directory run, so that Node's event loop never
// waits for the disk, and where large bodies are compressed.
//
// Crosses threads: Post may come from any. The thread begins with the first task, where Start was
// not called before: a store in memory seldom has one.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "thalweg/clock.h"
#include "thalweg/executor.h"

namespace thalweg::node {

// What to tell where the standard library could not start a thread.
inline std::string NoThread(const std::system_error& error) {
  return std::string("cannot start a thread: ") + error.what() +
         "; raise the limit of threads or memory (ulimit -u, ulimit -v, TasksMax=)";
}

class ThreadExecutor final : public Executor {
 public:
  // REQUIRES: `clock` outlives this.
  explicit ThreadExecutor(const Clock& clock) : clock_(clock) {}
  ~ThreadExecutor() override { Stop(); }
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  // Starts the thread now, where the standard library's std::system_error can be caught. REQUIRES:
  // nothing was posted.
  void Start();

  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

  // Runs what was posted before, then ends the thread; timers are dropped. A second call does
  // nothing. THREAD: any other.
  void Stop();

 private:
  void StartLocked();
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
