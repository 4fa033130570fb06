#include "storage/segment.h"

#include <gtest/gtest.h>

#include "storage/segment_test_support.h"
#include "storage/segment_walker.h"

namespace thalweg {
namespace {

constexpr Offset kNoLimit{kOffsetMax};
constexpr size_t kNoBytesMax = SIZE_MAX;

// What can be read of `stream` from `from` on, page by page; what was wrong where it fails.
std::string ReadAll(const Segment& segment, StreamId id, Offset from, Offset limit,
                    size_t bytes_max) {
  std::string all;
  while (from < limit) {
    const auto run = segment.RunAt(id, from);
    if (!run) return run.error().message;
    if (!*run || (*run)->end() <= from) return all;
    const auto stretch = segment.Read(**run, from, limit, {.bytes_max = bytes_max});
    if (!stretch) return stretch.error().message;
    if (!stretch->boundary) return "no boundary";
    all += stretch->bytes.view();
    from = stretch->end;
  }
  return all;
}

TEST(Segment, GivesBackTheBytesAndTheStateOfAStream) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{3}, {50}, {"abc", "de"}, "how it stands"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  EXPECT_EQ(ReadAll(*segment, {3}, {50}, kNoLimit, kNoBytesMax), "abcde");
  EXPECT_EQ(segment->StateOf({3}).value(), "how it stands");
  EXPECT_EQ(segment->BytesOf({3}).value(), 5u);
}

TEST(Segment, ReadsFromBoundariesOnlyAndWholeAppendsUpToALimit) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{3}, {50}, {"abc", "de", "f"}, "s"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  EXPECT_EQ(ReadAll(*segment, {3}, {53}, kNoLimit, kNoBytesMax), "def");
  EXPECT_EQ(ReadAll(*segment, {3}, {50}, {55}, kNoBytesMax), "abcde");
  EXPECT_EQ(ReadAll(*segment, {3}, {50}, kNoLimit, 1), "abcdef") << "one append at a time";
  EXPECT_EQ(ReadAll(*segment, {3}, {51}, kNoLimit, 1), "no boundary");
  EXPECT_EQ(ReadAll(*segment, {3}, {56}, kNoLimit, 1), "") << "behind its end";
}

