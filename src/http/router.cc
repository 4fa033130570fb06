#include "thalweg/router.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/durations.h"
#include "http/background_answers.h"
#include "http/compressed_pages.h"
#include "http/cors.h"
#include "http/find_first.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/hooked_answers.h"
#include "http/problem_codes.h"
#include "http/room_waits.h"
#include "http/shared_answers.h"
#include "http/target.h"

namespace thalweg {

namespace {

// As RouterOptions promises of numbers that make no sense.
RouterOptions Normal(RouterOptions options) {
  options.base_path = NormalBasePath(options.base_path);
  while (options.public_url.ends_with('/')) options.public_url.pop_back();
  for (int64_t* time_ms :
       {&options.long_poll_timeout_ms, &options.sse_max_age_ms, &options.sse_heartbeat_ms}) {
    *time_ms = std::clamp<int64_t>(*time_ms, 0, kYearMs);
  }
  options.page_bytes_max = std::max<size_t>(options.page_bytes_max, 1);
  options.cursor_interval_s = std::max<int64_t>(options.cursor_interval_s, 1);
  return options;
}

bool HasHooks(const RouterOptions& options) {
  return options.hooks.on_created || options.hooks.on_deleted;
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
        background_(executor),
        compressing_(executor),
        room_waits_(executor, clock),
        context_{.engine = engine,
                 .port = *port_,
                 .executor = executor,
                 .workers = workers,
                 .clock = clock,
                 .options = Normal(options),
                 .common = CommonFields(options),
                 .security = SecurityFields(),
                 .background = background_,
                 .compressed = compressed_,
                 .compressing = compressing_,
                 .room_waits = room_waits_,
                 .hooked = HasHooks(options) ? &hooked_.emplace(*port_, executor) : nullptr},
        live_(context_) {}

  void Handle(const Request& request, Responder& responder) {
    // A preflight is answered for any path, so that browsers show the answer that follows it.
    if (request.method == Method::kOptions) return SendOptions(context_, responder);
    auto key = ParseStreamPath(context_.options.base_path, request.path);
    if (!key) return SendRefusal(context_, key.error(), responder);
    const StreamRequest stream_request{.http = request, .key = std::move(*key)};
    if (!WaitsToFind(context_, stream_request) || !responder.HoldNext(true)) {
      return Dispatch(stream_request, responder);
    }
    DispatchOnceFound(context_, stream_request, responder,
                      [this](const StreamRequest& found, Responder& to) { Dispatch(found, to); });
  }

  // As they stand there: one that is to be decoded is not found, and that is no harm.
  void Expect(std::span<const std::string_view> paths) {
    expected_.clear();
    for (const std::string_view path : paths) {
      expected_.push_back(BelowBase(context_.options.base_path, path));
    }
    context_.engine.Expect(expected_);
  }

  void Shutdown() {
    live_.Shutdown();
    room_waits_.Shutdown();
  }

  RouterStats Stats() const { return live_.Stats(); }

 private:
  void Dispatch(const StreamRequest& request, Responder& responder) {
    switch (request.http.method) {
      case Method::kGet: return HandleRead(context_, live_, request, responder);
      case Method::kHead: return HandleMetadata(context_, request, responder);
      case Method::kPut: return HandleCreate(context_, request, responder);
      case Method::kPost: return HandleAppend(context_, request, responder);
      case Method::kDelete: return HandleRemove(context_, request, responder);
      case Method::kOptions:
      case Method::kOther:
        return SendProblem(responder, Head(context_).Add("allow", kAllowedMethods),
                           kMethodNotAllowed, {});
    }
  }

  // In this order: the live readers leave before the port that they watch through.
  const std::unique_ptr<Port> port_;
  BackgroundAnswers background_;
  CompressedPages compressed_;
  SharedAnswers compressing_;
  RoomWaits room_waits_;
  std::optional<HookedAnswers> hooked_;
  const RouterContext context_;
  LiveReaders live_;
  std::vector<std::string_view> expected_;  // within Expect
};

Router::Router(Engine& engine, Executor& executor, Executor* workers, const Clock& clock,
               const RouterOptions& options)
    : impl_(std::make_unique<Impl>(engine, executor, workers, clock, options)) {}

Router::~Router() = default;

void Router::Handle(const Request& request, Responder& responder) {
  impl_->Handle(request, responder);
}

void Router::Expect(std::span<const std::string_view> paths) { impl_->Expect(paths); }

void Router::Shutdown() { impl_->Shutdown(); }

RouterStats Router::Stats() const { return impl_->Stats(); }

}  // namespace thalweg
