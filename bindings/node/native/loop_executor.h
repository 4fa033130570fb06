// Node's event loop as an Executor: where routers over memory run and where results reach
// JavaScript.
//
// One for each environment (main thread or worker thread of Node). Crosses threads: Post may come
// from any. The process stays alive for it only while somebody holds it.
#pragma once

#include <napi.h>

#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "thalweg/executor.h"

namespace thalweg::node {

class LoopExecutor final : public Executor {
 public:
  explicit LoopExecutor(Napi::Env env);
  ~LoopExecutor() override { Close(); }
  LoopExecutor(const LoopExecutor&) = delete;
  LoopExecutor& operator=(const LoopExecutor&) = delete;

  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

  // While anything holds the loop, the process does not end by itself. THREAD: the loop's.
  void Hold();
  void Release();

  // Runs what was posted before, at once. THREAD: the loop's, outside of its tasks.
  void RunPosted();

  // Makes an exception that JavaScript left pending an uncaught one. THREAD: the loop's.
  void ThrowPending();

  // `set_timer(ms, key)` of index.cjs, which calls FireTimer(key) then, or after 24 days where that
  // is sooner. THREAD: the loop's.
  void UseTimers(Napi::Function set_timer);
  void FireTimer(uint32_t key);

  // What is posted from here on is dropped, and so is what waits for its time. JavaScript must not
  // be called any more. THREAD: the loop's.
  void Close();
  bool closed() const { return closed_; }

  // Whether the loop's thread asks. THREAD: any.
  bool IsHere() const { return std::this_thread::get_id() == thread_; }

  Napi::Env env() const { return env_; }

 private:
  static void Wake(napi_env env, napi_value, void* self, void*);

  const Napi::Env env_;
  const std::thread::id thread_ = std::this_thread::get_id();
  napi_threadsafe_function wake_ = nullptr;  // guarded by mutex_ where other threads call it
  bool closed_ = false;                      // written by the loop's thread under mutex_

  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_

  // The loop's thread only.
  std::vector<Task> running_;
  std::unordered_map<uint32_t, Task> timers_;
  uint32_t last_timer_ = 0;
  uint32_t holds_ = 0;
  Napi::FunctionReference set_timer_;
};

}  // namespace thalweg::node
