// Where a Router runs: the embedder's event loop, seen through two calls.
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
};

}  // namespace thalweg
