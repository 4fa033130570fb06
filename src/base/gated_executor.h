// An executor over another whose tasks run under one lock and not after it was closed: what they
// use may be ended by any thread.
//
// Crosses threads: Post and Close may come from any; PostAfter as the other executor says.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "thalweg/executor.h"

namespace thalweg {

class GatedExecutor final : public Executor {
 public:
  // REQUIRES: `inner` outlives this.
  explicit GatedExecutor(Executor& inner) : inner_(inner), gate_(std::make_shared<Gate>()) {}

  void Post(Task task) override { inner_.Post(Behind(std::move(task))); }
  void PostAfter(int64_t delay_ms, Task task) override {
    inner_.PostAfter(delay_ms, Behind(std::move(task)));
  }

  // Waits for the task that is running, calls `last` under the lock, and lets no task run any more.
  // REQUIRES: not called by a task.
  template <typename Last>
  void Close(Last last) {
    std::lock_guard lock(gate_->mutex);
    last();
    gate_->open = false;
  }

 private:
  struct Gate {
    std::mutex mutex;
    bool open = true;  // guarded by mutex
  };

  Task Behind(Task task) const {
    return [gate = gate_, task = std::move(task)]() mutable {
      std::lock_guard lock(gate->mutex);
      if (gate->open) task();
    };
  }

  Executor& inner_;
  const std::shared_ptr<Gate> gate_;  // outlives this where a task is posted
};

}  // namespace thalweg
