#include "stream/rfc3339.h"

#include <gtest/gtest.h>

#include <span>

namespace thalweg {
namespace {

struct Case {
  const char* why;
  std::string_view text;
  std::optional<int64_t> want;
};

void ExpectAll(std::span<const Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(ParseRfc3339(c.text), c.want) << c.why << ": " << c.text;
}

TEST(Rfc3339, ReadsInstants) {
  const Case cases[] = {
      {"the first second", "1970-01-01T00:00:00Z", 0},
      {"a leap day", "2024-02-29T12:00:00Z", 1709208000000},
      {"leap day of a century", "2000-02-29T00:00:00Z", 951782400000},
      {"lower case", "1970-01-01t00:00:01z", 1000},
      {"milliseconds", "1970-01-01T00:00:00.123Z", 123},
      {"tenths", "1970-01-01T00:00:00.5Z", 500},
      {"finer digits are cut", "1970-01-01T00:00:00.0019999999999999999999Z", 1},
      {"ahead of UTC", "1970-01-01T02:00:00+02:00", 0},
      {"behind UTC", "1969-12-31T19:30:00-04:30", 0},
      {"unknown local offset", "1970-01-01T00:00:00-00:00", 0},
      {"the widest offset", "1970-01-01T23:59:00+23:59", 0},
      {"before 1970, rounded down", "1969-12-31T23:59:59.9999Z", -1},
      {"the first year", "0000-01-01T00:00:00Z", -62167219200000},
      {"the last year", "9999-12-31T23:59:59.999Z", 253402300799999},
      {"a leap second", "2016-12-31T23:59:60Z", 1483228799999},
      {"with a fraction", "2016-12-31T23:59:60.5Z", 1483228799999},
      {"elsewhere on earth", "1990-12-31T15:59:60-08:00", 662687999999},
  };
  ExpectAll(cases);
}

TEST(Rfc3339, RefusesEverythingElse) {
  const Case cases[] = {
      {"empty", "", std::nullopt},
      {"words", "not-a-timestamp", std::nullopt},
      {"date only", "2030-01-01", std::nullopt},
      {"year only", "2030", std::nullopt},
      {"another notation", "Jan 1 2030", std::nullopt},
      {"space for the T", "2030-01-01 00:00:00Z", std::nullopt},
      {"no zone", "2030-01-01T00:00:00", std::nullopt},
      {"no seconds", "2030-01-01T00:00Z", std::nullopt},
      {"basic format", "20300101T000000Z", std::nullopt},
      {"zone without colon", "2030-01-01T00:00:00+0100", std::nullopt},
      {"zone without minutes", "2030-01-01T00:00:00+01", std::nullopt},
      {"zone hour 24", "2030-01-01T00:00:00+24:00", std::nullopt},
      {"zone minute 60", "2030-01-01T00:00:00+01:60", std::nullopt},
      {"fraction without digits", "2030-01-01T00:00:00.Z", std::nullopt},
      {"comma for the point", "2030-01-01T00:00:00,5Z", std::nullopt},
      {"month 0", "2030-00-01T00:00:00Z", std::nullopt},
      {"month 13", "2030-13-01T00:00:00Z", std::nullopt},
      {"day 0", "2030-01-00T00:00:00Z", std::nullopt},
      {"day 32", "2030-01-32T00:00:00Z", std::nullopt},
      {"30 February", "2030-02-30T00:00:00Z", std::nullopt},
      {"29 February of a plain year", "2030-02-29T00:00:00Z", std::nullopt},
      {"29 February of a plain century", "2100-02-29T00:00:00Z", std::nullopt},
      {"31 April", "2030-04-31T00:00:00Z", std::nullopt},
      {"hour 24", "2030-01-01T24:00:00Z", std::nullopt},
      {"minute 60", "2030-01-01T00:60:00Z", std::nullopt},
      {"second 61", "2016-12-31T23:59:61Z", std::nullopt},
      {"no leap second in the middle of a day", "2016-12-31T12:59:60Z", std::nullopt},
      {"nor at local midnight far away", "2016-12-31T23:59:60+08:00", std::nullopt},
      {"one digit for the day", "2030-01-1T00:00:00Z", std::nullopt},
      {"five digits for the year", "12030-01-01T00:00:00Z", std::nullopt},
      {"signed year", "+2030-01-01T00:00:00Z", std::nullopt},
      {"space in front", " 2030-01-01T00:00:00Z", std::nullopt},
      {"space behind", "2030-01-01T00:00:00Z ", std::nullopt},
      {"line feed behind", "2030-01-01T00:00:00Z\n", std::nullopt},
      {"two zones", "2030-01-01T00:00:00ZZ", std::nullopt},
      {"signed number inside", "2030-01-01T-1:00:00Z", std::nullopt},
  };
  ExpectAll(cases);
}

TEST(Rfc3339, RefusesEveryBeginningOfAnInstant) {
  const std::string_view whole = "2030-01-01T00:00:00.25+01:00";
  ASSERT_TRUE(ParseRfc3339(whole).has_value());
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_FALSE(ParseRfc3339(whole.substr(0, i))) << i;
}

}  // namespace
}  // namespace thalweg
