#include "http/query.h"

#include <gtest/gtest.h>

#include "http/problem_codes.h"

namespace thalweg {
namespace {

using Kind = ReadFrom::Kind;

TEST(ReadQuery, UnderstandsTheProtocolsParameters) {
  struct Case {
    const char* why;
    const char* query;
    Kind kind;
    uint64_t offset;
    LiveMode live;
    std::optional<uint64_t> cursor;
  };
  const Case cases[] = {
      {"nothing", "", Kind::kStart, 0, LiveMode::kNone, {}},
      {"start", "offset=-1", Kind::kStart, 0, LiveMode::kNone, {}},
      {"tail", "offset=now", Kind::kTail, 0, LiveMode::kNone, {}},
      {"an offset",
       "offset=0000000000000000_0000000000000042",
       Kind::kOffset,
       42,
       LiveMode::kNone,
       {}},
      {"encoded name", "off%73et=now", Kind::kTail, 0, LiveMode::kNone, {}},
      {"encoded value", "offset=%2D1", Kind::kStart, 0, LiveMode::kNone, {}},
      {"long-poll", "live=long-poll&offset=-1", Kind::kStart, 0, LiveMode::kLongPoll, {}},
      {"sse with cursor", "cursor=17&live=sse&offset=now", Kind::kTail, 0, LiveMode::kSse, 17},
      {"an invalid cursor is as good as none", "cursor=1x", Kind::kStart, 0, LiveMode::kNone, {}},
      {"unknown parameters", "x=1&&y&offset=now&x=2&=", Kind::kTail, 0, LiveMode::kNone, {}},
      {"unknown parameters may be malformed", "x=%zz&%=1", Kind::kStart, 0, LiveMode::kNone, {}},
      {"names know case", "OFFSET=junk", Kind::kStart, 0, LiveMode::kNone, {}},
  };
  for (const Case& c : cases) {
    const auto query = ParseReadQuery(c.query);
    ASSERT_TRUE(query) << c.why;
    EXPECT_EQ(query->from.kind, c.kind) << c.why;
    EXPECT_EQ(query->from.offset.value, c.offset) << c.why;
    EXPECT_EQ(query->live, c.live) << c.why;
    EXPECT_EQ(query->cursor, c.cursor) << c.why;
  }
}

TEST(ReadQuery, RefusesWhatIsMalformed) {
  struct Case {
    const char* why;
    const char* query;
    const Problem* want;
  };
  const Case cases[] = {
      {"empty offset", "offset=", &kBadOffset},
      {"no value", "offset", &kBadOffset},
      {"case", "offset=NOW", &kBadOffset},
      {"short form", "offset=0_10", &kBadOffset},
      {"plus is a plus", "offset=+now", &kBadOffset},
      {"line feed behind", "offset=-1%0A", &kBadOffset},
      {"NUL", "offset=-1%00", &kBadOffset},
      {"path", "offset=..%2F..%2Fetc", &kBadOffset},
      {"comma", "offset=-1,-1", &kBadOffset},
      {"repeated, even alike", "offset=-1&offset=-1", &kBadQuery},
      {"repeated in disguise", "offset=-1&%6fffset=-1", &kBadQuery},
      {"repeated live", "offset=-1&live=sse&live=sse", &kBadQuery},
      {"repeated cursor", "cursor=1&cursor=1", &kBadQuery},
      {"malformed encoding", "offset=%z1", &kBadQuery},
      {"unknown live", "offset=-1&live=SSE", &kBadLiveMode},
      {"empty live", "offset=-1&live=", &kBadLiveMode},
      {"live without offset", "live=long-poll", &kOffsetMissing},
  };
  for (const Case& c : cases) {
    const auto query = ParseReadQuery(c.query);
    ASSERT_FALSE(query) << c.why;
    EXPECT_EQ(query.error().problem, c.want) << c.why;
  }
}

}  // namespace
}  // namespace thalweg
