// GET and HEAD through the router. (protocol 5.5, 5.6, 10.1)
#include <gtest/gtest.h>

#include "http/page_reply.h"
#include "http/router_test_support.h"
#include "storage/memory_log.h"

namespace thalweg {
namespace {

constexpr std::string_view kPublic = "public, max-age=60, stale-while-revalidate=300";

TEST(ReadConditions, JoinTheListsOfSeveralHeaders) {
  const Fields headers = {{"accept-encoding", "gzip"},
                          {"if-none-match", "\"a\""},
                          {"accept-encoding", "zstd"},
                          {"accept", "text/html"}};
  Request request;
  request.headers = headers;
  const ReadConditions conditions = ReadConditionsOf(request);
  EXPECT_EQ(conditions.accept_encoding, "gzip, zstd");
  EXPECT_EQ(conditions.if_none_match, "\"a\"");
}

TEST(CatchUp, GivesEverythingToTheTail) {
  RouterBench bench;
  bench.PutText("a", "one");
  bench.PostText("a", "two");
  for (const std::string target :
       {"a", "a?offset=-1", "a?offset=0000000000000000_0000000000000000"}) {
    const auto answer = bench.Get(target);
    EXPECT_EQ(answer.status(), 200) << target;
    EXPECT_EQ(answer.body(), "onetwo") << target;
    EXPECT_EQ(answer.content_length(), 6u) << target;
    EXPECT_EQ(answer.Header("content-type"), "text/plain") << target;
    EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(6)) << target;
    EXPECT_EQ(answer.Header("stream-up-to-date"), "true") << target;
    EXPECT_EQ(answer.Header("vary"), "accept-encoding") << target;
    EXPECT_FALSE(answer.HasHeader("stream-closed")) << target;
    EXPECT_EQ(answer.Header("etag"), bench.Get("a").Header("etag")) << target;
  }
  EXPECT_EQ(bench.Get("a?offset=" + OffsetOf(3)).body(), "two");
}

TEST(CatchUp, FramesJson) {
  RouterBench bench;
  bench.PutJson("a");
  EXPECT_EQ(bench.Get("a").body(), "[]");
  bench.PostJson("a", "1");
  EXPECT_EQ(bench.Get("a").body(), "[1]");
  bench.PostJson("a", "[[2], {\"b\":\",\"}]");
  const auto answer = bench.Get("a");
  EXPECT_EQ(answer.body(), "[1,[2],{\"b\":\",\"}]");
  EXPECT_EQ(answer.content_length(), answer.body().size());
  EXPECT_EQ(bench.Get("a?offset=" + answer.Header("stream-next-offset")).body(), "[]");
}

TEST(CatchUp, GoesPageByPage) {
  RouterOptions options;
  options.page_bytes_max = 4;
  RouterBench bench(options);
  bench.PutText("a", "one");
  bench.PostText("a", "two");
  bench.Post("a", {{"content-type", "text/plain"}, {"stream-closed", "true"}}, "six");
  std::string offset = "-1";
  for (const char* part : {"one", "two", "six"}) {
    const bool last = part == std::string_view("six");
    const auto answer = bench.Get("a?offset=" + offset);
    EXPECT_EQ(answer.body(), part);
    EXPECT_EQ(answer.HasHeader("stream-up-to-date"), last) << part;
    EXPECT_EQ(answer.HasHeader("stream-closed"), last) << part;
    offset = answer.Header("stream-next-offset");
  }
  const auto end = bench.Get("a?offset=" + offset);
  EXPECT_EQ(end.status(), 200);
  EXPECT_EQ(end.body(), "");
  EXPECT_EQ(end.Header("stream-closed"), "true");
  EXPECT_EQ(end.Header("stream-next-offset"), offset);
}

TEST(CatchUp, FromNowIsEmptyAndNotCached) {
  RouterBench bench;
  bench.PutJson("a", "[1]");
  bench.Post("a", {{"stream-closed", "true"}}, "");
  const auto answer = bench.Get("a?offset=now");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body(), "[]");
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(2));
  EXPECT_EQ(answer.Header("stream-up-to-date"), "true");
  EXPECT_EQ(answer.Header("stream-closed"), "true");
  EXPECT_EQ(answer.Header("cache-control"), "no-store");
  EXPECT_FALSE(answer.HasHeader("etag"));
  EXPECT_EQ(bench.Get("a?offset=now", {{"if-none-match", "*"}}).status(), 200);
}

