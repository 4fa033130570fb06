// Waits for messages: each watches its stream until there is something, its time has passed, or
// all are cancelled.
//
// Crosses threads: Start and CancelAll may come from any; all else runs behind a gate, one task at
// a time. Never calls back by itself: results go to the callback queue.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "api/store_commands.h"
#include "base/callback_queue.h"
#include "base/executor_timers.h"
#include "base/gated_executor.h"
#include "engine/durable_waits.h"
#include "engine/engine.h"
#include "thalweg/clock.h"
#include "thalweg/store.h"

namespace thalweg {

class MessageWaits {
 public:
  // REQUIRES: all outlive it, and the gate is closed when it ends.
  MessageWaits(Engine& engine, const StoreCommands& commands, const Clock& clock,
               GatedExecutor& gate, CallbackQueue& callbacks, DurableWaits& durable);
  ~MessageWaits();  // what still waits is answered kFailed, but for what is cancelled
  MessageWaits(const MessageWaits&) = delete;
  MessageWaits& operator=(const MessageWaits&) = delete;

  // Waits for what comes to `stream` behind `at`.
  void Start(StreamHandle stream, Offset at, int64_t timeout_ms, StoreCallback<WaitResult> done);

  // Those that were started before, as if their time had passed.
  void CancelAll();

 private:
  class Wait;

  void BeginAll();
  void Begin(std::unique_ptr<Wait> wait);
  StoreCommands::Look Find(const Wait& wait) const;
  void Look(Wait& wait);
  void Expire(Wait& wait);
  void End(Wait& wait, StoreResult<WaitResult> result);
  void Answer(Wait& wait, StoreResult<WaitResult> result);
  void AnswerAtTheEnd(Wait& wait);
  StoreResult<WaitResult> NothingNew(const Wait& wait) const;

  Engine& engine_;
  const StoreCommands& commands_;
  const Clock& clock_;
  GatedExecutor& gate_;
  CallbackQueue& callbacks_;
  DurableWaits& durable_;

  std::mutex mutex_;                             // guards what follows
  std::vector<std::unique_ptr<Wait>> to_begin_;  // not empty: a task is under way
  uint64_t cancels_ = 0;                         // calls of CancelAll

  // Behind the gate.
  std::unique_ptr<Port> port_;
  ExecutorTimers timers_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, std::unique_ptr<Wait>> waits_;  // by ticket
};

}  // namespace thalweg
