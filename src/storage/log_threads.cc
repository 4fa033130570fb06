// Crosses threads: see the header.
#include "storage/log_threads.h"

#include <chrono>
#include <utility>

namespace thalweg {
namespace {

// How soon a full disk is tried again.
constexpr std::chrono::milliseconds kFullDiskRetry{200};

}  // namespace

LogThreads::LogThreads(LocalLog& log, std::function<void(const DiskError&)> on_failure)
    : log_(log),
      on_failure_(std::move(on_failure)),
      preparer_([this](std::stop_token stop) { RunPreparer(std::move(stop)); }),
      committer_([this](std::stop_token stop) { RunCommitter(std::move(stop)); }) {}

LogThreads::~LogThreads() {
  committer_.request_stop();
  committer_.join();
  preparer_.request_stop();
  preparer_.join();
}

void LogThreads::RunCommitter(std::stop_token stop) {
  while (log_.WaitForStaged(stop)) {
    const DiskResult<void> committed = log_.Commit();
    if (log_.failed()) return on_failure_(committed.error());
    if (!log_.next_is_prepared()) next_is_taken_.notify_one();
    if (committed) continue;
    std::unique_lock lock(mutex_);
    retry_.wait_for(lock, stop, kFullDiskRetry, [] { return false; });
    if (stop.stop_requested()) return;
  }
}

void LogThreads::RunPreparer(std::stop_token stop) {
  while (!stop.stop_requested()) {
    // A full disk is met here first, and is no failure: it is tried again.
    const bool prepared = log_.PrepareNext().has_value();
    std::unique_lock lock(mutex_);
    if (prepared) {
      // The committer does not hold the lock when it calls, so look again now and then.
      next_is_taken_.wait_for(lock, stop, std::chrono::seconds(1),
                              [this] { return !log_.next_is_prepared(); });
    } else {
      next_is_taken_.wait_for(lock, stop, kFullDiskRetry, [] { return false; });
    }
  }
}

}  // namespace thalweg
