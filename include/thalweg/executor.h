// Where a Router runs: the embedder's event loop, seen through two calls, and two more where it
// can.
//
// One Executor is one thread of control: its tasks run one at a time, in the order of Post.
#pragma once

#include <cstdint>
#include <functional>

#include "thalweg/export.h"

namespace thalweg {

class THALWEG_API Executor {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Executor() = default;

  // Runs `task` soon, never inside this call. THREAD: any.
  // What a Router of a durable store is asked to append is written once such a task has run, with
  // all that was asked meanwhile.
  virtual void Post(Task task) = 0;

  // Runs `task` once `delay_ms` milliseconds have passed. THREAD: the executor's own.
  virtual void PostAfter(int64_t delay_ms, Task task) = 0;

  // Optional. Runs `on_event`, as a task, whenever `event_fd` (an eventfd, non-blocking) has been
  // written to, until RemoveEvent; reads it, or is told of writes only (EPOLLET). False: it cannot.
  // Where it can, a Router of a durable store has the kernel write beside this thread what is
  // appended, and needs no other thread for it: an append takes a fifth less of the processor.
  // Such an executor runs as long as it has Routers: what one of them has begun, it ends.
  // THREAD: the executor's own, or any before it runs.
  virtual bool AddEvent(int /*event_fd*/, Task /*on_event*/) { return false; }

  // `on_event` is not run any more. REQUIRES: it was added, and is not running.
  // THREAD: the executor's own, or any once it runs no more.
  virtual void RemoveEvent(int /*event_fd*/) {}
};

}  // namespace thalweg
