#include "stream/expiry.h"

#include <gtest/gtest.h>

#include <limits>

namespace thalweg {
namespace {

constexpr int64_t kLastMoment = std::numeric_limits<int64_t>::max();

Expiry Ttl(uint64_t seconds) { return {.kind = Expiry::Kind::kTtl, .ttl_s = seconds}; }
Expiry At(int64_t ms, const char* text = "") {
  return {.kind = Expiry::Kind::kAt, .at_ms = ms, .at_text = text};
}

// Protocol 5.1: a non-negative integer in decimal, without leading zeros, signs, points, exponents.
TEST(Ttl, IsReadStrictly) {
  struct Case {
    const char* why;
    std::string_view text;
    std::optional<uint64_t> want;
  };
  const Case cases[] = {
      {"the protocol's example", "3600", 3600},
      {"zero ends at once", "0", 0},
      {"one digit", "7", 7},
      {"the largest", "9007199254740991", kTtlSecondsMax},
      {"one more than the largest", "9007199254740992", std::nullopt},
      {"what would wrap around 64 bits", "18446744073709551617", std::nullopt},
      {"very many digits", "99999999999999999999999", std::nullopt},
      {"empty", "", std::nullopt},
      {"plus", "+3600", std::nullopt},
      {"minus", "-1", std::nullopt},
      {"leading zero", "03600", std::nullopt},
      {"two zeros", "00", std::nullopt},
      {"decimal point", "3600.0", std::nullopt},
      {"exponent", "3.6e3", std::nullopt},
      {"space in front", " 1", std::nullopt},
      {"space behind", "1 ", std::nullopt},
      {"a joined list", "1, 2", std::nullopt},
      {"hexadecimal", "0x10", std::nullopt},
      {"letters", "abc", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseTtl(c.text), c.want) << c.why;
}

TEST(Expiry, IsComparedByWhatItMeans) {
  EXPECT_EQ(Ttl(5), Ttl(5));
  EXPECT_NE(Ttl(5), Ttl(6));
  EXPECT_NE(Ttl(0), Expiry{});
  EXPECT_NE(Ttl(5), At(5));
  EXPECT_EQ(At(1000, "1970-01-01T00:00:01Z"), At(1000, "1970-01-01T00:00:01.000Z"));
  EXPECT_NE(At(1000), At(1001));
  EXPECT_EQ(Expiry{}, Expiry{});
}

TEST(Expiry, EndsAStreamWhenItsTimeHasCome) {
  struct Case {
    const char* why;
    Expiry expiry;
    int64_t accessed;
    Moment now;
    std::optional<int64_t> rest;
  };
  const Case cases[] = {
      {"without expiry a stream stays", {}, 0, {kLastMoment, kLastMoment}, std::nullopt},
      {"the window is open", Ttl(2), 1000, {0, 1500}, 1500},
      {"its last millisecond", Ttl(2), 1000, {0, 2999}, 1},
      {"it closes to the millisecond", Ttl(2), 1000, {0, 3000}, 0},
      {"long after", Ttl(2), 1000, {0, 900'000}, 0},
      {"a window ignores the wall clock", Ttl(2), 1000, {kLastMoment, 1000}, 2000},
      {"zero ends at once", Ttl(0), 1000, {0, 1000}, 0},
      {"a clock that starts below zero", Ttl(2), -5000, {0, -4000}, 1000},
      {"the longest window lasts", Ttl(kTtlSecondsMax), 1000, {0, 2000}, 9007199254740990000},
      {"even from the end of time", Ttl(kTtlSecondsMax), kLastMoment - 1, {0, 0}, kLastMoment},
      {"more seconds than the clock can count",
       Ttl(std::numeric_limits<uint64_t>::max()),
       0,
       {0, 5},
       kLastMoment - 5},
      {"before the instant", At(5000), 0, {4000, 0}, 1000},
      {"at the instant", At(5000), 0, {5000, 0}, 0},
      {"an instant in the past ends at once", At(-5), 0, {5000, 0}, 0},
      {"use does not move an instant", At(5000), 4999, {5000, 4999}, 0},
      {"an instant ignores the steady clock", At(5000), 0, {4999, kLastMoment}, 1},
      {"a rest too long to count", At(kLastMoment), 0, {-9, 0}, kLastMoment},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ExpiresInMs(c.expiry, c.accessed, c.now), c.rest) << c.why;
    EXPECT_EQ(IsExpired(c.expiry, c.accessed, c.now), c.rest == 0) << c.why;
  }
}

TEST(Expiry, AUseIsRecordedAgainAfterAnEighthOfTheWindow) {
  EXPECT_FALSE(TouchIsDue(Ttl(8), 1000, {0, 1000}));
  EXPECT_FALSE(TouchIsDue(Ttl(8), 1000, {0, 1999}));
  EXPECT_TRUE(TouchIsDue(Ttl(8), 1000, {0, 2000}));
  EXPECT_FALSE(TouchIsDue(At(5000), 0, {0, kLastMoment})) << "an instant does not slide";
  EXPECT_FALSE(TouchIsDue({}, 0, {0, kLastMoment})) << "nothing to keep alive";
  EXPECT_EQ(TouchInMs(Ttl(8), 1000, {0, 1400}), 600);
  EXPECT_EQ(TouchInMs(Ttl(8), 1000, {0, 2500}), 0);
  EXPECT_EQ(TouchInMs(Ttl(kTtlSecondsMax), 0, {0, 0}), kTtlSecondsMax * 1000 / 8);
  EXPECT_EQ(TouchInMs(At(5000), 0, {0, 0}), std::nullopt);
}

}  // namespace
}  // namespace thalweg
