// The threads of a local log: one commits what no loop does, one allocates files ahead, one watches
// whether the disk answers.
//
// Crosses threads: made and destroyed by one thread; callbacks come from its three.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "storage/local_log.h"
#include "storage/log_watch.h"

namespace thalweg {

// What is told of a log. Each may be empty but the first.
struct LogEvents {
  // A write or a sync has failed, or does not end: nothing more will be acknowledged, and the
  // process should end. Once; twice where a disk that was given up fails after all.
  std::function<void(const StorageFault&)> on_failure;
  // With the reason when the log has no room for more, and with null when it has again. One at a
  // time.
  std::function<void(const StorageFault*)> on_room{};
  // For so long the disk has ended none of the writes and syncs that it was given: every minute; 0:
  // it does again.
  std::function<void(int64_t silent_ms)> on_silence{};
};

class LogThreads {
 public:
  // `look_every` is how often the disk is watched (log_watch.h). REQUIRES: `log` outlives the
  // threads.
  LogThreads(
      LocalLog& log, LogEvents events,
      std::chrono::milliseconds look_every = std::chrono::milliseconds(LogWatch::kLookEveryMs));

  // Commits what is still staged, then ends them. What finds no space is tried once more and left.
  ~LogThreads();

 private:
  void RunCommitter(std::stop_token stop);
  void RunPreparer(std::stop_token stop);
  void RunWatcher(std::stop_token stop, std::chrono::milliseconds look_every);
  void WakePreparer();
  void TellRoom(const DiskError* error);

  LocalLog& log_;
  const LogEvents events_;
  std::mutex room_mutex_;  // held while on_room is called
  std::atomic<bool> told_no_room_{false};
  std::mutex mutex_;  // for the conditions only
  std::condition_variable_any next_is_taken_;
  std::condition_variable_any retry_;
  std::condition_variable_any watcher_ends_;
  std::jthread watcher_;
  std::jthread preparer_;
  std::jthread log_thread_;
};

}  // namespace thalweg
