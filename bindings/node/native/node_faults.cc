#include "node_faults.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "values.h"

namespace thalweg::node {

namespace {

Fault FaultOf(const Napi::Object& given) {
  Fault fault;
  fault.status = static_cast<int>(GivenInteger(given, "status").value_or(0));
  fault.delay_ms = GivenInteger(given, "delayMs");
  fault.drop_connection = GivenTrue(given, "dropConnection");
  fault.truncate_body_bytes = GivenCount(given, "truncateBodyBytes");
  fault.corrupt_body = GivenTrue(given, "corruptBody");
  if (const auto event = Given(given, "injectSseEvent")) {
    const auto fields = event->As<Napi::Object>();
    fault.sse_event = {.type = GivenText(fields, "eventType").value_or(""),
                       .data = GivenText(fields, "data").value_or("")};
  }
  fault.count = GivenCount(given, "count").value_or(1);
  if (const auto probability = Given(given, "probability")) {
    fault.probability = probability->As<Napi::Number>().DoubleValue();
  }
  fault.method = GivenText(given, "method").value_or("");
  fault.retry_after_s = GivenCount(given, "retryAfter");
  fault.jitter_ms = GivenInteger(given, "jitterMs").value_or(0);
  return fault;
}

// A head of JavaScript's, "name\nvalue\n…".
HeaderList HeadersOf(const std::string& text) {
  HeaderList headers;
  size_t at = 0;
  while (at < text.size()) {
    const size_t name_end = text.find('\n', at);
    const size_t value_end = std::min(text.find('\n', name_end + 1), text.size());
    headers.Add(std::string_view(text).substr(at, name_end - at),
                std::string_view(text).substr(name_end + 1, value_end - name_end - 1));
    at = value_end + 1;
  }
  return headers;
}

}  // namespace

Napi::Function NodeFaults::Define(Napi::Env env) {
  return DefineClass(
      env, "Faults",
      {InstanceMethod<&NodeFaults::Inject>("inject"), InstanceMethod<&NodeFaults::Clear>("clear"),
       InstanceMethod<&NodeFaults::Handle>("handle"), InstanceMethod<&NodeFaults::Answer>("answer"),
       InstanceMethod<&NodeFaults::Forget>("forget")});
}

std::shared_ptr<FaultInjection> NodeFaults::FaultsOf(const Napi::Value& faults) {
  const NodeFaults* const found = Unwrap(faults.As<Napi::Object>());
  return found != nullptr ? found->faults_ : nullptr;
}

NodeFaults::NodeFaults(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<NodeFaults>(info),
      addon_(AddonData::Of(info.Env())),
      faults_(std::make_shared<FaultInjection>(FaultInjectionOptions{
          .test_endpoint = GivenTrue(info[0].As<Napi::Object>(), "enableTestEndpoint")})) {}

Napi::Value NodeFaults::Inject(const Napi::CallbackInfo& info) {
  const Fault fault = FaultOf(info[1].As<Napi::Object>());
  if (!CanRun(info.Env())) return info.Env().Undefined();
  const auto wrong = faults_->Inject(info[0].As<Napi::String>().Utf8Value(), fault);
  return TextOrUndefined(info.Env(), wrong);
}

Napi::Value NodeFaults::Clear(const Napi::CallbackInfo& info) {
  faults_->Clear();
  return info.Env().Undefined();
}

struct NodeFaults::Passing {
  bool within_call = true;
  bool unspoiled = false;
};

Napi::Value NodeFaults::Handle(const Napi::CallbackInfo& info) {
  const Request request = reader_.Read(info);
  JsResponse& response = addon_.responses.Begin();
  const auto passing = std::make_shared<Passing>();
  auto next = [this, passing, &response,
               tell = std::make_shared<Napi::FunctionReference>(Napi::Persistent(
                   info[3].As<Napi::Function>()))](const Request&, Responder& given) {
    const bool spoiled = &given != &response;
    passing->unspoiled = passing->within_call && !spoiled;
    if (!passing->unspoiled) PassLater(response, spoiled ? &given : nullptr, tell);
  };
  faults_->Handle(request, response, addon_.loop, std::move(next));
  passing->within_call = false;
  if (!passing->unspoiled) return addon_.responses.Settle(response);
  addon_.responses.Drop(response);
  return info.Env().Null();
}

// After the call that brought the request, so that JavaScript knows the slot. A client that leaves
// before takes its spoiler with it, and somebody else may have the slot: hence the ticket.
void NodeFaults::PassLater(JsResponse& response, Responder* spoiler,
                           std::shared_ptr<Napi::FunctionReference> tell) {
  const uint32_t ticket = spoiler != nullptr ? ++last_ticket_ : 0;
  if (spoiler != nullptr) {
    spoiler->SetEvents(&hearing_);
    spoilers_.emplace(ticket, spoiler);
  }
  addon_.loop.Post([this, &response, slot = response.slot(), ticket, tell = std::move(tell)] {
    if (ticket == 0) addon_.responses.Drop(response);
    const Napi::Env env = addon_.loop.env();
    tell->Call({Napi::Number::New(env, slot), Napi::Number::New(env, ticket)});
  });
}

Napi::Value NodeFaults::Answer(const Napi::CallbackInfo& info) {
  const auto found = spoilers_.find(info[0].As<Napi::Number>().Uint32Value());
  if (found == spoilers_.end()) return Napi::Boolean::New(info.Env(), true);
  Responder& spoiler = *found->second;
  const int status = info[1].As<Napi::Number>().Int32Value();
  if (status != 0) {
    const int64_t length = info[5].As<Napi::Number>().Int64Value();
    spoiler.Start(status, HeadersOf(info[2].As<Napi::String>().Utf8Value()),
                  length < 0 ? std::nullopt : std::optional<uint64_t>(length));
  }
  const std::string_view body = BytesOf(info[3]);
  const bool room = body.empty() || spoiler.Write(Bytes::Own(std::string(body)));
  if (info[4].As<Napi::Boolean>()) {
    spoilers_.erase(found);
    spoiler.Finish();
  }
  return Napi::Boolean::New(info.Env(), room);
}

Napi::Value NodeFaults::Forget(const Napi::CallbackInfo& info) {
  spoilers_.erase(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

}  // namespace thalweg::node
