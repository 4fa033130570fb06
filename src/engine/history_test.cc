#include "engine/history.h"

#include <gtest/gtest.h>

#include "testing/door.h"
#include "testing/manual_clock.h"

namespace thalweg {
namespace {

// Of streams that are in memory alone.
std::optional<Stretch> Read(const StreamHandle& stream, uint64_t from, uint64_t limit,
                            size_t bytes_max) {
  auto read = ReadHistory(nullptr, stream, Offset{from}, Offset{limit}, {.bytes_max = bytes_max});
  EXPECT_TRUE(read);
  return read ? *std::move(read) : std::nullopt;
}

std::string TextOf(const Stretch& stretch) {
  std::string text;
  for (const Bytes& part : stretch.parts) text += part.view();
  return text;
}

class HistoryTest : public testing::Test {
 protected:
  // "/c" forks "/b" below the place where "/b" forks "/a": it inherits from "/a" alone.
  HistoryTest() {
    engine_->Create(NewStream("/a", kBytesType, "aa"));
    engine_->Append("/a", NewAppend("AA"));
    engine_->Create(NewFork("/b", "/a"));
    engine_->Append("/b", NewAppend("bb"));
    engine_->Create(NewFork("/c", "/b", 2));
    engine_->Append("/c", NewAppend("cc"));
  }
  StreamHandle HandleOf(std::string_view path) { return engine_->Describe(path).stream; }

  ManualClock clock_;
  EnginePtr engine_ = OpenMemoryEngine(clock_, EngineOptions{.partitions = 2});
};

TEST_F(HistoryTest, IsReadFromWhoeverOwnsIt) {
  struct Case {
    const char* why;
    const char* path;
    uint64_t from, limit;
    size_t bytes_max;
    const char* text;
  };
  const Case cases[] = {
      {"own bytes only", "/b", 4, 6, 100, "bb"},
      {"inherited, then own", "/b", 0, 6, 100, "aaAAbb"},
      {"a page that ends in the source", "/b", 0, 6, 3, "aa"},
      {"a page that ends where the fork begins", "/b", 0, 6, 4, "aaAA"},
      {"at least one append", "/b", 2, 6, 0, "AA"},
      {"past a source that gave nothing", "/c", 0, 4, 100, "aacc"},
      {"nothing", "/c", 0, 0, 100, ""},
  };
  for (const Case& c : cases) {
    const auto stretch = Read(HandleOf(c.path), c.from, c.limit, c.bytes_max);
    ASSERT_TRUE(stretch.has_value()) << c.why;
    EXPECT_EQ(TextOf(*stretch), c.text) << c.why;
    EXPECT_EQ(stretch->end.value, c.from + TextOf(*stretch).size()) << c.why;
  }
}

TEST_F(HistoryTest, SaysWhereAnAppendIsCut) {
  EXPECT_FALSE(Read(HandleOf("/c"), 1, 4, 100)->boundary);
  EXPECT_FALSE(Read(HandleOf("/c"), 3, 4, 100)->boundary);
}

TEST_F(HistoryTest, GivesALongAppendInPartsToWhoAsksForThem) {
  engine_->Create(NewStream("/long", kBytesType, "a"));
  engine_->Append("/long", NewAppend("bcdefgh"));
  engine_->Create(NewFork("/fork", "/long"));
  engine_->Append("/fork", NewAppend("ij"));
  const StreamHandle fork = HandleOf("/fork");
  std::vector<std::string> parts;
  StretchRequest request{.bytes_max = 2, .part_bytes_max = 3};
  for (Offset at; at < Offset{10};) {
    const auto read = ReadHistory(nullptr, fork, at, Offset{10}, request);
    ASSERT_TRUE(read && *read && (*read)->boundary && at < (*read)->end);
    parts.push_back(TextOf(**read) + ((*read)->ends_inside ? ".." : ""));
    at = (*read)->end;
    request.from_inside = (*read)->ends_inside;
  }
  EXPECT_EQ(parts, (std::vector<std::string>{"a", "bcd..", "efg..", "h", "ij"}));
}

TEST_F(HistoryTest, OfAStreamThatVanishedIsNotReadAtAll) {
  const StreamHandle stream = HandleOf("/c");
  engine_->Remove("/c");
  EXPECT_FALSE(Read(stream, 0, 4, 100).has_value());
}

}  // namespace
}  // namespace thalweg
