// Crosses threads: see the header.
#include "storage/log_threads.h"

#include <string>
#include <utility>

#include "base/thread_name.h"

namespace thalweg {
namespace {

// How soon a full disk is tried again.
constexpr std::chrono::milliseconds kFullDiskRetry{200};

// Between pieces of a file that is made ready while commits go on. Without, for the 13 ms that
// this takes, they were 98 in 50 ms at 58,000 appends a second where there are 160.
constexpr std::chrono::milliseconds kRest{2};

// It is known whether there is room before anybody stages; what recovery staged is the log's
// thread's.
LocalLog& Prepared(LocalLog& log) {
  static_cast<void>(log.PrepareNext());
  log.StartCommit();
  return log;
}

}  // namespace

LogThreads::LogThreads(LocalLog& log, LogEvents events, std::chrono::milliseconds look_every)
    : log_(Prepared(log)),
      events_(std::move(events)),
      watcher_(
          [this, look_every](std::stop_token stop) { RunWatcher(std::move(stop), look_every); }),
      preparer_([this](std::stop_token stop) { RunPreparer(std::move(stop)); }),
      log_thread_([this](std::stop_token stop) { RunCommitter(std::move(stop)); }) {}

// The watcher last: the disk may not answer now.
LogThreads::~LogThreads() {
  log_thread_.request_stop();
  log_thread_.join();
  preparer_.request_stop();
  preparer_.join();
  watcher_.request_stop();
  watcher_.join();
}

void LogThreads::RunCommitter(std::stop_token stop) {
  NameThisThread("thalweg-commit");
  while (log_.WaitForStaged(stop)) {
    const bool is_last_try = stop.stop_requested();
    const DiskResult<void> committed = log_.Commit();
    // A loop's failure comes with the next.
    if (!committed && log_.failed()) {
      return events_.on_failure(DiskFault(committed.error()).error());
    }
    if (!log_.next_is_prepared()) WakePreparer();
    if (!committed || told_no_room_) TellRoom(committed ? nullptr : &committed.error());
    if (committed) continue;
    if (is_last_try) return;
    std::unique_lock lock(mutex_);
    retry_.wait_for(lock, stop, kFullDiskRetry, [] { return false; });
  }
}

// The lock, so that a preparer that has just looked is asleep when it is called.
void LogThreads::WakePreparer() {
  std::lock_guard lock(mutex_);
  next_is_taken_.notify_one();
}

// Once for each change, however often it is tried.
void LogThreads::TellRoom(const DiskError* error) {
  std::lock_guard lock(room_mutex_);
  const bool has_room = log_.HasRoom();
  if (has_room != told_no_room_ || (!has_room && error == nullptr)) return;
  told_no_room_ = !has_room;
  if (!events_.on_room) return;
  if (has_room) return events_.on_room(nullptr);
  const StorageFault fault = DiskFault(*error).error();
  events_.on_room(&fault);
}

void LogThreads::RunPreparer(std::stop_token stop) {
  NameThisThread("thalweg-prepare");
  while (!stop.stop_requested()) {
    // A full disk is no failure: it is tried again.
    const DiskResult<void> prepared = log_.PrepareNext([&] {
      std::unique_lock lock(mutex_);
      next_is_taken_.wait_for(lock, stop, kRest, [] { return false; });
    });
    TellRoom(prepared ? nullptr : &prepared.error());
    std::unique_lock lock(mutex_);
    if (prepared) {
      next_is_taken_.wait(lock, stop, [this] { return !log_.next_is_prepared(); });
    } else {
      next_is_taken_.wait_for(lock, stop, kFullDiskRetry, [] { return false; });
    }
  }
}

// Touches no disk.
void LogThreads::RunWatcher(std::stop_token stop, std::chrono::milliseconds look_every) {
  NameThisThread("thalweg-watch");
  LogWatch watch(log_);
  const auto rest = [&] {
    std::unique_lock lock(mutex_);
    return !watcher_ends_.wait_for(lock, stop, look_every, [&] { return stop.stop_requested(); });
  };
  while (rest()) {
    switch (watch.Look()) {
      case LogWatch::News::kNone: break;
      case LogWatch::News::kLate: log_.CommitNow(); break;
      case LogWatch::News::kSilent:
      case LogWatch::News::kAnswers:
        if (events_.on_silence) events_.on_silence(watch.silent_ms());
        break;
      case LogWatch::News::kGiveUp:
        return events_.on_failure(DiskFault("log: the disk has ended no write and no sync for " +
                                            std::to_string(watch.silent_ms() / 1'000) + " s")
                                      .error());
    }
  }
}

}  // namespace thalweg