// A shared cache may not give it to whoever comes without them.
TEST(CatchUp, WhatIsAnsweredToCredentialsIsPrivate) {
  RouterBench bench;
  bench.PutText("a", "data");
  const std::string target = "a?offset=" + OffsetOf(0);
  EXPECT_TRUE(bench.Get(target).Header("cache-control").starts_with("public, max-age="));
  for (const char* more : {"", "&live=long-poll"}) {
    const auto answer = bench.Get(target + more, {{"authorization", "Bearer x"}});
    EXPECT_TRUE(answer.Header("cache-control").starts_with("private, max-age=")) << more;
  }
  RouterOptions options;
  options.cache_policy = CachePolicy::kNoStore;
  RouterBench without(std::make_unique<MemoryLog>(), options);
  without.PutText("a", "data");
  EXPECT_EQ(without.Get(target, {{"authorization", "Bearer x"}}).Header("cache-control"),
            "no-store");
}

TEST(CatchUp, RefusesWhatCannotBeRead) {
  RouterBench bench;
  bench.PutText("a", "data");
  struct Case {
    const char* why;
    std::string target;
    int status;
    const char* code;
  };
  const Case cases[] = {
      {"missing", "none", 404, "stream-not-found"},
      {"missing from now", "none?offset=now", 404, "stream-not-found"},
      {"malformed beats missing", "none?offset=x", 400, "bad-offset"},
      {"inside an append", "a?offset=" + OffsetOf(2), 400, "offset-not-a-boundary"},
      {"beyond the tail", "a?offset=" + OffsetOf(5), 400, "offset-beyond-tail"},
      {"another first number", "a?offset=0000000000000001_0000000000000000", 400,
       "offset-beyond-tail"},
      {"live without offset", "a?live=sse", 400, "offset-missing"},
      {"unknown live", "a?offset=-1&live=yes", 400, "bad-live-mode"},
  };
  for (const Case& c : cases) {
    const auto answer = bench.Get(c.target);
    EXPECT_EQ(answer.status(), c.status) << c.why;
    EXPECT_EQ(CodeOf(answer), c.code) << c.why;
    EXPECT_EQ(answer.Header("cache-control"), "no-store") << c.why;
  }
}

// A cache keeps fields that a 304 does not name: it would tell for ever that it is up to date.
TEST(CatchUp, IsNoMoreWhatItWasOnceThereIsMoreBehindIt) {
  RouterOptions options;
  options.page_bytes_max = 4;
  RouterBench bench(std::make_unique<MemoryLog>(), options);
  bench.PutText("a", "data");
  const auto at_tail = bench.Get("a");
  EXPECT_EQ(at_tail.Header("stream-up-to-date"), "true");
  bench.PostText("a", "more");
  const auto same_bytes = bench.Get("a", {{"if-none-match", at_tail.Header("etag")}});
  EXPECT_EQ(same_bytes.status(), 200);
  EXPECT_EQ(same_bytes.body(), at_tail.body());
  EXPECT_FALSE(same_bytes.HasHeader("stream-up-to-date"));
}

TEST(CatchUp, Answers304WithTheStreamsFields) {
  RouterBench bench;
  bench.PutText("a", "data");
  const std::string tag = bench.Get("a").Header("etag");
  for (const std::string& list : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    const auto answer = bench.Get("a", {{"if-none-match", list}});
    EXPECT_EQ(answer.status(), 304) << list;
    EXPECT_TRUE(answer.finished()) << list;
    EXPECT_EQ(answer.body(), "") << list;
    EXPECT_EQ(answer.Header("etag"), tag) << list;
    EXPECT_EQ(answer.Header("cache-control"), "public, no-cache") << list;
    EXPECT_EQ(answer.Header("vary"), "accept-encoding") << list;
    EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(4)) << list;
    EXPECT_EQ(answer.Header("stream-up-to-date"), "true") << list;
  }
  EXPECT_EQ(bench.Get("a", {{"if-none-match", "\"x\""}, {"if-none-match", tag}}).status(), 304)
      << "the list may come in several headers";
  bench.Post("a", {{"stream-closed", "true"}}, "");
  EXPECT_EQ(bench.Get("a", {{"if-none-match", tag}}).status(), 200) << "closure changes the tag";
  bench.Delete("a");
  bench.PutText("a", "four");
  EXPECT_EQ(bench.Get("a", {{"if-none-match", tag}}).status(), 200)
      << "so does another stream at the path";
}

