// FaultInjectionMiddleware's native half: a thalweg::FaultInjection in front of Node's requests.
// The loop's thread only; the FaultInjection itself is shared with a server's threads.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "addon_data.h"
#include "request_reader.h"
#include "thalweg/fault_injection.h"

namespace thalweg::node {

class NodeFaults final : public Napi::ObjectWrap<NodeFaults> {
 public:
  static Napi::Function Define(Napi::Env env);
  static std::shared_ptr<FaultInjection> FaultsOf(const Napi::Value& faults);

  // ({enableTestEndpoint}).
  explicit NodeFaults(const Napi::CallbackInfo& info);

 private:
  // (path, fault): undefined, or what is wrong with the fault.
  Napi::Value Inject(const Napi::CallbackInfo& info);
  Napi::Value Clear(const Napi::CallbackInfo& info);

  // (kind, head, body, next), as Router.handle. Null: the request meets no fault. Else what
  // JsResponses::Settle gives; `next(slot, ticket)` is called later where somebody else answers
  // after all. Where that is spoiled, their answer comes through Answer, by the ticket; else the
  // ticket is 0.
  Napi::Value Handle(const Napi::CallbackInfo& info);
  // (ticket, status, headers, body, end, length): a part of that answer. Status 0: not its head;
  // length -1: not known. REQUIRES: its client is there, or Forget was called.
  Napi::Value Answer(const Napi::CallbackInfo& info);
  Napi::Value Forget(const Napi::CallbackInfo& info);  // (ticket): what is answered goes nowhere

  struct Passing;
  void PassLater(JsResponse& response, Responder* spoiler,
                 std::shared_ptr<Napi::FunctionReference> tell);

  // A spoiler whose handler hears of the client's end goes by itself.
  class Hearing final : public ResponderEvents {
    void OnWritable() override {}
    void OnCancel() override {}
  };

  AddonData& addon_;
  RequestReader reader_;
  const std::shared_ptr<FaultInjection> faults_;
  std::unordered_map<uint32_t, Responder*> spoilers_;  // by ticket
  uint32_t last_ticket_ = 0;
  Hearing hearing_;
};

}  // namespace thalweg::node
