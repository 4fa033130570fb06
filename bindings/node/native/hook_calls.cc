#include "hook_calls.h"

#include <utility>

#include "values.h"

namespace thalweg::node {

uint32_t HookCalls::Add(Napi::Function target) {
  targets_.emplace(++last_id_, Napi::Weak(target));
  return last_id_;
}

LifecycleHooks HookCalls::HooksOf(uint32_t id) {
  const StreamHook hook = [this, id](const StreamEvent& event, AnswerHold hold) {
    loop_.Post(
        [this, id, event, hold = std::move(hold)]() mutable { Call(id, event, std::move(hold)); });
  };
  return {.on_created = hook, .on_deleted = hook};
}

void HookCalls::Call(uint32_t id, const StreamEvent& event, AnswerHold hold) {
  const auto target = targets_.find(id);
  if (target == targets_.end()) return;  // its router has ended
  const Napi::Env env = loop_.env();
  const Napi::Function kept = target->second.Value();  // for the call
  if (kept.IsEmpty()) return;                          // nobody holds its router any more
  const uint32_t ticket = ++last_ticket_;
  holds_.emplace(ticket, std::move(hold));
  const Napi::Value done = CallOf(
      target->second,
      {Napi::Boolean::New(env, event.kind == StreamEvent::Kind::kCreated),
       Napi::String::New(env, event.path), Napi::String::New(env, event.content_type),
       Napi::Number::New(env, static_cast<double>(event.at_ms)), Napi::Number::New(env, ticket)});
  if (done.IsEmpty() || done.As<Napi::Boolean>()) Release(ticket);
}

}  // namespace thalweg::node
