// The two threads of a local log: one commits what no loop does, one allocates files ahead.
//
// Crosses threads: made and destroyed by one thread; callbacks come from its two, one at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "storage/local_log.h"

namespace thalweg {

class LogThreads {
 public:
  // `on_failure` is called once if a write or a sync fails: nothing more will be acknowledged, and
  // the process should end. `on_room` (empty: nobody asks) is called with the reason when the log
  // has no room for more, and with null when it has again. REQUIRES: `log` outlives the threads.
  LogThreads(LocalLog& log, std::function<void(const DiskError&)> on_failure,
             std::function<void(const DiskError*)> on_room = {});

  // Commits what is still staged, then ends both. What finds no space is tried once more and left.
  ~LogThreads();

 private:
  void RunCommitter(std::stop_token stop);
  void RunPreparer(std::stop_token stop);
  void WakePreparer();
  void TellRoom(const DiskError* error);

  LocalLog& log_;
  const std::function<void(const DiskError&)> on_failure_;
  const std::function<void(const DiskError*)> on_room_;
  std::mutex room_mutex_;  // held while on_room_ is called
  std::atomic<bool> told_no_room_{false};
  std::mutex mutex_;  // for the two conditions only
  std::condition_variable_any next_is_taken_;
  std::condition_variable_any retry_;
  std::jthread preparer_;
  std::jthread log_thread_;
};

}  // namespace thalweg
