#include "stream/json_text.h"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace thalweg {
namespace {

std::string JsonOf(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

TEST(JsonText, EscapesWhatJsonDoesNotAllow) {
  struct Case {
    const char* why;
    std::string_view text;
    std::string_view want;
  };
  const Case cases[] = {
      {"nothing", "", R"("")"},
      {"plain", "rooms/lobby", R"("rooms/lobby")"},
      {"quotes and backslashes", R"(a"b\c)", R"("a\"b\\c")"},
      {"control characters", std::string_view("\0\n\x1f", 3), R"("\u0000\u000a\u001f")"},
      {"UTF-8 stays", "caf\xC3\xA9", "\"caf\xC3\xA9\""},
      {"no UTF-8 is Latin-1", "caf\xE9", R"("caf\u00e9")"},
      {"all of it", "\xC3\xA9\xE9", R"("\u00c3\u00a9\u00e9")"},
  };
  for (const Case& c : cases) EXPECT_EQ(JsonOf(c.text), c.want) << c.why;
}

TEST(JsonText, ReadsBackAsItWas) {
  simdjson::dom::parser parser;
  for (int byte = 0; byte < 128; ++byte) {
    const std::string text = {'a', static_cast<char>(byte), 'b'};
    std::string_view read;
    ASSERT_EQ(parser.parse(JsonOf(text)).get(read), simdjson::SUCCESS) << byte;
    EXPECT_EQ(read, text) << byte;
  }
}

}  // namespace
}  // namespace thalweg
