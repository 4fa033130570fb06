// The router as an embedder meets it: dispatch, common fields, answers that come late.
#include "thalweg/router.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "http/cors.h"
#include "http/router_test_support.h"
#include "testing/delayed_log.h"

namespace thalweg {
namespace {

TEST(Router, AnswersOutsideTheBasePathWith404) {
  RouterBench bench;
  for (const char* path : {"/", "/healthz", "/v1/stream", "/v1/streams/a"}) {
    EXPECT_EQ(bench.SendAt(Method::kGet, path).status(), 404) << path;
  }
  const auto reserved = bench.Get("__ds/subscriptions/x");
  EXPECT_EQ(reserved.status(), 404);
  EXPECT_EQ(CodeOf(reserved), "subscriptions-not-available");
}

TEST(Router, WhatIsExpectedIsOnlyAHint) {
  RouterBench bench;
  const std::string_view paths[] = {"/v1/stream/a",  "/", "", "/v1/stream/", "/elsewhere/a",
                                    "/v1/stream/%zz"};
  bench.router().Expect(paths);
  EXPECT_EQ(bench.Get("a").status(), 404);
  EXPECT_EQ(bench.PutText("a").status(), 201);
  bench.router().Expect(paths);
  EXPECT_EQ(bench.Get("a").status(), 200);
}

TEST(Router, NamesTheMethodsItKnows) {
  RouterBench bench;
  const auto answer = bench.Send(Method::kOther, "a");
  EXPECT_EQ(answer.status(), 405);
  EXPECT_EQ(answer.Header("allow"), kAllowedMethods);
  EXPECT_EQ(CodeOf(answer), "method-not-allowed");
}

TEST(Router, GivesEveryAnswerTheBrowsersFields) {
  RouterBench bench;
  const RecordingResponder answers[] = {bench.PutText("a"), bench.Get("a"),
                                        bench.Head("a"),    bench.Get("none"),
                                        bench.Get("%zz"),   bench.Send(Method::kOther, "a"),
                                        bench.Delete("a"),  bench.Send(Method::kOptions, "a")};
  for (const RecordingResponder& answer : answers) {
    EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff") << answer.status();
    EXPECT_EQ(answer.Header("cross-origin-resource-policy"), "cross-origin") << answer.status();
    EXPECT_EQ(answer.Header("access-control-allow-origin"), "*") << answer.status();
    const std::string exposed = answer.Header("access-control-expose-headers");
    for (const char* name : {"stream-next-offset", "stream-sse-data-encoding", "etag", "location",
                             "retry-after", "producer-received-seq"}) {
      EXPECT_NE(exposed.find(name), std::string::npos) << name;
    }
  }
}

TEST(Router, AnswersAPreflight) {
  RouterBench bench;
  const auto answer = bench.Send(Method::kOptions, "a");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_EQ(answer.Header("access-control-max-age"), "86400");
  EXPECT_EQ(answer.Header("access-control-allow-methods"), answer.Header("allow"));
  const std::string allowed = answer.Header("access-control-allow-headers");
  for (const char* name : {"if-none-match", "authorization", "content-type", "stream-seq",
                           "stream-forked-from", "stream-fork-sub-offset", "producer-id"}) {
    EXPECT_NE(allowed.find(name), std::string::npos) << name;
  }
}

TEST(Router, SaysNothingOfOriginsWhereCorsIsOff) {
  RouterOptions options;
  options.cors = false;
  RouterBench bench(options);
  const auto answer = bench.Send(Method::kOptions, "a");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_FALSE(answer.HasHeader("access-control-allow-origin"));
  EXPECT_FALSE(answer.HasHeader("access-control-allow-methods"));
  EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff");
}

// Every number a router takes, at its worst: it serves, and waits for nobody for ever.
TEST(Router, TakesOptionsThatMakeNoSense) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const int64_t number : {int64_t{-1}, int64_t{0}, kMin, kMax}) {
    RouterOptions options;
    options.long_poll_timeout_ms = number;
    options.sse_max_age_ms = number;
    options.sse_heartbeat_ms = number;
    options.cursor_interval_s = number;
    options.cursor_epoch_ms = number;
    options.page_bytes_max = 0;
    RouterBench bench(options);
    bench.PutText("a", "one");
    bench.PostText("a", "two");
    EXPECT_EQ(bench.Get("a").body(), "one") << "a page holds at least one append";
    RecordingResponder poll, sse;
    bench.Start(poll, Method::kGet, "a?live=long-poll&offset=now");
    bench.Start(sse, Method::kGet, "a?live=sse&offset=-1");
    bench.executor().AdvanceMs(100);
    EXPECT_EQ(poll.status(), number == kMax ? 0 : 204) << number;
    EXPECT_EQ(sse.finished(), number != kMax) << number;
    EXPECT_NE(sse.body().find("data:one"), std::string::npos) << number;
    bench.EndRouter();  // before those who may still wait
  }
}

