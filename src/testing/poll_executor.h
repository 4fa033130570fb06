// An executor that is told of eventfds, and that one thread runs as long as a test likes.
//
// Crosses threads: Post may come from any, the rest from the one that runs it.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/owned_fd.h"
#include "thalweg/executor.h"

namespace thalweg {

class PollExecutor final : public Executor {
 public:
  void Post(Task task) override {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    eventfd_write(wake_.get(), 1);
  }
  void PostAfter(int64_t, Task) override { std::abort(); }  // nobody here needs it

  bool AddEvent(int event_fd, Task on_event) override {
    return events_.try_emplace(event_fd, std::move(on_event)).second;
  }
  void RemoveEvent(int event_fd) override { events_.erase(event_fd); }
  bool has_events() const { return !events_.empty(); }

  // Takes turns until `done` holds. False: nothing has come for half a minute.
  template <typename Done>
  bool RunUntil(Done done) {
    while (!done()) {
      if (!Turn(30'000)) return false;
    }
    return true;
  }

  // What has come by now, and what that brings.
  void RunAll() {
    while (Turn(0)) {
    }
  }

 private:
  bool Turn(int timeout_ms) {
    std::vector<pollfd> polled{{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
    for (const auto& [fd, on_event] : events_) {
      polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
    if (poll(polled.data(), polled.size(), timeout_ms) <= 0) return false;
    for (const pollfd& one : polled) {
      eventfd_t count = 0;
      if ((one.revents & POLLIN) != 0) eventfd_read(one.fd, &count);
      if (count != 0 && one.fd != wake_.get()) events_.at(one.fd)();
    }
    std::vector<Task> tasks;
    {
      std::lock_guard lock(mutex_);
      tasks.swap(tasks_);
    }
    for (Task& task : tasks) task();
    return true;
  }

  const OwnedFd wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::map<int, Task> events_;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
};

}  // namespace thalweg
