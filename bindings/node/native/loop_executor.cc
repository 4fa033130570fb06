#include "loop_executor.h"

#include <utility>

namespace thalweg::node {

LoopExecutor::LoopExecutor(Napi::Env env) : env_(env) {
  napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "thalweg"), 0, 1,
                                  nullptr, nullptr, this, &LoopExecutor::Wake, &wake_);
  napi_unref_threadsafe_function(env, wake_);
}

void LoopExecutor::Post(Task task) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void LoopExecutor::PostAfter(int64_t delay_ms, Task task) {
  if (closed_) return;
  Napi::HandleScope scope(env_);
  const uint32_t key = ++last_timer_;
  timers_.emplace(key, std::move(task));
  set_timer_.Call(
      {Napi::Number::New(env_, static_cast<double>(delay_ms)), Napi::Number::New(env_, key)});
}

void LoopExecutor::Hold() {
  if (holds_++ == 0 && !closed_) napi_ref_threadsafe_function(env_, wake_);
}

void LoopExecutor::Release() {
  if (--holds_ == 0 && !closed_) napi_unref_threadsafe_function(env_, wake_);
}

void LoopExecutor::UseTimers(Napi::Function set_timer) { set_timer_ = Napi::Persistent(set_timer); }

void LoopExecutor::FireTimer(uint32_t key) {
  auto timer = timers_.extract(key);
  if (!timer.empty()) timer.mapped()();
}

void LoopExecutor::Close() {
  std::vector<Task> dropped;  // ends outside the lock: what a task owns may post
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    dropped.swap(tasks_);
    napi_release_threadsafe_function(wake_, napi_tsfn_abort);
  }
  timers_.clear();
}

void LoopExecutor::Wake(napi_env env, napi_value, void* self, void*) {
  if (env != nullptr) static_cast<LoopExecutor*>(self)->RunPosted();
}

// Each task has a scope of its own, so that a long row of them does not pile up handles.
void LoopExecutor::RunPosted() {
  {
    std::lock_guard lock(mutex_);
    running_.swap(tasks_);
  }
  for (Task& task : running_) {
    Napi::HandleScope scope(env_);
    task();
    ThrowPending();
  }
  running_.clear();
}

void LoopExecutor::ThrowPending() {
  if (!env_.IsExceptionPending()) return;
  napi_fatal_exception(env_, env_.GetAndClearPendingException().Value());
}

}  // namespace thalweg::node
