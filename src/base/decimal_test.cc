#include "base/decimal.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(ParseDecimal, TakesDigitsAndNothingElse) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("007"), 7u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "a",
                           "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
}

TEST(ParseDecimal, EndsWhereItsTextEnds) {
  EXPECT_EQ(ParseDecimal(std::string_view("123").substr(0, 2)), 12u);
  EXPECT_EQ(ParseDecimal(std::string_view()), std::nullopt);
}

TEST(AppendNumber, WritesItBehindWhatIsThere) {
  std::string text = "a";
  AppendNumber(text, 0);
  AppendNumber(text, UINT64_MAX);
  AppendNumber(text, UINT64_MAX, 16);
  EXPECT_EQ(text, "a018446744073709551615ffffffffffffffff");
}

}  // namespace
}  // namespace thalweg
