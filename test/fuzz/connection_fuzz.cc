// Whatever bytes a client sends: the parser, the router and a memory engine behind it answer each
// request once, never with a 500, and forget nobody who waits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "base/assert.h"
#include "engine/engine.h"
#include "http/recording_responder.h"
#include "net/http1_parser.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "thalweg/router.h"

namespace thalweg {
namespace {

constexpr size_t kRequestsMax = 64;
constexpr int64_t kLongerThanAnyWaitMs = 90'000;

HttpLimits SmallLimits() {
  HttpLimits limits;
  limits.request_line_bytes_max = 1024;
  limits.header_bytes_max = 4096;
  limits.header_count_max = 32;
  limits.body_bytes_max = 4096;
  return limits;
}

RouterOptions SmallPages() {
  RouterOptions options;
  options.page_bytes_max = 64;
  return options;
}

// One connection without a socket.
class Connection {
 public:
  Connection()
      : engine_(OpenMemoryEngine(clock_, {.partitions = 2})),
        router_(*engine_, executor_, nullptr, clock_, SmallPages()),
        parser_(limits_) {}

  // False: the connection takes no more.
  bool Feed(std::string bytes) {
    parser_.Feed(bytes);
    bool goes_on = true;
    while (goes_on && parser_.Next() != Http1Parser::Event::kNeedMore) goes_on = TakeEvent();
    parser_.Retain();
    executor_.AdvanceMs(5);
    return goes_on;
  }

  // Time passes until nobody may be waiting any more but readers of SSE, who end with the router.
  void End() {
    executor_.AdvanceMs(kLongerThanAnyWaitMs);
    router_.Shutdown();
    executor_.RunAll();
    for (const RecordingResponder& answer : answers_) {
      THALWEG_ASSERT(answer.finished() || answer.aborted());
      THALWEG_ASSERT(answer.status() != 500);
    }
  }

 private:
  bool TakeEvent() {
    if (parser_.Next() == Http1Parser::Event::kRejected) return false;
    router_.Handle(parser_.request(), answers_.emplace_back());
    parser_.Consume();
    return answers_.size() < kRequestsMax;
  }

  ManualClock clock_;
  ManualExecutor executor_{clock_};
  EnginePtr engine_;
  std::deque<RecordingResponder> answers_;
  Router router_;
  const HttpLimits limits_ = SmallLimits();
  Http1Parser parser_;
};

}  // namespace
}  // namespace thalweg

// The first byte says in what pieces the rest arrives; 0: at once.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece_bytes = data[0] == 0 ? size : data[0];
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  thalweg::Connection connection;
  for (size_t begin = 0; begin < input.size(); begin += piece_bytes) {
    if (!connection.Feed(input.substr(begin, piece_bytes))) break;
  }
  connection.End();
  return 0;
}
