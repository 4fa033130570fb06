// What an operator should know, on its way to process.emitWarning.
//
// Crosses threads: Tell and the logs may be called from any.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <string_view>

#include "loop_executor.h"
#include "thalweg/logger.h"

namespace thalweg::node {

class Warnings {
 public:
  explicit Warnings(LoopExecutor& loop) : loop_(loop) {}
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  // `warn(message)`. THREAD: the loop's.
  void Connect(Napi::Function warn) { warn_ = Napi::Persistent(warn); }

  void Tell(std::string message);

  // Passes on warnings and what is worse.
  class Log final : public Logger {
   public:
    explicit Log(Warnings& warnings) : warnings_(warnings) {}
    void Write(LogLevel level, std::string_view message) override;

   private:
    Warnings& warnings_;
  };
  std::unique_ptr<Log> MakeLog() { return std::make_unique<Log>(*this); }

 private:
  LoopExecutor& loop_;
  Napi::FunctionReference warn_;
};

}  // namespace thalweg::node