TEST(CatchUp, CompressesWhatIsLargeEnough) {
  RouterBench bench;
  bench.PutText("large", std::string(1024, 'a'));
  bench.PutText("small", std::string(1023, 'a'));
  bench.Put("packed", {{"content-type", "image/png"}}, std::string(2000, 'a'));
  struct Case {
    const char* why;
    const char* target;
    const char* accept;
    const char* coding;
  };
  const Case cases[] = {
      {"asked for", "large", "gzip", "gzip"},
      {"zlib format", "large", "deflate", "deflate"},
      {"zstd where it is named", "large", "gzip, zstd", "zstd"},
      {"not asked for", "large", "", ""},
      {"forbidden", "large", "gzip;q=0", ""},
      {"too small", "small", "gzip", ""},
      {"packed already", "packed", "gzip", ""},
  };
  for (const Case& c : cases) {
    const auto answer = bench.Get(c.target, {{"accept-encoding", c.accept}});
    EXPECT_EQ(answer.status(), 200) << c.why;
    EXPECT_EQ(answer.Header("content-encoding"), c.coding) << c.why;
    EXPECT_EQ(answer.body().size() < 1000, *c.coding != '\0') << c.why;
    EXPECT_EQ(answer.HasHeader("vary"), c.target != std::string_view("packed")) << c.why;
    const std::string tag = answer.Header("etag");
    EXPECT_EQ(bench.Get(c.target, {{"accept-encoding", c.accept}, {"if-none-match", tag}}).status(),
              304)
        << c.why;
  }
  EXPECT_NE(bench.Get("large", {{"accept-encoding", "gzip"}}).Header("etag"),
            bench.Get("large").Header("etag"));
}

TEST(CatchUp, CompressesAPageOnceForAllWhoAskForIt) {
  RouterBench bench;
  bench.PutText("a", std::string(4096, 'a'));
  bench.PutText("b", std::string(4096, 'b'));
  const Fields gzip = {{"accept-encoding", "gzip"}};
  const auto first = bench.Get("a", gzip);
  EXPECT_EQ(bench.Get("a?offset=-1", gzip).last_written().data(), first.last_written().data());
  EXPECT_NE(bench.Get("a", {{"accept-encoding", "deflate"}}).body(), first.body());
  EXPECT_NE(bench.Get("b", gzip).body(), first.body());
  EXPECT_EQ(bench.Get("a", gzip).body(), first.body());
  bench.PostText("a", "more");
  EXPECT_NE(bench.Get("a", gzip).body(), first.body()) << "a longer page is another one";
}

TEST(CatchUp, CompressesNothingWhereItIsOff) {
  RouterOptions options;
  options.compression = false;
  RouterBench bench(options);
  bench.PutText("a", std::string(4096, 'a'));
  const auto answer = bench.Get("a", {{"accept-encoding", "gzip"}});
  EXPECT_EQ(answer.body().size(), 4096u);
  EXPECT_FALSE(answer.HasHeader("vary"));
}

TEST(CatchUp, CachesAsConfigured) {
  struct Case {
    CachePolicy policy;
    std::string_view want;
    std::string_view want_without_offset;  // HEAD may be answered with what is kept of it
  };
  for (const Case& c :
       {Case{CachePolicy::kPublic, kPublic, "public, no-cache"},
        Case{CachePolicy::kPrivate, "private, max-age=60, stale-while-revalidate=300",
             "private, no-cache"},
        Case{CachePolicy::kNoStore, "no-store", "no-store"}}) {
    RouterOptions options;
    options.cache_policy = c.policy;
    RouterBench bench(options);
    bench.PutText("a", "data");
    EXPECT_EQ(bench.Get("a?offset=-1").Header("cache-control"), c.want);
    EXPECT_EQ(bench.Get("a?offset=" + OffsetOf(0)).Header("cache-control"), c.want);
    EXPECT_EQ(bench.Get("a").Header("cache-control"), c.want_without_offset);
    const std::string tail = "a?offset=" + bench.Get("a").Header("stream-next-offset");
    EXPECT_EQ(bench.Get(tail).Header("cache-control"), c.want_without_offset)
        << "nothing is there yet";
    EXPECT_NE(bench.Get(tail).Header("etag"), "");
    bench.Post("a", {{"stream-closed", "true"}}, "");
    EXPECT_EQ(bench.Get(tail).Header("cache-control"), c.want) << "nothing will come";
  }
}

