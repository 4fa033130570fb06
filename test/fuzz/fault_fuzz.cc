// Any body for the endpoint that plants faults: refused with a reason, or planted and then met.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "http/fault_json.h"
#include "http/recording_responder.h"
#include "testing/manual_executor.h"
#include "thalweg/fault_injection.h"

namespace thalweg {
namespace {

class Bench {
 public:
  RecordingResponder Send(Method method, std::string_view path, std::string_view body) {
    RecordingResponder answer;
    faults_.Handle({.method = method,
                    .path = path,
                    .query = {},
                    .scheme = "http",
                    .authority = "h",
                    .headers = {},
                    .body = body},
                   answer, executor_, [this](const Request&, Responder& responder) {
                     ++passed_;
                     HeaderList headers;
                     headers.Add("content-type", "text/plain");
                     responder.Respond(200, headers, Bytes::Static("0123456789"));
                   });
    executor_.AdvanceMs(int64_t{3} * 24 * 60 * 60 * 1000);  // beyond any delay and jitter
    return answer;
  }

  int passed() const { return passed_; }

 private:
  ManualClock clock_;
  ManualExecutor executor_{clock_};
  FaultInjection faults_{{.test_endpoint = true, .test_path = std::string("/endpoint"), .seed = 1}};
  int passed_ = 0;
};

Method MethodOf(const Fault& fault) {
  const char first = fault.method.empty() ? 'G' : fault.method[0];
  switch (first) {
    case 'G':
    case 'g': return Method::kGet;
    case 'H':
    case 'h': return Method::kHead;
    case 'D':
    case 'd': return Method::kDelete;
    default: return fault.method.size() == 3 ? Method::kPut : Method::kPost;
  }
}

// A request that meets `fault`, which is always met: it is dropped, answered, or passed on.
void CheckMet(Bench& bench, const PlacedFault& placed) {
  const Fault& fault = placed.fault;
  if (placed.path == "/endpoint") return;
  const RecordingResponder met = bench.Send(MethodOf(fault), placed.path, {});
  THALWEG_ASSERT(met.aborted() == fault.drop_connection);
  if (fault.drop_connection) return;
  THALWEG_ASSERT(met.finished());
  THALWEG_ASSERT(met.status() == (fault.status != 0 ? fault.status : 200));
  THALWEG_ASSERT(bench.passed() == (fault.status != 0 ? 0 : 1));
}

}  // namespace
}  // namespace thalweg

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // On the heap and of the exact size, so that a sanitizer sees a read past the end.
  const std::string json(reinterpret_cast<const char*>(data), size);
  thalweg::Bench bench;
  const thalweg::RecordingResponder answer = bench.Send(thalweg::Method::kPost, "/endpoint", json);
  THALWEG_ASSERT(answer.status() == 200 || answer.status() == 400);
  simdjson::dom::parser parser;
  const auto body = parser.parse(answer.body());
  THALWEG_ASSERT(body.error() == simdjson::SUCCESS);
  if (answer.status() == 400) {
    THALWEG_ASSERT(!std::string_view(body["detail"]).empty());
    return 0;
  }
  const auto placed = thalweg::ParseFault(json);
  THALWEG_ASSERT(placed.has_value());
  if (placed->fault.probability == 1) thalweg::CheckMet(bench, *placed);
  return 0;
}
