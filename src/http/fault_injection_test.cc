// Faults in front of a router, as a client meets them. (thalweg/fault_injection.h)
#include "thalweg/fault_injection.h"

#include <gtest/gtest.h>

#include <string>

#include "http/router_test_support.h"

namespace thalweg {
namespace {

constexpr std::string_view kPath = "/v1/stream/a";
constexpr std::string_view kEndpoint = "/_test/inject-error";

class FaultInjectionTest : public testing::Test {
 protected:
  FaultInjectionTest() { bench_.PutText("a", "0123456789"); }

  void Start(RecordingResponder& answer, Method method, std::string_view target,
             std::string_view body = {}) {
    const size_t question = std::min(target.find('?'), target.size());
    const Fields headers = {{"content-type", "text/plain"}};
    const Request request{.method = method,
                          .path = target.substr(0, question),
                          .query = target.substr(std::min(question + 1, target.size())),
                          .scheme = "http",
                          .authority = "h",
                          .mount = mount_,
                          .headers = headers,
                          .body = body};
    faults_->Handle(
        request, answer, bench_.executor(),
        [this](const Request& passed, Responder& responder) { bench_.Handle(passed, responder); });
  }

  RecordingResponder Send(Method method, std::string_view target, std::string_view body = {}) {
    RecordingResponder answer;
    Start(answer, method, target, body);
    return answer;
  }
  RecordingResponder Get(std::string_view target = kPath) { return Send(Method::kGet, target); }

  void Inject(const Fault& fault) { ASSERT_EQ(faults_->Inject(kPath, fault), std::nullopt); }