// Who takes it slowly holds it for long.
TEST(Segment, AShortPartKeepsNotAllOfTheBlockThatWasReadForIt) {
  SegmentTestFolder folder;
  const std::string piece(1'000, 'x');
  const std::vector<TestStream> streams = {
      {{3}, {0}, std::vector<std::string>(60, piece), "state"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  const auto run = segment->RunAt({3}, {0}).value();
  for (const size_t pieces : {1u, 59u}) {
    const auto stretch = segment->Read(*run, {0}, kNoLimit, {.bytes_max = pieces * piece.size()});
    ASSERT_TRUE(stretch);
    EXPECT_EQ(stretch->bytes.size(), pieces * piece.size());
    const auto& kept = *static_cast<const std::string*>(stretch->bytes.owner().get());
    EXPECT_LE(kept.size(), 2 * stretch->bytes.size());
  }
}

TEST(Segment, KnowsNothingOfStreamsThatAreNotThere) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{3}, {50}, {"abc"}, "s"}, {{7}, {0}, {}, "empty"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  for (const uint64_t id : {1, 5, 9}) {
    EXPECT_EQ(segment->StateOf({id}).value(), std::nullopt) << id;
    EXPECT_EQ(segment->BytesOf({id}).value(), 0u) << id;
    EXPECT_EQ(segment->RunAt({id}, {60}).value(), std::nullopt) << id;
  }
  EXPECT_EQ(segment->RunAt({3}, {49}).value(), std::nullopt) << "before its base";
  EXPECT_EQ(segment->StateOf({7}).value(), "empty");
  EXPECT_EQ(segment->BytesOf({7}).value(), 0u);
}

TEST(Segment, FindsStreamsAcrossManyIndexPages) {
  SegmentTestFolder folder;
  std::vector<TestStream> streams;
  for (uint64_t id = 1; id <= 1'000; ++id) {
    streams.push_back({{3 * id}, {id}, {TestText(id % 50 + 1, id)}, std::to_string(id)});
  }
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  EXPECT_GE(segment->pages(), 1'000 / kSegmentRunsPerPage);
  for (const TestStream& stream : streams) {
    EXPECT_EQ(ReadAll(*segment, stream.id, stream.base, kNoLimit, kNoBytesMax), stream.bytes());
    EXPECT_EQ(segment->StateOf(stream.id).value(), stream.state);
    EXPECT_EQ(segment->StateOf({stream.id.value + 1}).value(), std::nullopt);
  }
  EXPECT_TRUE(VerifySegment(segment));
}

TEST(Segment, SplitsAStreamOfManyOrLongAppendsIntoRuns) {
  SegmentTestFolder folder;
  std::vector<TestStream> streams(3);
  streams[0] = {{1}, {0}, std::vector<std::string>(kSegmentRunAppendsMax + 10, "x"), "many"};
  streams[1] = {{2}, {9}, std::vector<std::string>(5, TestText(1'500'000)), "long"};
  streams[2] = {{3}, {0}, {TestText(6'000'000, 1), "end"}, "longer than a run"};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  EXPECT_GT(segment->footer().runs, 5u);
  for (const TestStream& stream : streams) {
    for (const size_t bytes_max : {size_t{100'000}, kNoBytesMax}) {
      EXPECT_EQ(ReadAll(*segment, stream.id, stream.base, kNoLimit, bytes_max), stream.bytes());
    }
    EXPECT_EQ(segment->StateOf(stream.id).value(), stream.state);
    EXPECT_EQ(segment->BytesOf(stream.id).value(), stream.bytes().size());
  }
  EXPECT_TRUE(VerifySegment(segment));
}

TEST(Segment, OfAnotherDirectoryOrNumberOrVersionIsForeign) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{3}, {50}, {"abc"}, "s"}};
  folder.Write(streams);
  SegmentHeader other = TestSegmentHeader();
  other.directory.fill(2);
  EXPECT_EQ(folder.Open(other).error().kind, StorageFault::Kind::kForeign);
  EXPECT_EQ(folder.Open(TestSegmentHeader(2)).error().kind, StorageFault::Kind::kDamage)
      << "there is none";
  folder.SetFileBytes(folder.FileBytes(), 2);
  EXPECT_EQ(folder.Open(TestSegmentHeader(2)).error().kind, StorageFault::Kind::kForeign);
}

// What a damaged file gives is what was written, or a fault; never anything else.
class DamagedSegment {
 public:
  DamagedSegment() { folder_.Write(streams_); }

  std::string bytes() const { return folder_.FileBytes(); }

  // Whether the damage is found by whoever opens and verifies.
  bool IsFound(std::string_view bytes) {
    folder_.SetFileBytes(bytes);
    const auto segment = folder_.Open();
    if (!segment) return true;
    for (const TestStream& stream : streams_) {
      const auto run = (*segment)->RunAt(stream.id, stream.base);
      if (run && *run && stream.base < (*run)->end()) {
        const auto stretch =
            (*segment)->Read(**run, stream.base, kNoLimit, {.bytes_max = kNoBytesMax});
        EXPECT_TRUE(!stretch || stretch->bytes.view() == stream.bytes());
      }
      const auto state = (*segment)->StateOf(stream.id);
      EXPECT_TRUE(!state || !*state || **state == stream.state);
    }
    return !VerifySegment(*segment);
  }

 private:
  const std::vector<TestStream> streams_ = {
      {{3}, {50}, {"abc", "de"}, "state"}, {{4}, {0}, {}, "empty"}, {{9}, {7}, {"xyz"}, "end"}};
  SegmentTestFolder folder_;
};

TEST(Segment, AFlippedBitInAnyByteIsFoundAndNeverServed) {
  DamagedSegment damaged;
  const std::string whole = damaged.bytes();
  ASSERT_FALSE(damaged.IsFound(whole));
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    EXPECT_TRUE(damaged.IsFound(bytes)) << "byte " << at;
  }
}

TEST(Segment, EveryTruncationIsFound) {
  DamagedSegment damaged;
  const std::string whole = damaged.bytes();
  for (size_t size = 0; size < whole.size(); size += size < 100 ? 1 : 7) {
    EXPECT_TRUE(damaged.IsFound(whole.substr(0, size))) << size;
  }
  EXPECT_TRUE(damaged.IsFound(whole + "x"));
}

}  // namespace
}  // namespace thalweg
