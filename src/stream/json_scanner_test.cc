#include "stream/json_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

TEST(JsonScanner, StopsBehindTheFirstValue) {
  struct Case {
    const char* why;
    std::string_view text;
    size_t end;
  };
  const Case cases[] = {
      {"a number before a comma", "12,3", 2},
      {"zero before a digit, which the caller will refuse", "01", 1},
      {"a word", "true]", 4},
      {"a string", R"("a\"b" ,)", 6},
      {"an array", "[1,[2]] ", 7},
      {"an object", R"({"a":{"b":1}}})", 13},
      {"a string longer than a vector", R"("0123456789abcdef0123",1)", 22},
  };
  for (const Case& c : cases) {
    JsonScanner scanner(c.text);
    EXPECT_TRUE(scanner.SkipValue()) << c.why;
    EXPECT_EQ(scanner.position(), c.end) << c.why;
    EXPECT_FALSE(scanner.done()) << c.why;
  }
}

TEST(JsonScanner, SaysWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view want;
  };
  const Case cases[] = {
      {"", "a value is missing"},
      {"nope", "not a value"},
      {"-x", "not a value"},
      {"1.", "a number lacks its fraction"},
      {"1e", "a number lacks its exponent"},
      {"\"abc", "a string does not end"},
      {"\"a\nb\"", "a control character inside a string"},
      {R"("\q")", "a bad escape inside a string"},
      {"{1:2}", "an object's key is missing"},
      {R"({"a" 1})", "a colon is missing"},
      {"[1 2]", "a comma or a closing bracket is missing"},
  };
  for (const Case& c : cases) {
    JsonScanner scanner(c.text);
    EXPECT_FALSE(scanner.SkipValue()) << c.text;
    EXPECT_EQ(scanner.error(), c.want) << c.text;
  }
}

TEST(JsonScanner, AnArrayTheCallerWalksCountsAsOneLevel) {
  const std::string deepest(kJsonDepthMax, '[');
  const std::string text = deepest + std::string(kJsonDepthMax, ']');
  JsonScanner alone(text);
  EXPECT_TRUE(alone.SkipValue());
  EXPECT_TRUE(alone.done());
  JsonScanner inside(text);
  inside.EnterArray();
  EXPECT_FALSE(inside.SkipValue());
  EXPECT_STREQ(inside.error(), "nested too deep");
}

TEST(JsonScanner, SpaceIsFourCharacters) {
  JsonScanner scanner(" \t\r\n\f");
  scanner.SkipSpace();
  EXPECT_EQ(scanner.position(), 4u);
  EXPECT_FALSE(scanner.Take(' '));
  EXPECT_TRUE(scanner.Take('\f'));
  EXPECT_TRUE(scanner.done());
}

}  // namespace
}  // namespace thalweg