  RouterBench bench_;
  std::string mount_;
  std::unique_ptr<FaultInjection> faults_ = std::make_unique<FaultInjection>(
      FaultInjectionOptions{.test_endpoint = true, .test_path = std::string(kEndpoint), .seed = 1});
};

TEST_F(FaultInjectionTest, AnswersItsStatusAsOftenAsItCounts) {
  EXPECT_EQ(faults_->InjectError(kPath, 503, 2, 7), std::nullopt);
  for (const Method method : {Method::kGet, Method::kPost}) {
    const auto answer = Send(method, kPath, "more");
    EXPECT_EQ(answer.status(), 503);
    EXPECT_EQ(answer.Header("retry-after"), "7");
    EXPECT_EQ(answer.Header("content-type"), "text/plain");
    EXPECT_EQ(answer.body(), "Injected error for testing");
  }
  EXPECT_EQ(Get().body(), "0123456789") << "the append never came through";
}

TEST_F(FaultInjectionTest, LetsBrowsersSeeWhatItAnswers) {
  EXPECT_EQ(faults_->InjectError(kPath, 500), std::nullopt);
  const RecordingResponder answers[] = {Get(), Get(kEndpoint), Send(Method::kPost, kEndpoint),
                                        Send(Method::kDelete, kEndpoint)};
  for (const RecordingResponder& answer : answers) {
    EXPECT_EQ(answer.Header("access-control-allow-origin"), "*") << answer.status();
    EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff") << answer.status();
    EXPECT_EQ(answer.Header("cache-control"), "no-store") << answer.status();
  }
  EXPECT_EQ(Send(Method::kOptions, kEndpoint).status(), 204) << "a preflight of the endpoint";
}

TEST_F(FaultInjectionTest, SendsNoBodyWhereAStatusHasNone) {
  for (const int status : {204, 304}) {
    EXPECT_EQ(faults_->InjectError(kPath, status), std::nullopt);
    const auto answer = Get();
    EXPECT_EQ(answer.status(), status);
    EXPECT_EQ(answer.body(), "");
  }
}

TEST_F(FaultInjectionTest, IsNeverMetByOptions) {
  EXPECT_EQ(faults_->InjectError(kPath, 503), std::nullopt);
  EXPECT_EQ(Send(Method::kOptions, kPath).status(), 204);
  EXPECT_EQ(Get().status(), 503) << "and is still there";
}

TEST_F(FaultInjectionTest, RefusesWhatCannotBe) {
  EXPECT_NE(faults_->InjectError(kPath, 42), std::nullopt);
  EXPECT_NE(faults_->InjectError("a", 503), std::nullopt);
  EXPECT_NE(faults_->Inject(kPath, {}), std::nullopt);
  EXPECT_EQ(Get().status(), 200) << "nothing was planted";
}

TEST_F(FaultInjectionTest, DropsTheConnection) {
  Inject({.drop_connection = true});
  const auto answer = Get();
  EXPECT_TRUE(answer.aborted());
  EXPECT_EQ(answer.status(), 0) << "nothing is answered";
}

TEST_F(FaultInjectionTest, DelaysARequestAndItsCopyIsServed) {
  Inject({.delay_ms = 500});
  RecordingResponder answer;
  Start(answer, Method::kPost, std::string(kPath), std::string("abc"));
  bench_.executor().AdvanceMs(499);
  EXPECT_EQ(answer.status(), 0);
  EXPECT_EQ(bench_.Get("a").body(), "0123456789") << "the delay is before the append";
  bench_.executor().AdvanceMs(1);
  EXPECT_EQ(answer.status(), 204);
  EXPECT_EQ(bench_.Get("a").body(), "0123456789abc");
}

TEST_F(FaultInjectionTest, HoldsBackWhatComesBehindADelayedRequest) {
  Inject({.delay_ms = 500});
  RecordingResponder answer;
  answer.set_can_hold(true);
  Start(answer, Method::kPost, kPath, "abc");
  EXPECT_TRUE(answer.holds_next());
  bench_.executor().AdvanceMs(500);
  EXPECT_FALSE(answer.holds_next());
  EXPECT_EQ(answer.status(), 204);
}

TEST_F(FaultInjectionTest, DelaysByUpToTheJitterMore) {
  Inject({.delay_ms = 100, .jitter_ms = 50});
  RecordingResponder answer;
  Start(answer, Method::kGet, kPath);
  bench_.executor().AdvanceMs(99);
  EXPECT_EQ(answer.status(), 0);
  bench_.executor().AdvanceMs(51);
  EXPECT_EQ(answer.status(), 200);
}

// Each kind after a delay; the order is delay, drop, status, spoil.
TEST_F(FaultInjectionTest, DelaysBeforeItBreaks) {
  struct Case {
    const char* why;
    Fault fault;
    int status;
    bool aborted;
    std::string body;
  };
  const Case cases[] = {
      {"drop beats status", {.status = 500, .drop_connection = true}, 0, true, ""},
      {"status beats spoil",
       {.status = 500, .truncate_body_bytes = 3},
       500,
       false,
       "Injected error for testing"},
      {"spoil", {.truncate_body_bytes = 3}, 200, false, "012"},
      {"nothing more", {.delay_ms = 10}, 200, false, "0123456789"},
  };
  for (const Case& c : cases) {
    Fault fault = c.fault;
    fault.delay_ms = 10;
    Inject(fault);
    RecordingResponder answer;
    Start(answer, Method::kGet, kPath);
    EXPECT_FALSE(answer.aborted() || answer.status() != 0) << c.why;
    bench_.executor().AdvanceMs(10);
    EXPECT_EQ(answer.status(), c.status) << c.why;
    EXPECT_EQ(answer.aborted(), c.aborted) << c.why;
    EXPECT_EQ(answer.body(), c.body) << c.why;
  }
}

TEST_F(FaultInjectionTest, ForgetsARequestWhoseClientLeftDuringItsDelay) {
  Inject({.delay_ms = 500});
  RecordingResponder answer;
  Start(answer, Method::kPost, kPath, "abc");
  answer.Cancel();
  bench_.executor().AdvanceMs(1000);
  EXPECT_EQ(bench_.Get("a").body(), "0123456789") << "nobody asks for it any more";
}

TEST_F(FaultInjectionTest, DropsDelayedRequestsWhenItEnds) {
  Inject({.delay_ms = 500});
  RecordingResponder answer;
  Start(answer, Method::kGet, kPath);
  faults_ = nullptr;
  bench_.executor().AdvanceMs(1000);
  EXPECT_TRUE(answer.aborted());
}

TEST_F(FaultInjectionTest, SpoilsBodies) {
  Inject({.truncate_body_bytes = 4, .corrupt_body = true});
  const auto answer = Get();
  EXPECT_EQ(answer.content_length(), 4u);
  EXPECT_TRUE(answer.body().starts_with("XY")) << answer.body();
  EXPECT_FALSE(answer.Header("stream-next-offset").empty()) << "all else is as ever";
}

TEST_F(FaultInjectionTest, PutsAnEventInFrontOfSseAndIsUsedUpByOthers) {
  Inject({.sse_event = Fault::SseEvent{"weird", "{bad"}, .count = 2});
  EXPECT_EQ(Get().body(), "0123456789") << "no SSE, no event; but it counts";
  auto sse = Get("/v1/stream/a?live=sse&offset=now");
  EXPECT_TRUE(sse.body().starts_with("event: weird\ndata: {bad\n\nevent: control\n")) << sse.body();
  bench_.PostText("a", "more");
  bench_.executor().RunAll();
  EXPECT_NE(sse.body().find("data:more"), std::string::npos) << "and goes on as ever";
  sse.Cancel();
  auto next = Get("/v1/stream/a?live=sse&offset=now");
  EXPECT_TRUE(next.body().starts_with("event: control\n"));
  next.Cancel();
}

TEST_F(FaultInjectionTest, KnowsPathsAsClientsSeeThem) {
  EXPECT_EQ(faults_->InjectError("/api/v1/stream/a", 503), std::nullopt);
  EXPECT_EQ(Get().status(), 200);
  mount_ = "/api";
  EXPECT_EQ(Get().status(), 503);
  EXPECT_EQ(Send(Method::kDelete, kEndpoint).status(), 200) << "the endpoint is below the mount";
}

TEST_F(FaultInjectionTest, IsPlantedAndClearedOverHttp) {
  const auto planted = Send(Method::kPost, kEndpoint,
                            R"({"path":"/v1/stream/a","status":503,"method":"get","count":9})");
  EXPECT_EQ(planted.status(), 200);
  EXPECT_EQ(planted.Header("content-type"), "application/json");
  EXPECT_EQ(planted.body(), R"({"ok":true})");
  EXPECT_EQ(Get().status(), 503);
  EXPECT_EQ(Send(Method::kHead, kPath).status(), 200);
  EXPECT_EQ(Send(Method::kDelete, kEndpoint).body(), R"({"ok":true})");
  EXPECT_EQ(Get().status(), 200);
}

TEST_F(FaultInjectionTest, SaysOverHttpWhatIsWrong) {
  struct Case {
    Method method;
    const char* body;
    int status;
    const char* code;
    const char* detail;
  };
  const Case cases[] = {
      {Method::kPost, "{", 400, "bad-fault", "not a JSON object"},
      {Method::kPost, R"({"path":"/a","status":"x"})", 400, "bad-fault", "status must be"},
      {Method::kPost, R"({"path":"/a"})", 400, "bad-fault", "A fault needs"},
      {Method::kPost, R"({"path":"a","status":500})", 400, "bad-fault", "begins with '/'"},
      {Method::kGet, "", 405, "method-not-allowed", "POST plants"},
      {Method::kPut, "", 405, "method-not-allowed", "POST plants"},
      {Method::kOther, "", 405, "method-not-allowed", "POST plants"},
  };
  for (const Case& c : cases) {
    const auto answer = Send(c.method, kEndpoint, c.body);
    EXPECT_EQ(answer.status(), c.status) << c.body;
    EXPECT_EQ(CodeOf(answer), c.code) << c.body;
    EXPECT_NE(answer.body().find(c.detail), std::string::npos) << answer.body();
    EXPECT_EQ(answer.Header("allow"), c.status == 405 ? "POST, DELETE, OPTIONS" : "");
  }
}

TEST_F(FaultInjectionTest, HasNoEndpointUnlessAsked) {
  faults_ = std::make_unique<FaultInjection>();
  const auto answer = Send(Method::kPost, kEndpoint, R"({"path":"/v1/stream/a","status":503})");
  EXPECT_EQ(answer.status(), 404) << "the router's word";
  EXPECT_EQ(Get().status(), 200);
}

}  // namespace
}  // namespace thalweg
