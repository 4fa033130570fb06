#include "stream/offset.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace thalweg {
namespace {

TEST(Offset, IsWrittenAsTwoNumbersOfSixteenDigits) {
  struct Case {
    const char* why;
    uint64_t value;
    const char* want;
  };
  const Case cases[] = {
      {"the start of every stream", 0, "0000000000000000_0000000000000000"},
      {"one byte", 1, "0000000000000000_0000000000000001"},
      {"digits in their places", 1234567890, "0000000000000000_0000001234567890"},
      {"the last that fits", kOffsetMax, "0000000000000000_9999999999999999"},
  };
  for (const Case& c : cases) EXPECT_EQ(FormatOffset(Offset{c.value}), c.want) << c.why;
}

TEST(Offset, IsReadFromExactlyThirtyThreeCharacters) {
  struct Case {
    const char* why;
    std::string_view text;
    std::optional<Offset> want;
  };
  const Case cases[] = {
      {"start", "0000000000000000_0000000000000000", Offset{0}},
      {"a position", "0000000000000000_0000000000000042", Offset{42}},
      {"the last", "0000000000000000_9999999999999999", Offset{kOffsetMax}},
      {"beyond every tail", "9999999999999999_9999999999999999", Offset{kOffsetMax}},
      {"another first number is beyond too", "0000000000000001_0000000000000000",
       Offset{kOffsetMax}},
      {"empty", "", std::nullopt},
      {"the word for the start is not an offset", "-1", std::nullopt},
      {"nor is that for the tail", "now", std::nullopt},
      {"short form", "0_10", std::nullopt},
      {"one digit less", "0000000000000000_000000000000000", std::nullopt},
      {"one digit more", "0000000000000000_00000000000000000", std::nullopt},
      {"line feed behind", "0000000000000000_0000000000000000\n", std::nullopt},
      {"space in front", " 000000000000000_0000000000000000", std::nullopt},
      {"no underscore", "000000000000000000000000000000000", std::nullopt},
      {"hyphen for the underscore", "0000000000000000-0000000000000000", std::nullopt},
      {"letter in the first number", "000000000000000a_0000000000000000", std::nullopt},
      {"letter in the second number", "0000000000000000_000000000000000a", std::nullopt},
      {"sign", "0000000000000000_+000000000000001", std::nullopt},
      {"character below the digits", "0000000000000000_000000000000000/", std::nullopt},
      {"character above the digits", "0000000000000000_000000000000000:", std::nullopt},
      {"NUL inside",
       std::string_view("0000000000000000_00000000\0"
                        "0000000",
                        33),
       std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseOffset(c.text), c.want) << c.why;
}

TEST(Offset, ComesBackFromItsTextAndSortsLikeIt) {
  EXPECT_TRUE(rc::check([] {
    const Offset a{*rc::gen::inRange<uint64_t>(0, kOffsetMax)};
    const Offset b{*rc::gen::inRange<uint64_t>(0, kOffsetMax)};
    RC_ASSERT(ParseOffset(FormatOffset(a)) == a);
    RC_ASSERT((FormatOffset(a) < FormatOffset(b)) == (a < b));
  }));
}

TEST(OffsetDeathTest, IsNeverWrittenWhereItDoesNotFit) {
  EXPECT_DEATH(FormatOffset(Offset{kOffsetMax + 1}), "kOffsetMax");
}

}  // namespace
}  // namespace thalweg
