// A router over an engine and a hand-moved clock, for tests: requests in, recorded answers out.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "http/recording_responder.h"
#include "storage/commit_log.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "thalweg/router.h"

namespace thalweg {

using Fields = std::vector<HeaderField>;

inline constexpr std::string_view kZeroOffset = "0000000000000000_0000000000000000";

inline std::string OffsetOf(uint64_t value) { return FormatOffset(Offset{value}); }

class RouterBench {
 public:
  explicit RouterBench(RouterOptions options = {})
      : engine_(OpenMemoryEngine(clock_)),
        router_(std::make_unique<Router>(*engine_, executor_, nullptr, clock_, options)) {}

  // Over a log that the test drives, and workers that it runs.
  RouterBench(std::unique_ptr<CommitLog> log, RouterOptions options)
      : engine_(std::make_unique<Engine>(clock_, std::move(log), EngineOptions{}).release()),
        router_(std::make_unique<Router>(*engine_, executor_, &workers_, clock_, options)) {}

  // `target` is what follows the base path and its '/', with its query.
  RecordingResponder Send(Method method, std::string_view target, const Fields& headers = {},
                          std::string_view body = {}) {
    RecordingResponder responder;
    Start(responder, method, target, headers, body);
    return responder;
  }

  // As Send, for answers that come later.
  void Start(RecordingResponder& responder, Method method, std::string_view target,
             const Fields& headers = {}, std::string_view body = {}) {
    StartAt(responder, method, "/v1/stream/" + std::string(target), headers, body);
  }

  void StartAt(RecordingResponder& responder, Method method, std::string_view target,
               const Fields& headers, std::string_view body) {
    const size_t question = std::min(target.find('?'), target.size());
    Handle({.method = method,
            .path = target.substr(0, question),
            .query = target.substr(std::min(question + 1, target.size())),
            .scheme = "http",
            .authority = "example.test:4437",
            .headers = headers,
            .body = body},
           responder);
  }

  void Handle(const Request& request, Responder& responder) { router_->Handle(request, responder); }

  RecordingResponder SendAt(Method method, std::string_view target) {
    RecordingResponder responder;
    StartAt(responder, method, target, {}, {});
    return responder;
  }

  RecordingResponder Put(std::string_view target, const Fields& headers = {},
                         std::string_view body = {}) {
    return Send(Method::kPut, target, headers, body);
  }
  RecordingResponder PutText(std::string_view target, std::string_view body = {}) {
    return Put(target, {{"content-type", "text/plain"}}, body);
  }
  RecordingResponder PutJson(std::string_view target, std::string_view body = {}) {
    return Put(target, {{"content-type", "application/json"}}, body);
  }
  RecordingResponder Post(std::string_view target, const Fields& headers, std::string_view body) {
    return Send(Method::kPost, target, headers, body);
  }
  RecordingResponder PostText(std::string_view target, std::string_view body) {
    return Post(target, {{"content-type", "text/plain"}}, body);
  }
  RecordingResponder PostJson(std::string_view target, std::string_view body) {
    return Post(target, {{"content-type", "application/json"}}, body);
  }
  RecordingResponder Get(std::string_view target, const Fields& headers = {}) {
    return Send(Method::kGet, target, headers);
  }
  RecordingResponder Head(std::string_view target, const Fields& headers = {}) {
    return Send(Method::kHead, target, headers);
  }
  RecordingResponder Delete(std::string_view target) { return Send(Method::kDelete, target); }

  ManualClock& clock() { return clock_; }
  ManualExecutor& executor() { return executor_; }
  ManualExecutor& workers() { return workers_; }
  Engine& engine() { return *engine_; }
  void EndRouter() { router_.reset(); }
  Router& router() { return *router_; }

 private:
  ManualClock clock_;
  ManualExecutor executor_{clock_};
  ManualExecutor workers_{clock_};
  EnginePtr engine_;
  std::unique_ptr<Router> router_;
};

// The code of a problem's body; "" where it is none.
inline std::string CodeOf(const RecordingResponder& answer) {
  constexpr std::string_view kMember = "\"code\":\"";
  const size_t begin = answer.body().find(kMember);
  if (begin == std::string::npos) return {};
  const size_t value = begin + kMember.size();
  return answer.body().substr(value, answer.body().find('"', value) - value);
}

}  // namespace thalweg
