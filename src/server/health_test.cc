#include "server/health.h"

#include <gtest/gtest.h>

#include "http/recording_responder.h"

namespace thalweg {
namespace {

TEST(Health, AnswersItsTwoPathsAndNothingElse) {
  struct Case {
    const char* why;
    Method method;
    std::string_view path;
    bool ready;
    int want_status;  // 0: not answered
  };
  const Case cases[] = {
      {"alive", Method::kGet, "/healthz", true, 200},
      {"alive while shutting down", Method::kGet, "/healthz", false, 200},
      {"ready", Method::kGet, "/readyz", true, 200},
      {"not ready while shutting down", Method::kGet, "/readyz", false, 503},
      {"HEAD is a GET without a body", Method::kHead, "/readyz", true, 200},
      {"nothing to write here", Method::kPost, "/healthz", true, 405},
      {"nothing to delete here", Method::kDelete, "/readyz", false, 405},
      {"the router's", Method::kGet, "/healthz/", true, 0},
      {"the router's", Method::kGet, "/", true, 0},
      {"the router's", Method::kGet, "/v1/stream/healthz", true, 0},
  };
  for (const Case& c : cases) {
    Request request;
    request.method = c.method;
    request.path = c.path;
    RecordingResponder reply;
    EXPECT_EQ(AnswerHealth(request, c.ready, reply), c.want_status != 0) << c.why;
    EXPECT_EQ(reply.status(), c.want_status) << c.why;
  }
}

}  // namespace
}  // namespace thalweg
