// Callbacks that come from any thread and run on one executor, until the queue is closed: then what
// is left runs at once, and nothing after it.
//
// Crosses threads: Push may come from any thread. Close comes from one that no callback waits for.
#pragma once

#include <functional>
#include <memory>

#include "thalweg/executor.h"

namespace thalweg {

class CallbackQueue {
 public:
  // Gets what Push said.
  using Callback = std::move_only_function<void(bool ok)>;

  // REQUIRES: `executor` outlives the queue until it is closed.
  explicit CallbackQueue(Executor& executor);
  ~CallbackQueue();  // as Close
  CallbackQueue(const CallbackQueue&) = delete;
  CallbackQueue& operator=(const CallbackQueue&) = delete;

  // Runs `callback` on the executor, in the order of the calls, never inside this one. After Close
  // it runs inside this one.
  void Push(Callback callback, bool ok);

  // Waits for the callback that is running, unless it is this very one.
  void WaitForRunning();

  // The same, then runs those that wait.
  void Close();

 private:
  class State;
  const std::shared_ptr<State> state_;  // outlives this where a task is posted
};

}  // namespace thalweg
