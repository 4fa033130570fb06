#include "http/cursor.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace thalweg {
namespace {

constexpr CursorRule kRule;

int64_t WallOf(int64_t seconds) { return kRule.epoch_ms + seconds * 1000; }

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
  for (const Case& c : cases) EXPECT_EQ(CurrentCursor(kRule, c.wall_ms), c.want) << c.why;
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
    EXPECT_EQ(NextCursor(kRule, wall_ms, c.client, c.dice), c.want) << c.why;
  }
}

TEST(Cursor, ExceedsTheLargestCursorThatParses) {
  const uint64_t largest = std::numeric_limits<uint64_t>::max() - 3600;
  ASSERT_EQ(ParseCursor(std::to_string(largest)), largest);
  EXPECT_FALSE(ParseCursor(std::to_string(largest + 1)));
  const CursorRule rule{.interval_s = 1, .epoch_ms = kRule.epoch_ms};
  EXPECT_GT(NextCursor(rule, WallOf(0), largest, 3599), largest);
}

}  // namespace
}  // namespace thalweg
