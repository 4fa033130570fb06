// POST through the router: one row for each answer of the protocol. (protocol 5.2, 5.2.1, 5.3)
#include <gtest/gtest.h>

#include "http/router_test_support.h"

namespace thalweg {
namespace {

constexpr HeaderField kText{"content-type", "text/plain"};
constexpr HeaderField kClose{"stream-closed", "true"};

Fields Stamp(std::string_view epoch, std::string_view seq, Fields more = {kText}) {
  more.insert(more.end(), {{"producer-id", "p"}, {"producer-epoch", epoch}, {"producer-seq", seq}});
  return more;
}

TEST(Append, AnswersWithTheTailItMade) {
  RouterBench bench;
  bench.PutText("a", "one");
  const auto answer = bench.PostText("a", "two");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_TRUE(answer.finished());
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(6));
  EXPECT_FALSE(answer.HasHeader("stream-closed"));
  EXPECT_EQ(bench.Get("a").body(), "onetwo");
}

TEST(Append, MovesALongBodyThatNobodyElseNeedsAndCopiesOthers) {
  RouterBench bench;
  bench.PutText("a", "");
  const auto post = [&bench](std::string_view body, std::string* memory) {
    const Fields headers = {kText};
    RecordingResponder responder;
    bench.Handle({.method = Method::kPost,
                  .path = "/v1/stream/a",
                  .headers = headers,
                  .body = body,
                  .body_memory = memory},
                 responder);
    return responder.status();
  };
  std::string is_long(100'000, 'l'), is_short(100, 's'), is_lent(100'000, 'b');
  EXPECT_EQ(post(is_long, &is_long), 204);
  EXPECT_EQ(is_long, "");
  EXPECT_EQ(post(is_short, &is_short), 204);
  EXPECT_EQ(post(is_lent, nullptr), 204);
  is_long.assign(100'000, '?');
  is_short.assign(100, '?');
  is_lent.assign(100'000, '?');
  const std::string want =
      std::string(100'000, 'l') + std::string(100, 's') + std::string(100'000, 'b');
  EXPECT_TRUE(bench.Get("a").body() == want);
}

TEST(Append, KeepsALongJsonBodyAsItWasSplit) {
  RouterBench bench;
  bench.PutJson("a");
  const std::string value = "\"" + std::string(50'000, 'v') + "\"";
  const HeaderField json{"content-type", "application/json"};
  EXPECT_EQ(bench.Post("a", {json}, "[" + value + "," + value + "]").status(), 204);
  EXPECT_EQ(bench.Post("a", Stamp("0", "0", {json}), value).status(), 200);
  EXPECT_EQ(bench.Post("a", Stamp("0", "0", {json}), value).status(), 204) << "a duplicate";
  EXPECT_EQ(bench.Post("a", {kText}, value).status(), 409);
  EXPECT_TRUE(bench.Get("a").body() == "[" + value + "," + value + "," + value + "]");
}

TEST(Append, TellsBrowsersAloneWhatOriginsMayDo) {
  RouterBench bench;
  bench.PutText("a", "one");
  const HeaderField origin{"origin", "https://app.test"};
  for (const Fields& headers : {Fields{kText, origin}, Fields{{"content-type", "a/b"}, origin}}) {
    const auto answer = bench.Post("a", headers, "two");
    EXPECT_EQ(answer.Header("access-control-allow-origin"), "*") << answer.status();
    EXPECT_NE(answer.Header("access-control-expose-headers"), "") << answer.status();
    EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff") << answer.status();
  }
  const auto answer = bench.PostText("a", "three");
  EXPECT_FALSE(answer.HasHeader("access-control-allow-origin"));
  EXPECT_FALSE(answer.HasHeader("access-control-expose-headers"));
  EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.Header("cross-origin-resource-policy"), "cross-origin");
}

TEST(Append, RefusesACodedBody) {
  RouterBench bench;
  bench.PutText("a");
  const auto send = [&bench](Method method, std::string_view path, std::string_view coding) {
    return bench.Send(method, path, {{"content-type", "text/plain"}, {"content-encoding", coding}},
                      "data");
  };
  EXPECT_EQ(CodeOf(send(Method::kPost, "a", "gzip")), "content-encoding");
  EXPECT_EQ(CodeOf(send(Method::kPut, "b", "br")), "content-encoding");
  EXPECT_EQ(bench.Get("a").body(), "");
  EXPECT_EQ(bench.Get("b").status(), 404);
  EXPECT_EQ(send(Method::kPost, "a", "Identity").status(), 204);
}

TEST(Append, RefusesWhatAStreamWouldKeepAndIsTooLong) {
  RouterBench bench;
  bench.PutText("a", "");
  const std::string longest(kTextBytesMax, '1'), longer(kTextBytesMax + 1, '1');
  const auto with = [](std::string_view id, std::string_view seq) {
    return Fields{kText,
                  {"producer-id", id},
                  {"producer-epoch", "0"},
                  {"producer-seq", "0"},
                  {"stream-seq", seq}};
  };
  EXPECT_EQ(bench.Post("a", with(longest, longest), "x").status(), 200);
  for (const Fields& headers :
       {with(longer, "2"), with("p", longer), Fields{{"content-type", longer}}}) {
    const auto answer = bench.Post("a", headers, "x");
    EXPECT_EQ(answer.status(), 400);
    EXPECT_EQ(CodeOf(answer), "field-too-long");
    EXPECT_NE(answer.body().find("is longer than 1024 bytes."), std::string::npos);
  }
}

TEST(Append, RefusesInTheSettledOrder) {
  RouterBench bench;
  bench.PutText("open", "data");
  bench.PutText("closed", "data");
  bench.Post("closed", {kClose}, "");
  bench.PutText("deleted", "data");
  bench.Put("fork", {{"stream-forked-from", "/v1/stream/deleted"}});
  bench.Delete("deleted");
  bench.PutJson("json");
  struct Case {
    const char* why;
    const char* target;
    Fields headers;
    const char* body;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {"missing", "none", {kText}, "x", 404, "stream-not-found"},
      {"missing beats an empty body", "none", {kText}, "", 404, "stream-not-found"},
      {"malformed headers beat missing",
       "none",
       {kText, {"producer-id", "p"}},
       "x",
       400,
       "bad-producer"},
      {"repeated headers", "open", {kText, kText}, "x", 400, "repeated-header"},
      {"soft-deleted", "deleted", {kText}, "x", 410, "stream-deleted"},
      {"closed", "closed", {kText}, "x", 409, "stream-closed"},
      {"closed beats the content type",
       "closed",
       {{"content-type", "a/b"}},
       "x",
       409,
       "stream-closed"},
      {"nothing to append", "open", {kText}, "", 400, "empty-body"},
      {"any other closing value is none",
       "open",
       {kText, {"stream-closed", "1"}},
       "",
       400,
       "empty-body"},
      {"no content type", "open", {}, "x", 400, "content-type-missing"},
      {"another content type",
       "open",
       {{"content-type", "application/json"}},
       "{}",
       409,
       "content-type-mismatch"},
      {"bad JSON", "json", {{"content-type", "application/json"}}, "{", 400, "bad-json"},
      {"empty array", "json", {{"content-type", "application/json"}}, "[]", 400, "empty-array"},
      {"empty array that closes",
       "json",
       {{"content-type", "application/json"}, kClose},
       "[]",
       400,
       "empty-array"},
      {"another content type beats bad JSON",
       "open",
       {{"content-type", "application/json"}},
       "{",
       409,
       "content-type-mismatch"},
  };
  for (const Case& c : cases) {
    const auto answer = bench.Post(c.target, c.headers, c.body);
    EXPECT_EQ(answer.status(), c.status) << c.why;
    EXPECT_EQ(CodeOf(answer), c.code) << c.why;
    EXPECT_EQ(answer.Header("content-type"), "application/problem+json") << c.why;
    EXPECT_EQ(answer.body().find("sequence"), std::string::npos) << c.why;
  }
  EXPECT_EQ(bench.Get("open").body(), "data") << "nothing refused was appended";
}

TEST(Append, TellsOfClosure) {
  RouterBench bench;
  bench.PutText("a", "data");
  for (const char* why : {"closes", "closes again"}) {
    const auto answer = bench.Post("a", {{"stream-closed", "TRUE"}}, "");
    EXPECT_EQ(answer.status(), 204) << why;
    EXPECT_EQ(answer.Header("stream-closed"), "true") << why;
    EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(4)) << why;
  }
  const auto refused = bench.PostText("a", "x");
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(refused.Header("stream-closed"), "true");
  EXPECT_EQ(refused.Header("stream-next-offset"), OffsetOf(4));
}

// Protocol 5.2: a body that is not there has no type that could be wrong.
TEST(Append, ClosesWhateverIsSaidOfABodyThatIsNotThere) {
  const std::string long_type(kTextBytesMax + 1, 'x');
  const std::vector<Fields> cases = {
      {kClose, {"content-type", "image/png"}, {"content-type", "text/plain"}},
      {kClose, {"content-type", long_type}},
      {kClose, {"content-encoding", "gzip"}},
  };
  for (const Fields& fields : cases) {
    RouterBench bench;
    bench.PutText("a", "one");
    EXPECT_EQ(bench.Post("a", fields, "").status(), 204) << fields[1].name;
    EXPECT_EQ(bench.Post("a", fields, "two").status(), fields[1].value == "gzip" ? 415 : 400);
  }
}

TEST(Append, ClosesWithItsData) {
  RouterBench bench;
  bench.PutText("a");
  const auto answer = bench.Post("a", {kText, kClose}, "last");
  EXPECT_EQ(answer.status(), 204);
  EXPECT_EQ(answer.Header("stream-closed"), "true");
  EXPECT_EQ(bench.Get("a").Header("stream-closed"), "true");
}

TEST(Append, FollowsTheProducerTable) {
  RouterBench bench;
  bench.PutText("a");
  struct Case {
    const char* why;
    Fields headers;
    int status;
    const char* epoch;
    const char* seq;
    const char* expected;
    const char* received;
    const char* tail;
  };
  const std::string one = OffsetOf(1), two = OffsetOf(2), three = OffsetOf(3);
  const Case cases[] = {
      {"first", Stamp("5", "0"), 200, "5", "0", "", "", one.c_str()},
      {"next", Stamp("5", "1"), 200, "5", "1", "", "", two.c_str()},
      {"repeat answers the highest", Stamp("5", "0"), 204, "5", "1", "", "", two.c_str()},
      {"gap", Stamp("5", "4"), 409, "", "", "2", "4", ""},
      {"older epoch", Stamp("4", "2"), 403, "5", "", "", "", ""},
      {"new epoch not at 0", Stamp("6", "1"), 400, "", "", "", "", ""},
      {"new epoch", Stamp("6", "0"), 200, "6", "0", "", "", three.c_str()},
      {"a repeated close of an open stream closes nothing", Stamp("6", "0", {kText, kClose}), 204,
       "6", "0", "", "", three.c_str()},
  };
  for (const Case& c : cases) {
    const auto answer = bench.Post("a", c.headers, "x");
    EXPECT_EQ(answer.status(), c.status) << c.why;
    EXPECT_EQ(answer.Header("producer-epoch"), c.epoch) << c.why;
    EXPECT_EQ(answer.Header("producer-seq"), c.seq) << c.why;
    EXPECT_EQ(answer.Header("producer-expected-seq"), c.expected) << c.why;
    EXPECT_EQ(answer.Header("producer-received-seq"), c.received) << c.why;
    EXPECT_EQ(answer.Header("stream-next-offset"), c.tail) << c.why;
    EXPECT_FALSE(answer.HasHeader("stream-closed")) << c.why;
    EXPECT_EQ(answer.body().find("sequence") != std::string::npos, c.status == 409) << c.why;
  }
}

TEST(Append, TakesTheClosingRetryOfItsProducerOnly) {
  RouterBench bench;
  bench.PutText("a");
  const auto closed = bench.Post("a", Stamp("0", "0", {kClose}), "");
  EXPECT_EQ(closed.status(), 204) << "a close without data is 204 even with a producer";
  EXPECT_EQ(closed.Header("producer-seq"), "0");
  EXPECT_EQ(closed.Header("stream-closed"), "true");
  const auto retry = bench.Post("a", Stamp("0", "0", {kText, kClose}), "ignored");
  EXPECT_EQ(retry.status(), 204);
  EXPECT_EQ(retry.Header("stream-closed"), "true");
  EXPECT_EQ(retry.Header("producer-epoch"), "0");
  const auto other = bench.Post("a", Stamp("0", "1", {kText, kClose}), "x");
  EXPECT_EQ(other.status(), 409);
  EXPECT_EQ(other.Header("stream-closed"), "true");
}

TEST(Append, ComparesStreamSeqBytewise) {
  RouterBench bench;
  bench.PutText("a");
  struct Case {
    const char* seq;
    int status;
  };
  for (const Case& c : {Case{"2", 204}, Case{"10", 409}, Case{"2", 409}, Case{"a", 204}}) {
    const auto answer = bench.Post("a", {kText, {"stream-seq", c.seq}}, "x");
    EXPECT_EQ(answer.status(), c.status) << c.seq;
    EXPECT_EQ(answer.body().find("sequence") != std::string::npos, c.status == 409) << c.seq;
  }
}

}  // namespace
}  // namespace thalweg
