#include "net/request_target.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(RequestTarget, KnowsAValidAuthority) {
  for (const char* valid : {"", "a", "a:", "a:0", "a:65535", "A-b.c_d~e", "1.2.3.4:80", "[::1]",
                            "[2001:db8::1]:80", "a%20b", "a!$&'()*+,;=b", ":80", "a:00000000080"}) {
    EXPECT_TRUE(IsValidAuthority(valid)) << valid;
  }
  for (const char* invalid : {"a b",  "a:65536", "a:99999999999999999999",
                              "a:+1", "a:1:2",   "u@a",
                              "a/b",  "a?b",     "a#b",
                              "[::1", "::1",     "[]",
                              "[a]",  "[::1]x",  "[::1]:x",
                              "a%2",  "a%zz",    "\x80",
                              "a\"b", "a\\b",    "a%4"}) {
    EXPECT_FALSE(IsValidAuthority(invalid)) << invalid;
  }
}

TEST(RequestTarget, IsTakenApart) {
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
    const auto target = ParseTarget(c.method, c.target);
    ASSERT_TRUE(target.has_value()) << c.target;
    EXPECT_EQ(target->scheme, c.scheme) << c.target;
    EXPECT_EQ(target->authority, c.authority) << c.target;
    EXPECT_EQ(target->path, c.path) << c.target;
    EXPECT_EQ(target->query, c.query) << c.target;
  }
}

}  // namespace
}  // namespace thalweg
