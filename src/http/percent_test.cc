#include "http/percent.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(PercentDecode, DecodesOnceAndLeavesPlusAlone) {
  struct Case {
    const char* why;
    const char* text;
    std::optional<std::string> want;
  };
  const Case cases[] = {
      {"nothing", "", ""},
      {"plain", "a+b", "a+b"},
      {"either case", "%2f%2F", "//"},
      {"at the end", "a%41", "aA"},
      {"between others", "a%42c%44e", "aBcDe"},
      {"cut off behind a good one", "%41%4", std::nullopt},
      {"once", "%2541", "%41"},
      {"NUL", "a%00b", std::string("a\0b", 3)},
      {"cut off", "a%", std::nullopt},
      {"cut off after one digit", "a%4", std::nullopt},
      {"no digits", "%g0", std::nullopt},
      {"no second digit", "%0g", std::nullopt},
      {"signs are no digits", "%+1", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(PercentDecode(c.text), c.want) << c.why;
}

TEST(PercentByte, ReadsWhereItIsAsked) {
  EXPECT_EQ(PercentByte("x%ffy", 1), 0xff);
  EXPECT_EQ(PercentByte("x%f", 1), std::nullopt);
}

}  // namespace
}  // namespace thalweg
