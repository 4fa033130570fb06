#include "http/cursor.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace thalweg {
namespace {

constexpr CursorOptions kOptions;

int64_t WallOf(int64_t seconds) { return kOptions.epoch_ms + seconds * 1000; }

TEST(Cursor, CountsWholeIntervalsSinceTheEpoch) {
  struct Case {
    const char* why;
    int64_t wall_ms;
    uint64_t want;
  };
  const Case cases[] = {
      {"long before the epoch", 0, 0},
      {"at the epoch", WallOf(0), 0},
      {"just before the first interval ends", WallOf(20) - 1, 0},
      {"the first interval has ended", WallOf(20), 1},
      {"a day", WallOf(86'400), 4320},
  };
  for (const Case& c : cases) EXPECT_EQ(CurrentCursor(kOptions, c.wall_ms), c.want) << c.why;
}

TEST(Cursor, ReadsOnlyDecimalDigitsThatLeaveRoomForJitter) {
  struct Case {
    const char* why;
    std::string text;
    std::optional<uint64_t> want;
  };
  const Case cases[] = {
      {"a number", "1234", 1234},
      {"zero", "0", 0},
      {"leading zeros", "0007", 7},
      {"nothing", "", {}},
      {"a sign", "-5", {}},
      {"a plus", "+5", {}},
      {"letters behind", "12abc", {}},
      {"white space", " 12", {}},
      {"a fraction", "1.5", {}},
      {"too large for 64 bits", "99999999999999999999", {}},
      {"no room above", std::to_string(std::numeric_limits<uint64_t>::max()), {}},
  };
  for (const Case& c : cases) EXPECT_EQ(ParseCursor(c.text), c.want) << c.why;
}

TEST(Cursor, AnswersTheCurrentOneOrExceedsTheClients) {
  struct Case {
    const char* why;
    std::optional<uint64_t> client;
    uint64_t dice;
    uint64_t want;
  };
  const int64_t wall_ms = WallOf(2000);  // cursor 100
  const Case cases[] = {
      {"none sent", {}, 5, 100},
      {"an older one", 99, 5, 100},
      {"the same, least jitter of 1 s is one interval", 100, 0, 101},
      {"the same, 20 s is still one interval", 100, 19, 101},
      {"the same, 21 s makes two", 100, 20, 102},
      {"the same, an hour", 100, 3599, 280},
      {"dice wrap around", 100, 3600, 101},
      {"one in the future grows too", 5000, 0, 5001},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(NextCursor(kOptions, wall_ms, c.client, c.dice), c.want) << c.why;
  }
}

TEST(Cursor, ExceedsTheLargestCursorThatParses) {
  const uint64_t largest = std::numeric_limits<uint64_t>::max() - 3600;
  ASSERT_EQ(ParseCursor(std::to_string(largest)), largest);
  EXPECT_FALSE(ParseCursor(std::to_string(largest + 1)));
  const CursorOptions options{.interval_s = 1};
  EXPECT_GT(NextCursor(options, WallOf(0), largest, 3599), largest);
}

TEST(Cursor, TakesNonsenseForTheNearestSense) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const int64_t interval_s : {int64_t{0}, int64_t{-1}, kMin}) {
    EXPECT_EQ(CurrentCursor({.interval_s = interval_s}, WallOf(7)), 7u) << interval_s;
    EXPECT_EQ(NextCursor({.interval_s = interval_s}, WallOf(7), 7, 0), 8u) << interval_s;
  }
  EXPECT_EQ(CurrentCursor({.interval_s = kMax}, WallOf(7)), 0u);
  EXPECT_EQ(NextCursor({.interval_s = kMax}, WallOf(7), 5, 3599), 6u);
  EXPECT_EQ(CurrentCursor({.epoch_ms = kMax}, WallOf(7)), 0u);
  EXPECT_EQ(CurrentCursor({.interval_s = 1, .epoch_ms = kMin}, kMax), 18'446'744'073'709'551u);
}

TEST(PublicCursor, IsTheSameAsText) {
  const int64_t wall_ms = WallOf(2000);  // cursor 100
  EXPECT_EQ(CalculateCursor(wall_ms), "100");
  EXPECT_EQ(CalculateCursor(0), "0") << "before the epoch";
  EXPECT_EQ(CalculateCursor(wall_ms, {.interval_s = 10}), "200");
  struct Case {
    const char* why;
    std::optional<std::string_view> client;
    const char* want;
  };
  const Case cases[] = {
      {"none", {}, "100"},        {"not a number", "x", "100"},  {"an older one", "99", "100"},
      {"the same", "100", "102"}, {"a later one", "150", "152"}, {"empty", "", "100"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(GenerateResponseCursor(c.client, wall_ms, 20), c.want) << c.why;
    if (!c.client) continue;
    EXPECT_EQ(HandleCursorCollision(*c.client, wall_ms, 20), c.want) << c.why;
  }
}

}  // namespace
}  // namespace thalweg
