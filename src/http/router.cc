#include "thalweg/router.h"

#include <optional>
#include <utility>

#include "http/background_answers.h"
#include "http/cors.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/problem_codes.h"
#include "http/target.h"

namespace thalweg {

namespace {

RouterOptions Normal(RouterOptions options) {
  options.base_path = NormalBasePath(options.base_path);
  while (options.public_url.ends_with('/')) options.public_url.pop_back();
  return options;
}

}  // namespace

void SendRefusal(const RouterContext& context, const Refusal& refusal, Responder& responder) {
  SendProblem(responder, Head(context), *refusal.problem, refusal.detail);
}

class Router::Impl {
 public:
  Impl(Engine& engine, Executor& executor, Executor* workers, const Clock& clock,
       const RouterOptions& options)
      : port_(engine.Attach(executor)),
        context_{.engine = engine,
                 .port = *port_,
                 .executor = executor,
                 .workers = workers,
                 .clock = clock,
                 .options = Normal(options),
                 .common = CommonFields(options),
                 .background = workers ? &background_.emplace(executor, *workers) : nullptr},
        live_(context_) {}

  void Handle(const Request& request, Responder& responder) {
    // A preflight is answered for any path, so that browsers show the answer that follows it.
    if (request.method == Method::kOptions) return SendOptions(context_, responder);
    auto key = ParseStreamPath(context_.options.base_path, request.path);
    if (!key) return SendRefusal(context_, key.error(), responder);
    Dispatch({.http = request, .key = std::move(*key)}, responder);
  }

  void Shutdown() { live_.Shutdown(); }

 private:
  void Dispatch(const StreamRequest& request, Responder& responder) {
    switch (request.http.method) {
      case Method::kGet: return HandleRead(context_, live_, request, responder);
      case Method::kHead: return HandleMetadata(context_, request, responder);
      case Method::kPut: return HandleCreate(context_, splitter_, request, responder);
      case Method::kPost: return HandleAppend(context_, splitter_, request, responder);
      case Method::kDelete: return HandleRemove(context_, request, responder);
      case Method::kOptions:
      case Method::kOther:
        return SendProblem(responder, Head(context_).Add("allow", kAllowedMethods),
                           kMethodNotAllowed, {});
    }
  }

  // In this order: the live readers leave before the port that they watch through.
  const std::unique_ptr<Port> port_;
  std::optional<BackgroundAnswers> background_;
  const RouterContext context_;
  JsonSplitter splitter_;
  LiveReaders live_;
};

Router::Router(Engine& engine, Executor& executor, Executor* workers, const Clock& clock,
               const RouterOptions& options)
    : impl_(std::make_unique<Impl>(engine, executor, workers, clock, options)) {}

Router::~Router() = default;

void Router::Handle(const Request& request, Responder& responder) {
  impl_->Handle(request, responder);
}

void Router::Shutdown() { impl_->Shutdown(); }

}  // namespace thalweg
