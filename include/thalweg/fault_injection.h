// Faults on purpose, to test the clients of a server: wraps whoever answers requests.
//
// One FaultInjection serves any number of threads and routers. A fault belongs to one exact path
// and is met by the next requests to it; OPTIONS never meets one. Not for production: whoever
// reaches the test endpoint can break every stream.
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
  int status = 0;                   // answered instead, 100..599; 0: not this kind
  std::optional<int64_t> delay_ms;  // before anything else
  bool drop_connection = false;     // nothing is answered
  std::optional<uint64_t>
      truncate_body_bytes;    // of a GET's 200 that is not SSE: its body ends here
  bool corrupt_body = false;  // of the same: some of its bytes are others
  struct SseEvent {
    std::string type;
    std::string data;  // as it stands, nothing is escaped
  };
  std::optional<SseEvent> sse_event;  // sent first in an SSE response

  // When.
  uint64_t count = 1;        // so many requests meet it; 0 counts as 1
  double probability = 1.0;  // 0..1 that a request meets it; one that does not is not counted
  std::string method;        // empty: any; else "GET", "post", …

  // How.
  std::optional<uint64_t> retry_after_s;  // with `status`: the header
  int64_t jitter_ms = 0;                  // with `delay_ms` > 0: up to so much more
};

struct FaultInjectionOptions {
  bool test_endpoint = false;  // POST and DELETE of the path below
  std::string test_path =
      "/_test/inject-error";  // JSON: the fields of Fault, see docs/EMBEDDING.md
  uint64_t seed = 0;          // of what chance decides; 0: a random one
};

class THALWEG_API FaultInjection {
 public:
  using Next = std::move_only_function<void(const Request&, Responder&)>;

  explicit FaultInjection(FaultInjectionOptions options = {});
  ~FaultInjection();
  FaultInjection(const FaultInjection&) = delete;
  FaultInjection& operator=(const FaultInjection&) = delete;

  // From now on requests to `path` ("/v1/stream/a", percent-encoded as in the request) meet
  // `fault`, in place of the one before. The error says what is wrong with `fault`. THREAD: any.
  [[nodiscard]] std::optional<std::string> Inject(std::string_view path, Fault fault);

  // The common case. THREAD: any.
  [[nodiscard]] std::optional<std::string> InjectError(
      std::string_view path, int status, uint64_t count = 1,
      std::optional<uint64_t> retry_after_s = std::nullopt);

  // Forgets all faults. THREAD: any.
  void Clear();

  // Answers `request` where it is for the test endpoint or its fault answers, else lets `next` do
  // it: now, or after the delay, then with a copy of the request. `responder` outlives the answer
  // as in Router::Handle. THREAD: `executor`'s own.
  void Handle(const Request& request, Responder& responder, Executor& executor, Next next);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
