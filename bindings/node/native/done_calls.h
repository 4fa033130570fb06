// The `done` functions of JavaScript that wait for a store's results. What the store itself holds
// of one is a number, for a store may end, and tell its last results, on a thread for background
// work.
//
// Crosses threads: Call may come from any; what is of Node-API is touched on the loop's alone.
#pragma once

#include <napi.h>

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "loop_executor.h"
#include "values.h"

namespace thalweg::node {

class DoneCalls {
 public:
  explicit DoneCalls(LoopExecutor& loop) : loop_(loop) {}
  DoneCalls(const DoneCalls&) = delete;
  DoneCalls& operator=(const DoneCalls&) = delete;

  // The process stays alive until it was called. THREAD: the loop's.
  uint64_t Add(Napi::Function done);

  // Calls it, once: within this call on the loop's thread, soon from any other. Dropped where the
  // loop is closed. THREAD: any.
  template <typename T>
  void Call(uint64_t ticket, StoreResult<T> result) {
    if (loop_.IsHere()) return CallHere(ticket, result);
    loop_.Post([this, ticket, result = std::move(result)] { CallHere(ticket, result); });
  }

 private:
  template <typename T>
  void CallHere(uint64_t ticket, const StoreResult<T>& result) {
    const Napi::FunctionReference done = Take(ticket);
    if (loop_.closed()) return;
    Napi::HandleScope scope(loop_.env());
    done.Call({ResultOf(loop_.env(), result)});
  }
  Napi::FunctionReference Take(uint64_t ticket);

  LoopExecutor& loop_;

  // The loop's thread only.
  std::unordered_map<uint64_t, Napi::FunctionReference> waiting_;
  uint64_t last_ticket_ = 0;
};

}  // namespace thalweg::node
