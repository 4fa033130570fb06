// PUT and DELETE through the router. (protocol 4.2, 5.1, 5.4)
#include <gtest/gtest.h>

#include "http/router_test_support.h"
#include "stream/decide.h"

namespace thalweg {
namespace {

TEST(Create, AnswersWhereTheStreamIsAndWhatItIs) {
  RouterBench bench;
  const auto answer = bench.Put("a%2Fb", {{"content-type", "Text/Plain; x=y"}}, "data");
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(answer.Header("location"), "http://example.test:4437/v1/stream/a%2Fb");
  EXPECT_EQ(answer.Header("content-type"), "Text/Plain; x=y");
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(4));
  EXPECT_FALSE(answer.HasHeader("stream-closed"));
  const auto again = bench.Put("a%2fb", {{"content-type", "text/plain"}}, "ignored");
  EXPECT_EQ(again.status(), 200);
  EXPECT_FALSE(again.HasHeader("location"));
  EXPECT_EQ(again.Header("stream-next-offset"), OffsetOf(4));
}

TEST(Create, NamesThePublicAddressWhereItIsKnown) {
  RouterOptions options;
  options.public_url = "https://streams.example/";
  RouterBench bench(options);
  EXPECT_EQ(bench.PutText("a").Header("location"), "https://streams.example/v1/stream/a");
}

TEST(Create, NamesTheAddressThatTheClientSeesWhereAFrameworkCutThePath) {
  struct Case {
    const char* why;
    const char* base_path;
    const char* public_url;
    const char* mount;
    const char* path;
    const char* want;
  };
  const Case cases[] = {
      {"no mount", "", "", "", "/a", "http://h/a"},
      {"mounted, streams at the root", "", "", "/api/streams", "/a", "http://h/api/streams/a"},
      {"mounted, with a base", "/s", "", "/api", "/s/a", "http://h/api/s/a"},
      {"a mount with its slash", "/s", "", "/api/", "/s/a", "http://h/api/s/a"},
      {"a public address", "/s", "https://p/", "/api", "/s/a", "https://p/api/s/a"},
  };
  for (const Case& c : cases) {
    RouterOptions options;
    options.base_path = c.base_path;
    options.public_url = c.public_url;
    RouterBench bench(options);
    RecordingResponder answer;
    bench.Handle({.method = Method::kPut,
                  .path = c.path,
                  .query = {},
                  .scheme = "http",
                  .authority = "h",
                  .mount = c.mount,
                  .headers = {},
                  .body = {}},
                 answer);
    EXPECT_EQ(answer.Header("location"), c.want) << c.why;
  }
}

TEST(Create, ForksFromThePathThatTheClientSees) {
  RouterBench bench;
  bench.PutText("source", "data");
  const Fields fork = {{"stream-forked-from", "/api/v1/stream/source"}};
  EXPECT_EQ(bench.Put("n", fork).status(), 404) << "nothing is mounted";
  RecordingResponder answer;
  bench.Handle({.method = Method::kPut,
                .path = "/v1/stream/fork",
                .query = {},
                .scheme = "http",
                .authority = {},
                .mount = "/api",
                .headers = fork,
                .body = {}},
               answer);
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(answer.Header("location"), "/api/v1/stream/fork") << "no authority to name";
  EXPECT_EQ(bench.Get("fork").body(), "data");
}

TEST(Create, DefaultsTheContentType) {
  RouterBench bench;
  for (const char* type : {"", "foo", "*/*"}) {
    EXPECT_EQ(bench.Put("a", {{"content-type", type}}).Header("content-type"),
              "application/octet-stream")
        << type;
  }
  EXPECT_EQ(bench.Put("a").status(), 200);
}

TEST(Create, MayCreateClosed) {
  RouterBench bench;
  const auto answer = bench.Put("a", {{"stream-closed", "True"}}, "all");
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(answer.Header("stream-closed"), "true");
  EXPECT_EQ(bench.Put("a", {{"stream-closed", "true"}}).status(), 200);
  const auto open = bench.Put("a");
  EXPECT_EQ(open.status(), 409);
  EXPECT_EQ(CodeOf(open), "closure-mismatch");
}

TEST(Create, FlattensJson) {
  RouterBench bench;
  EXPECT_EQ(bench.PutJson("some", "[1, {\"a\": 2}]").status(), 201);
  EXPECT_EQ(bench.Get("some").body(), "[1,{\"a\": 2}]");
  EXPECT_EQ(bench.PutJson("none", "[]").status(), 201) << "an empty array is an empty stream";
  EXPECT_EQ(bench.Get("none").body(), "[]");
  const auto bad = bench.PutJson("bad", "{");
  EXPECT_EQ(bad.status(), 400);
  EXPECT_EQ(CodeOf(bad), "bad-json");
  EXPECT_EQ(bench.Get("bad").status(), 404);
}

TEST(Create, TellsWhatIsWrongWithTheBodyOnlyWhereItIsRefusedForThat) {
  RouterBench bench;
  bench.PutText("t");
  const auto exists = bench.PutJson("t", "{");
  EXPECT_EQ(exists.status(), 409);
  EXPECT_EQ(CodeOf(exists), "stream-exists");
  EXPECT_EQ(exists.body().find("\"detail\""), std::string::npos) << exists.body();
  const auto bad = bench.PutJson("n", "{");
  EXPECT_EQ(CodeOf(bad), "bad-json");
  EXPECT_NE(bad.body().find("\"detail\""), std::string::npos) << bad.body();
}

TEST(Create, RefusesInTheSettledOrder) {
  RouterBench bench;
  bench.PutText("text", "data");
  bench.PutText("source", "data");
  bench.PutText("deleted", "data");
  bench.Put("holder", {{"stream-forked-from", "deleted"}});
  bench.Delete("deleted");
  const std::string beyond = "9999999999999999_9999999999999999";
  const std::string inside = OffsetOf(2);
  const std::string too_long = "text/" + std::string(kTextBytesMax - 4, 'x');
  const std::string too_precise = "2030-01-01T00:00:00." + std::string(kTextBytesMax, '0') + "Z";
  struct Case {
    const char* why;
    const char* target;
    Fields headers;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {"a long type", "n", {{"content-type", too_long}}, 400, "field-too-long"},
      {"a long instant", "n", {{"stream-expires-at", too_precise}}, 400, "field-too-long"},
      {"both ends", "n", {{"stream-ttl", "x"}, {"stream-expires-at", "x"}}, 400, "bad-expiry"},
      {"TTL", "n", {{"stream-ttl", "+1"}, {"stream-fork-offset", "x"}}, 400, "bad-expiry"},
      {"instant", "n", {{"stream-expires-at", "2030"}}, 400, "bad-expiry"},
      {"malformed beats what exists", "text", {{"stream-ttl", "1.5"}}, 400, "bad-expiry"},
      {"fork offset",
       "n",
       {{"stream-forked-from", "none"}, {"stream-fork-offset", "now"}},
       400,
       "bad-fork"},
      {"fork offset alone", "n", {{"stream-fork-offset", kZeroOffset}}, 400, "bad-fork"},
      {"repeated", "n", {{"stream-ttl", "1"}, {"stream-ttl", "1"}}, 400, "repeated-header"},
      {"another type", "text", {{"content-type", "a/b"}}, 409, "stream-exists"},
      {"another expiry",
       "text",
       {{"content-type", "text/plain"}, {"stream-ttl", "9"}},
       409,
       "stream-exists"},
      {"path held", "deleted", {}, 409, "path-held"},
      {"no source", "n", {{"stream-forked-from", "none"}}, 404, "fork-source-not-found"},
      {"foreign source",
       "n",
       {{"stream-forked-from", "http://h/v1/stream/source"}},
       404,
       "fork-source-not-found"},
      {"deleted source", "n", {{"stream-forked-from", "deleted"}}, 409, "fork-source-deleted"},
      {"source of another type",
       "n",
       {{"stream-forked-from", "source"}, {"content-type", "a/b"}},
       409,
       "content-type-mismatch"},
      {"beyond the tail",
       "n",
       {{"stream-forked-from", "source"}, {"stream-fork-offset", beyond}},
       400,
       "fork-beyond-tail"},
      {"inside an append",
       "n",
       {{"stream-forked-from", "source"}, {"stream-fork-offset", inside}},
       400,
       "fork-not-a-boundary"},
      {"sub-offset too large",
       "n",
       {{"stream-forked-from", "source"},
        {"stream-fork-offset", kZeroOffset},
        {"stream-fork-sub-offset", "5"}},
       400,
       "fork-sub-offset-too-large"},
  };
  for (const Case& c : cases) {
    const auto answer = bench.Put(c.target, c.headers);
    EXPECT_EQ(answer.status(), c.status) << c.why;
    EXPECT_EQ(CodeOf(answer), c.code) << c.why;
    EXPECT_EQ(answer.body().find("sequence"), std::string::npos) << c.why;
  }
  EXPECT_EQ(bench.Get("n").status(), 404) << "nothing refused was created";
}

TEST(Create, RefusesAForkOfTheLastOfTheLongestChain) {
  RouterBench bench;
  bench.Put("0");
  for (uint64_t i = 1; i <= kForkDepthMax; ++i) {
    const std::string source = std::to_string(i - 1);
    ASSERT_EQ(bench.Put(std::to_string(i), {{"stream-forked-from", source}}).status(), 201) << i;
  }
  const std::string last = std::to_string(kForkDepthMax);
  const auto refused = bench.Put("n", {{"stream-forked-from", last}});
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(CodeOf(refused), "fork-too-deep");
}

TEST(Create, IsNoSuccessTwiceWhereItMustBeNew) {
  RouterBench bench;
  const Fields must_be_new = {{"content-type", "text/plain"}, {"if-none-match", "*"}};
  EXPECT_EQ(bench.Put("a", must_be_new, "one").status(), 201);
  const auto again = bench.Put("a", must_be_new, "one");
  EXPECT_EQ(again.status(), 412);
  EXPECT_EQ(CodeOf(again), "precondition-failed");
  EXPECT_EQ(bench.Get("a").body(), "one");
  EXPECT_EQ(bench.Put("a", {{"content-type", "text/plain"}, {"if-none-match", "\"x\""}}).status(),
            200);
  const Fields listed = {
      {"content-type", "text/plain"}, {"if-none-match", "\"x\""}, {"if-none-match", "*"}};
  EXPECT_EQ(bench.Put("a", listed).status(), 412);
  EXPECT_EQ(bench.Put("a", {{"content-type", "image/png"}, {"if-none-match", "*"}}).status(), 409)
      << "RFC 9110 13.2.1: what fails without the condition is not judged by it";
}

// To ignore it would do what the client wants to be done on its condition alone.
TEST(Changes, AreRefusedWithEntityTags) {
  RouterBench bench;
  bench.PutText("a", "one");
  for (const Method method : {Method::kPut, Method::kPost, Method::kDelete}) {
    for (const std::string_view stream : {"a", "b"}) {
      const auto answer = bench.Send(
          method, stream, {{"content-type", "text/plain"}, {"if-match", "\"an old tag\""}}, "two");
      EXPECT_EQ(answer.status(), 400) << stream;
      EXPECT_EQ(CodeOf(answer), "if-match") << stream;
    }
  }
  for (const Method method : {Method::kPost, Method::kDelete}) {
    for (const std::string_view tags : {"*", "\"an old tag\""}) {
      const auto answer =
          bench.Send(method, "a", {{"content-type", "text/plain"}, {"if-none-match", tags}}, "two");
      EXPECT_EQ(answer.status(), 400) << tags;
      EXPECT_EQ(CodeOf(answer), "if-match") << tags;
    }
  }
  EXPECT_EQ(bench.Get("a").body(), "one");
  EXPECT_EQ(bench.Get("b").status(), 404);
}

TEST(Create, ForksWithAndWithoutTheBasePath) {
  RouterBench bench;
  bench.PutJson("source", "[1,2,3]");
  const auto whole = bench.Put("whole", {{"stream-forked-from", "/v1/stream/source"}}, "[4]");
  EXPECT_EQ(whole.status(), 201);
  EXPECT_EQ(whole.Header("content-type"), "application/json") << "the source's type";
  EXPECT_EQ(bench.Get("whole").body(), "[1,2,3,4]") << "its body is read as the source's type";
  const auto part = bench.Put("part", {{"stream-forked-from", "/source"},
                                       {"stream-fork-offset", kZeroOffset},
                                       {"stream-fork-sub-offset", "2"}});
  EXPECT_EQ(part.status(), 201);
  EXPECT_EQ(bench.Get("part").body(), "[1,2]");
  EXPECT_EQ(bench.Put("whole", {{"stream-forked-from", "source"}}).status(), 200)
      << "the same configuration";
}

TEST(Remove, EndsAStreamOnceAndKeepsForksAlive) {
  RouterBench bench;
  bench.PutText("a", "data");
  bench.Put("fork", {{"stream-forked-from", "a"}});
  EXPECT_EQ(bench.Delete("a").status(), 204);
  EXPECT_EQ(bench.Delete("a").status(), 410);
  EXPECT_EQ(bench.Get("a").status(), 410);
  EXPECT_EQ(bench.Get("fork").body(), "data");
  EXPECT_EQ(bench.Delete("fork").status(), 204);
  EXPECT_EQ(bench.Delete("fork").status(), 404);
  EXPECT_EQ(bench.Get("a").status(), 404) << "nobody reads it any more";
}

}  // namespace
}  // namespace thalweg