TEST(CatchUp, IsNotCachedForLongerThanTheStreamLives) {
  RouterBench bench;
  bench.Put("ttl", {{"stream-ttl", "30"}}, "data");
  const std::string_view for_thirty_s = "public, max-age=15, stale-while-revalidate=15";
  EXPECT_EQ(bench.Get("ttl?offset=-1").Header("cache-control"), for_thirty_s);
  ASSERT_EQ(bench.clock().WallMs(), 1'800'000'000'000) << "2027-01-15T08:00:00Z";
  bench.Put("at", {{"stream-expires-at", "2027-01-15T08:00:40Z"}}, "data");
  bench.clock().AdvanceMs(10'000);
  EXPECT_EQ(bench.Get("at?offset=-1").Header("cache-control"), for_thirty_s);
  EXPECT_EQ(bench.Get("at?live=long-poll&offset=-1").Header("cache-control"), for_thirty_s);
}

TEST(Metadata, TellsOfTheStreamWithoutABody) {
  RouterBench bench;
  bench.Put("a", {{"content-type", "text/plain"}, {"stream-ttl", "60"}}, "data");
  const auto answer = bench.Head("a");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_TRUE(answer.finished());
  EXPECT_EQ(answer.body(), "");
  EXPECT_EQ(answer.Header("content-type"), "text/plain");
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(4));
  EXPECT_EQ(answer.Header("cache-control"), "no-store");
  EXPECT_EQ(answer.Header("stream-ttl"), "60");
  EXPECT_EQ(answer.Header("etag"), bench.Get("a").Header("etag"));
  EXPECT_FALSE(answer.HasHeader("stream-closed"));
  EXPECT_FALSE(answer.HasHeader("stream-expires-at"));
}

TEST(Metadata, IsNotToldToWhoHasThePage) {
  RouterBench bench;
  bench.PutText("a", "data");
  const std::string etag(bench.Get("a").Header("etag"));
  const auto answer = bench.Head("a", {{"if-none-match", etag}});
  EXPECT_EQ(answer.status(), 304);
  EXPECT_EQ(answer.Header("etag"), etag);
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(4));
  EXPECT_FALSE(answer.HasHeader("content-type"));
  bench.PostText("a", "more");
  EXPECT_EQ(bench.Head("a", {{"if-none-match", etag}}).status(), 200);
  EXPECT_EQ(bench.Head("none", {{"if-none-match", "*"}}).status(), 404);
  bench.PostText("a", std::string(RouterOptions().page_bytes_max, 'a'));
  EXPECT_FALSE(bench.Head("a").HasHeader("etag"));
  EXPECT_EQ(bench.Head("a", {{"if-none-match", "*"}}).status(), 304);
  EXPECT_EQ(bench.Head("a", {{"if-none-match", etag}}).status(), 200);
}

TEST(Metadata, TellsTheInstantAsItWasWrittenAndTheClosure) {
  RouterBench bench;
  bench.Put("a", {{"stream-expires-at", "2037-01-01t00:00:00.5+01:00"}, {"stream-closed", "true"}});
  const auto answer = bench.Head("a");
  EXPECT_EQ(answer.Header("stream-expires-at"), "2037-01-01t00:00:00.5+01:00");
  EXPECT_EQ(answer.Header("stream-closed"), "true");
  EXPECT_EQ(bench.Head("none").status(), 404);
}

TEST(Metadata, IsNoUseThatKeepsAStreamAlive) {
  RouterBench bench;
  bench.Put("read", {{"stream-ttl", "2"}});
  bench.Put("asked", {{"stream-ttl", "2"}});
  bench.clock().AdvanceMs(1500);
  bench.Get("read");
  bench.Head("asked");
  bench.clock().AdvanceMs(1500);
  EXPECT_EQ(bench.Get("read").status(), 200);
  EXPECT_EQ(bench.Get("asked").status(), 404);
}

}  // namespace
}  // namespace thalweg