TEST(Router, ServesOnAfterItsShutdownButWaitsNoMore) {
  RouterBench bench;
  bench.PutText("a", "data");
  RecordingResponder waiting;
  bench.Start(waiting, Method::kGet, "a?live=long-poll&offset=now");
  EXPECT_EQ(waiting.status(), 0);
  bench.router().Shutdown();
  EXPECT_EQ(waiting.status(), 204);
  EXPECT_EQ(bench.Get("a?live=long-poll&offset=now").status(), 204);
  EXPECT_TRUE(bench.Get("a?live=sse&offset=-1").finished());
  EXPECT_EQ(bench.PostText("a", "more").status(), 204);
  EXPECT_EQ(bench.Get("a").body(), "datamore");
}

// A log whose durability the test moves, and a router on top.
struct SlowBench {
  SlowBench() : SlowBench(std::make_unique<DelayedLog>()) {}
  explicit SlowBench(std::unique_ptr<DelayedLog> owned)
      : log(*owned), bench(std::move(owned), RouterOptions{}) {}

  void Commit() {
    log.CommitAll();
    bench.executor().RunAll();
  }

  DelayedLog& log;
  RouterBench bench;
};

constexpr HeaderField kText{"content-type", "text/plain"};

TEST(Router, AnswersACommandOnceItIsDurable) {
  SlowBench slow;
  RecordingResponder created, appended, repeated, removed;
  const Fields stamped = {
      kText, {"producer-id", "p"}, {"producer-epoch", "0"}, {"producer-seq", "0"}};
  slow.bench.Start(created, Method::kPut, "a", {kText});
  slow.bench.Start(appended, Method::kPost, "a", stamped, "x");
  slow.bench.Start(repeated, Method::kPost, "a", stamped, "x");
  slow.bench.Start(removed, Method::kDelete, "a");
  EXPECT_EQ(slow.log.starts(), 0);
  slow.bench.executor().RunAll();
  EXPECT_EQ(slow.log.starts(), 1) << "of the turn, and for all of it";
  for (const auto* answer : {&created, &appended, &repeated, &removed}) {
    EXPECT_EQ(answer->status(), 0) << "nothing is durable yet";
  }
  slow.Commit();
  EXPECT_EQ(created.status(), 201);
  EXPECT_EQ(appended.status(), 200);
  EXPECT_EQ(repeated.status(), 204);
  EXPECT_EQ(removed.status(), 204);
}

TEST(Router, AnswersWhatBringsBytes507WhileTheDiskIsFullAndWaitsForNothing) {
  SlowBench slow;
  RecordingResponder created;
  slow.bench.Start(created, Method::kPut, "a", {kText}, "x");
  slow.Commit();
  slow.log.SetRoom(false);
  for (const auto& refused : {slow.bench.PostText("a", "y"), slow.bench.PutText("b", "")}) {
    EXPECT_EQ(refused.status(), 507);
    EXPECT_EQ(CodeOf(refused), "disk-full");
    EXPECT_EQ(refused.Header("retry-after"), "1");
  }
  EXPECT_EQ(slow.bench.Get("a").body(), "x");
}

TEST(Router, LetsAClientLeaveWhileItsAnswerWaits) {
  SlowBench slow;
  RecordingResponder created, appended;
  slow.bench.Start(created, Method::kPut, "a", {kText});
  slow.bench.Start(appended, Method::kPost, "a", {kText}, "x");
  created.Cancel();
  slow.Commit();
  EXPECT_EQ(created.status(), 0);
  EXPECT_EQ(appended.status(), 204) << "the others are answered";
}

TEST(Router, AbortsWhoStillWaitsWhenItEnds) {
  SlowBench slow;
  RecordingResponder created;
  slow.bench.Start(created, Method::kPut, "a", {kText});
  slow.bench.EndRouter();
  EXPECT_TRUE(created.aborted());
  slow.Commit();
  EXPECT_EQ(created.status(), 0);
}

TEST(Router, AfterAFailureOfTheDiskRefusesChangesAndAbortsThoseUnderWay) {
  SlowBench slow;
  RecordingResponder created, appended;
  slow.bench.Start(created, Method::kPut, "a", {kText}, "x");
  slow.Commit();
  slow.bench.Start(appended, Method::kPost, "a", {kText}, "y");
  slow.bench.engine().Fail();
  slow.bench.executor().RunAll();
  EXPECT_TRUE(appended.aborted()) << "it may or may not have happened";
  EXPECT_EQ(appended.status(), 0);
  for (const auto& refused :
       {slow.bench.PostText("a", "z"), slow.bench.PutText("b", ""), slow.bench.Delete("a")}) {
    EXPECT_EQ(refused.status(), 500);
    EXPECT_EQ(CodeOf(refused), "storage-failed");
  }
  EXPECT_EQ(slow.bench.Get("a").body(), "x");
}

}  // namespace
}  // namespace thalweg
