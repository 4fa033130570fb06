// What an operator should know, on its way to process.emitWarning, and disks that have failed.
//
// Crosses threads: Tell, TellFailure and the logs may be called from any.
#pragma once

#include <napi.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "loop_executor.h"
#include "thalweg/logger.h"
#include "thalweg/store.h"

namespace thalweg::node {

class Warnings {
 public:
  explicit Warnings(LoopExecutor& loop) : loop_(loop) {}
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  // `warn(message)` and `fail(store, why, reason)`. THREAD: the loop's.
  void Connect(Napi::Function warn, Napi::Function fail);

  void Tell(std::string message);
  // The store with this number (lib/failures.cjs) has failed: told soon, or by TellFailures.
  void TellFailure(uint32_t store, const StoreFailure& failure);
  // Tells now of what no task has told yet: before JavaScript hears that a store refuses. THREAD:
  // the loop's.
  void TellFailures();

  // Passes on warnings and errors. That the disk has failed comes through TellFailure.
  class Log final : public Logger {
   public:
    explicit Log(Warnings& warnings) : warnings_(warnings) {}
    void Write(LogLevel level, std::string_view message) override;

   private:
    Warnings& warnings_;
  };
  std::unique_ptr<Log> MakeLog() { return std::make_unique<Log>(*this); }

 private:
  struct Failure {
    uint32_t store;
    std::string why;
    const char* reason;
  };

  std::optional<Failure> TakeFailure();

  LoopExecutor& loop_;
  std::mutex mutex_;
  std::deque<Failure> failures_;  // guarded by mutex_
  Napi::FunctionReference warn_;
  Napi::FunctionReference fail_;
};

}  // namespace thalweg::node
