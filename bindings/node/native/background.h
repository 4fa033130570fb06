// Work that would hold up Node's event loop, on one of Node's own worker threads.
#pragma once

#include <napi.h>

#include <functional>
#include <utility>

namespace thalweg::node {

// Runs `work` on a worker thread, then settles the promise that it gives on the loop's with what
// `result` returns; an Error rejects it. The process stays alive until then.
class Background final : public Napi::AsyncWorker {
 public:
  using Work = std::move_only_function<void()>;
  using Result = std::move_only_function<Napi::Value(Napi::Env)>;

  static Napi::Value Run(Napi::Env env, Work work, Result result) {
    auto* background = new Background(env, std::move(work), std::move(result));
    const Napi::Value promise = background->deferred_.Promise();
    background->Queue();  // it deletes itself
    return promise;
  }

 private:
  Background(Napi::Env env, Work work, Result result)
      : Napi::AsyncWorker(env, "thalweg"),
        deferred_(env),
        work_(std::move(work)),
        result_(std::move(result)) {}

  void Execute() override { work_(); }
  void OnOK() override {
    const Napi::Value value = result_(Env());
    const bool failed = value.IsObject() && value.As<Napi::Object>().InstanceOf(
                                                Env().Global().Get("Error").As<Napi::Function>());
    failed ? deferred_.Reject(value) : deferred_.Resolve(value);
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Result result_;
};

}  // namespace thalweg::node
