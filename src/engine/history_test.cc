#include "engine/history.h"

#include <gtest/gtest.h>

#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

struct Result {
  HistoryVerdict verdict = HistoryVerdict::kRead;
  Page page;

  std::string Text() const {
    std::string text;
    for (const Bytes& part : page.parts) text += part.view();
    return text;
  }
};

// Of streams that are in memory alone.
Result Read(const StreamHandle& stream, uint64_t from, uint64_t limit, const PageRequest& request) {
  Result result;
  result.page.start = Offset{from};
  const auto verdict = ReadHistory(nullptr, stream, Offset{limit}, request, result.page);
  EXPECT_TRUE(verdict);
  if (verdict) result.verdict = *verdict;
  return result;
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
    const Result read = Read(HandleOf(c.path), c.from, c.limit, {.bytes_max = c.bytes_max});
    EXPECT_EQ(read.verdict, HistoryVerdict::kRead) << c.why;
    EXPECT_EQ(read.Text(), c.text) << c.why;
    EXPECT_EQ(read.page.size(), read.Text().size()) << c.why;
  }
}

TEST_F(HistoryTest, SaysWhereAnAppendIsCut) {
  for (const uint64_t from : {1, 3}) {
    const Result read = Read(HandleOf("/c"), from, 4, {.bytes_max = 100});
    EXPECT_EQ(read.verdict, HistoryVerdict::kNotABoundary) << from;
  }
}

TEST_F(HistoryTest, GivesALongAppendInPartsToWhoAsksForThem) {
  engine_->Create(NewStream("/long", kBytesType, "a"));
  engine_->Append("/long", NewAppend("bcdefgh"));
  engine_->Create(NewFork("/fork", "/long"));
  engine_->Append("/fork", NewAppend("ij"));
  const StreamHandle fork = HandleOf("/fork");
  std::vector<std::string> parts;
  PageRequest request{.bytes_max = 2, .part_bytes_max = 3};
  for (Offset at; at < Offset{10};) {
    const Result read = Read(fork, at.value, 10, request);
    ASSERT_TRUE(read.verdict == HistoryVerdict::kRead && read.page.size() != 0);
    parts.push_back(read.Text() + (read.page.ends_inside ? ".." : ""));
    at = read.page.end;
    request.from_inside = read.page.ends_inside;
  }
  EXPECT_EQ(parts, (std::vector<std::string>{"a", "bcd..", "efg..", "h", "ij"}));
}

TEST_F(HistoryTest, OfAStreamThatVanishedIsNotReadAtAll) {
  const StreamHandle stream = HandleOf("/c");
  engine_->Remove("/c");
  EXPECT_EQ(Read(stream, 0, 4, {.bytes_max = 100}).verdict, HistoryVerdict::kVanished);
}

// Each is the last one's fork and has a byte of its own.
TEST(StoredHistory, APageEndsBehindSoManyStreams) {
  StoredEngine stored;
  stored.engine().Create(NewStream("/0", kBytesType, "x"));
  for (int i = 1; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i), source = "/" + std::to_string(i - 1);
    ASSERT_EQ(stored.engine().Create(NewFork(path, source)).verdict, CreateVerdict::kCreated);
    stored.Write(path, "x");
  }
  EXPECT_EQ(stored.engine().Read("/99", FromOffset(0), 1'000).page.size(), 100u);
  stored.CheckpointAndEvict();
  const ReadOutcome first = stored.engine().Read("/99", FromOffset(0), 1'000);
  EXPECT_EQ(first.page.size(), 64u);
  EXPECT_FALSE(first.page.at_tail);
  const ReadOutcome second = stored.engine().Read("/99", FromOffset(64), 1'000);
  EXPECT_EQ(second.page.size(), 36u);
  EXPECT_TRUE(second.page.at_tail);
}

}  // namespace
}  // namespace thalweg
