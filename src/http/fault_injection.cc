// Crosses threads by its FaultTable; each request stays on its executor.
#include "thalweg/fault_injection.h"

#include <random>
#include <utility>

#include "base/http_status.h"
#include "http/cors.h"
#include "http/fault_json.h"
#include "http/fault_table.h"
#include "http/head.h"
#include "http/owned_request.h"
#include "http/problem_codes.h"
#include "http/spoiled_responder.h"
#include "http/waiting_answer.h"

namespace thalweg {

namespace {

constexpr std::string_view kEndpointMethods = "POST, DELETE, OPTIONS";

uint64_t SeedOf(const FaultInjectionOptions& options) {
  return options.seed != 0 ? options.seed : std::random_device{}();
}

// What is done to the answer; null: nothing.
std::optional<Spoil> SpoilOf(const FaultTable::Met& met) {
  const Fault& fault = met.fault;
  if (!fault.truncate_body_bytes && !fault.corrupt_body && !fault.sse_event) return std::nullopt;
  Spoil spoil{.truncate_body_bytes = fault.truncate_body_bytes,
              .corrupt_body = fault.corrupt_body,
              .seed = met.seed};
  if (fault.sse_event) {
    const Fault::SseEvent& event = *fault.sse_event;
    spoil.sse_event = "event: " + event.type + "\ndata: " + event.data + "\n\n";
  }
  return spoil;
}

}  // namespace

class FaultInjection::Impl {
 public:
  explicit Impl(FaultInjectionOptions options)
      : options_(std::move(options)),
        common_(CommonFields({})),
        table_(SeedOf(options_)),
        self_(std::make_shared<Impl*>(this)) {}

  std::optional<std::string> Inject(std::string_view path, Fault fault) {
    auto objection = CheckFault(path, fault);
    if (!objection) table_.Set(path, std::move(fault));
    return objection;
  }

  void Clear() { table_.Clear(); }

  void Handle(const Request& request, Responder& responder, Executor& executor, Next next);

 private:
  void AnswerTestEndpoint(const Request& request, Responder& responder);
  void Plant(std::string_view json, Responder& responder);
  void SendOk(Responder& responder) const;
  std::optional<FaultTable::Met> Meet(const Request& request);
  void Delay(FaultTable::Met met, const Request& request, Responder& responder, Executor& executor,
             Next next);
  void Break(const FaultTable::Met& met, const Request& request, Responder& responder,
             Next& next) const;
  void SendStatus(const Fault& fault, Responder& responder) const;

  const FaultInjectionOptions options_;
  const HeaderList common_;
  FaultTable table_;
  const std::shared_ptr<Impl*> self_;  // delayed requests hold it weakly: they may outlive us
};

void FaultInjection::Impl::Handle(const Request& request, Responder& responder, Executor& executor,
                                  Next next) {
  if (request.method == Method::kOptions) return next(request, responder);
  if (options_.test_endpoint && request.path == options_.test_path) {
    return AnswerTestEndpoint(request, responder);
  }
  auto met = Meet(request);
  if (!met) return next(request, responder);
  if (met->delay_ms == 0) return Break(*met, request, responder, next);
  Delay(std::move(*met), request, responder, executor, std::move(next));
}

void FaultInjection::Impl::AnswerTestEndpoint(const Request& request, Responder& responder) {
  switch (request.method) {
    case Method::kPost: return Plant(request.body, responder);
    case Method::kDelete: Clear(); return SendOk(responder);
    case Method::kGet:
    case Method::kHead:
    case Method::kPut:
    case Method::kOptions:
    case Method::kOther:
      return SendProblem(responder, Head(common_).Add("allow", kEndpointMethods), kMethodNotAllowed,
                         "POST plants a fault, DELETE forgets all of them.");
  }
}

void FaultInjection::Impl::Plant(std::string_view json, Responder& responder) {
  auto placed = ParseFault(json);
  if (!placed) return SendProblem(responder, Head(common_), kBadFault, placed.error());
  if (const auto objection = Inject(placed->path, std::move(placed->fault))) {
    return SendProblem(responder, Head(common_), kBadFault, *objection);
  }
  SendOk(responder);
}

void FaultInjection::Impl::SendOk(Responder& responder) const {
  Head head(common_);
  head.ContentType("application/json").CacheControl("no-store");
  responder.Respond(200, head.fields(), Bytes::Static(R"({"ok":true})"));
}

std::optional<FaultTable::Met> FaultInjection::Impl::Meet(const Request& request) {
  if (request.mount.empty()) return table_.Meet(request.path, request.method);
  return table_.Meet(std::string(request.mount).append(request.path), request.method);
}

void FaultInjection::Impl::Delay(FaultTable::Met met, const Request& request, Responder& responder,
                                 Executor& executor, Next next) {
  const int64_t delay_ms = met.delay_ms;
  responder.HoldNext(true);  // what stands behind an append is not to come before it
  auto go_on = [this, met = std::move(met), copy = std::make_unique<OwnedRequest>(request),
                next = std::move(next)](Responder& waiting) mutable {
    waiting.HoldNext(false);
    Break(met, copy->view(), waiting, next);
  };
  auto pending = std::make_unique<WaitingAnswer<decltype(go_on)>>(responder, std::move(go_on));
  executor.PostAfter(delay_ms, [weak = std::weak_ptr(self_), pending = std::move(pending)] {
    if (!weak.expired()) pending->Send();
  });
}

void FaultInjection::Impl::Break(const FaultTable::Met& met, const Request& request,
                                 Responder& responder, Next& next) const {
  if (met.fault.drop_connection) return responder.Abort();
  if (met.fault.status != 0) return SendStatus(met.fault, responder);
  auto spoil = SpoilOf(met);
  if (!spoil) return next(request, responder);
  next(request, SpoiledResponder::Wrap(responder, request.method, std::move(*spoil)));
}

void FaultInjection::Impl::SendStatus(const Fault& fault, Responder& responder) const {
  Head head(common_);
  head.ContentType("text/plain").CacheControl("no-store");
  if (fault.retry_after_s) head.Add("retry-after", *fault.retry_after_s);
  const char* const body = StatusHasBody(fault.status) ? "Injected error for testing" : "";
  responder.Respond(fault.status, head.fields(), Bytes::Static(body));
}

FaultInjection::FaultInjection(FaultInjectionOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

FaultInjection::~FaultInjection() = default;

std::optional<std::string> FaultInjection::Inject(std::string_view path, Fault fault) {
  return impl_->Inject(path, std::move(fault));
}

std::optional<std::string> FaultInjection::InjectError(std::string_view path, int status,
                                                       uint64_t count,
                                                       std::optional<uint64_t> retry_after_s) {
  Fault fault;
  fault.status = status;
  fault.count = count;
  fault.retry_after_s = retry_after_s;
  return Inject(path, std::move(fault));
}

void FaultInjection::Clear() { impl_->Clear(); }

void FaultInjection::Handle(const Request& request, Responder& responder, Executor& executor,
                            Next next) {
  impl_->Handle(request, responder, executor, std::move(next));
}

}  // namespace thalweg
