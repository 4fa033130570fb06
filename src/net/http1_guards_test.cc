#include "net/http1_guards.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Http1Guards, KnowAValidAuthority) {
  for (const char* valid : {"", "a", "a:", "a:0", "a:65535", "A-b.c_d~e", "1.2.3.4:80", "[::1]",
                            "[2001:db8::1]:80", "a%20b", "a!$&'()*+,;=b", ":80"}) {
    EXPECT_TRUE(IsValidAuthority(valid)) << valid;
  }
  for (const char* invalid : {"a b",  "a:65536", "a:99999999999999999999",
                              "a:+1", "a:1:2",   "u@a",
                              "a/b",  "a?b",     "a#b",
                              "[::1", "::1",     "[]",
                              "[a]",  "[::1]x",  "[::1]:x",
                              "a%2",  "a%zz",    "\x80",
                              "a\"b", "a\\b"}) {
    EXPECT_FALSE(IsValidAuthority(invalid)) << invalid;
  }
}

// Each byte at each place of a text that is longer than what is looked at in one go.
TEST(Http1Guards, FindEveryByteThatAFieldOrATargetMayNotHold) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool in_field = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    const bool in_target = byte > 0x20 && byte < 0x7f && byte != '#';
    for (size_t at = 0; at < 19; ++at) {
      std::string text(19, 'x');
      text[at] = static_cast<char>(byte);
      EXPECT_EQ(!CheckFieldLine("a:" + text), in_field) << byte << " at " << at;
      const std::string line = "GET /" + text + " HTTP/1.1";
      EXPECT_EQ(SplitRequestLine(line).has_value(), in_target) << byte << " at " << at;
    }
  }
}

TEST(Http1Guards, TakeTargetsApart) {
  struct Case {
    const char *method, *target, *scheme, *authority, *path, *query;
  };
  const Case cases[] = {
      {"GET", "/", "", "", "/", ""},
      {"GET", "/a/b?c=d?e", "", "", "/a/b", "c=d?e"},
      {"GET", "//x/y", "", "", "//x/y", ""},
      {"GET", "/http://x", "", "", "/http://x", ""},
      {"GET", "http://h", "http", "h", "/", ""},
      {"GET", "hTTps://h:1/p?q", "https", "h:1", "/p", "q"},
      {"GET", "http://h?q", "http", "h", "/", "q"},
      {"OPTIONS", "*", "", "", "*", ""},
      {"OPTIONS", "http://h", "http", "h", "*", ""},
      {"OPTIONS", "http://h/", "http", "h", "/", ""},
      {"OPTIONS", "http://h?", "http", "h", "/", ""},
  };
  for (const Case& c : cases) {
    const auto target = ParseTarget({c.method, c.target, false});
    ASSERT_TRUE(target.has_value()) << c.target;
    EXPECT_EQ(target->scheme, c.scheme) << c.target;
    EXPECT_EQ(target->authority, c.authority) << c.target;
    EXPECT_EQ(target->path, c.path) << c.target;
    EXPECT_EQ(target->query, c.query) << c.target;
  }
}

TEST(Http1Guards, JudgeTheFieldsTogether) {
  const HeaderField host{"host", "h"};
  const HeaderField close{"connection", "foo , Close"};
  const HeaderField chunked{"transfer-encoding", "CHUNKED"};
  const HeaderField all[] = {host, close, chunked};
  const auto framing = JudgeFields(all, /*http10=*/false);
  ASSERT_TRUE(framing.has_value());
  EXPECT_TRUE(framing->chunked);
  EXPECT_FALSE(framing->keep_alive);
  EXPECT_EQ(framing->host, "h");
  EXPECT_EQ(JudgeFields(all, /*http10=*/true).error().status, 400);
  // What makes the framing doubtful weighs more than an expectation.
  const HeaderField doubtful[] = {host, {"expect", "tea"}, {"content-length", "x"}};
  EXPECT_EQ(JudgeFields(doubtful, false).error().status, 400);
}

}  // namespace
}  // namespace thalweg
