// Lifecycle hooks on their way to JavaScript, and the answers that wait for them.
//
// Crosses threads: a hook is called on its router's thread; what else is here belongs to the
// loop's.
#pragma once

#include <napi.h>

#include <cstdint>
#include <unordered_map>

#include "loop_executor.h"
#include "thalweg/hooks.h"

namespace thalweg::node {

class HookCalls {
 public:
  // REQUIRES: `loop` outlives this and every hook that it gave.
  explicit HookCalls(LoopExecutor& loop) : loop_(loop) {}
  HookCalls(const HookCalls&) = delete;
  HookCalls& operator=(const HookCalls&) = delete;

  // Hooks that call `target(created, key, contentType, atMs, ticket)`. It gives true where the
  // request may be answered at once; else Release(ticket) lets it be. `target` is not kept, for it
  // may hold the router or server that it is called for: that one keeps it, and what is told after
  // both have gone is dropped.
  uint32_t Add(Napi::Function target);
  LifecycleHooks HooksOf(uint32_t id);
  void Remove(uint32_t id) { targets_.erase(id); }

  void Release(uint32_t ticket) { holds_.erase(ticket); }
  void ReleaseAll() { holds_.clear(); }

 private:
  void Call(uint32_t id, const StreamEvent& event, AnswerHold hold);

  LoopExecutor& loop_;
  std::unordered_map<uint32_t, Napi::FunctionReference> targets_;
  std::unordered_map<uint32_t, AnswerHold> holds_;
  uint32_t last_id_ = 0;
  uint32_t last_ticket_ = 0;
};

}  // namespace thalweg::node
