// Faults on purpose, to test the clients of a server: wraps whoever answers requests.
//
// One FaultInjection serves any number of threads and routers. A fault belongs to one exact path
// and is met by the next requests to it; OPTIONS never meets one. Answers that come from here carry
// the fields that let browsers show them to any origin. Not for production: whoever reaches the
// test endpoint can break every stream.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "thalweg/executor.h"
#include "thalweg/export.h"
#include "thalweg/http.h"

namespace thalweg {

// What goes wrong. At least one kind must be set. In this order: delay, then the connection drops,
// or the status is answered, or else the answer goes on and is spoiled.
struct Fault {
  // Kinds.
  int status = 0;                     // answered instead, 200..599; 0: not this kind
  std::optional<int64_t> delay_ms{};  // before anything else
  bool drop_connection = false;       // nothing is answered
  // Of a GET's 200 that is not SSE: the body ends here, as if it were whole.
  std::optional<uint64_t> truncate_body_bytes{};
  bool corrupt_body = false;  // of the same: some of its bytes are others, the first two always
  struct SseEvent {
    std::string type;
    std::string data;  // as it stands, nothing is escaped
  };
  std::optional<SseEvent> sse_event{};  // sent first in an SSE response

  // When.
  uint64_t count = 1;        // so many requests meet it; 0 counts as 1
  double probability = 1.0;  // 0..1 that a request meets it; one that does not is not counted
  std::string method{};      // GET, HEAD, PUT, POST or DELETE, in any case; empty: any

  // How.
  std::optional<uint64_t> retry_after_s{};  // with `status`: the header
  int64_t jitter_ms = 0;                    // with `delay_ms` > 0: up to so much more
};

// The test endpoint, where it is on, does over HTTP what Inject and Clear do. POST takes a JSON
// object: `path`, and of status, delayMs, dropConnection, truncateBodyBytes, corruptBody,
// injectSseEvent {eventType, data}, count, probability, method, retryAfter and jitterMs what is
// wanted; DELETE forgets all faults. Both answer 200 {"ok":true}.
struct FaultInjectionOptions {
  bool test_endpoint = false;
  std::string test_path = "/_test/inject-error";  // of the request, without its mount
  uint64_t seed = 0;                              // of what chance decides; 0: a random one
};

class THALWEG_API FaultInjection {
 public:
  using Next = std::move_only_function<void(const Request&, Responder&)>;

  explicit FaultInjection(FaultInjectionOptions options = {});
  ~FaultInjection();  // requests that are still delayed are dropped when their time comes
  FaultInjection(const FaultInjection&) = delete;
  FaultInjection& operator=(const FaultInjection&) = delete;

  // From now on requests to `path` meet `fault`, in place of the one before. "/v1/stream/a": with
  // its mount, percent-encoded as in the request. The error says what is wrong with `path` or
  // `fault`, which then changes nothing. THREAD: any.
  [[nodiscard]] std::optional<std::string> Inject(std::string_view path, Fault fault);

  // The common case. THREAD: any.
  [[nodiscard]] std::optional<std::string> InjectError(
      std::string_view path, int status, uint64_t count = 1,
      std::optional<uint64_t> retry_after_s = std::nullopt);

  // Forgets all faults. THREAD: any.
  void Clear();

  // Answers `request` where it is for the test endpoint or its fault answers, else lets `next` do
  // it: now, or after the delay, then with a copy of the request and not if the client has left.
  // `responder` as in Router::Handle. REQUIRES: what `next` uses lives as long as this, or until
  // `executor` runs no more tasks. THREAD: `executor`'s own.
  void Handle(const Request& request, Responder& responder, Executor& executor, Next next);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
