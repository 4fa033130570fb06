#include "storage/segment_walker.h"

#include <gtest/gtest.h>

#include "storage/segment_test_support.h"
#include "testing/cold_disk.h"

namespace thalweg {
namespace {

TEST(SegmentWalker, GivesEveryStreamInOrder) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{1}, {0}, {"abc", "de"}, "one"}, {{7}, {9}, {}, "two"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  SegmentWalker walker(segment);
  for (const TestStream& stream : streams) {
    const auto run = walker.Next();
    ASSERT_TRUE(run && *run);
    EXPECT_EQ((*run)->id, stream.id);
    EXPECT_EQ((*run)->base, stream.base);
    const auto content = walker.Read();
    ASSERT_TRUE(content);
    EXPECT_EQ(content->bytes, stream.bytes());
    EXPECT_EQ(content->tables.state, stream.state);
  }
  EXPECT_EQ(walker.Next().value(), std::nullopt);
  EXPECT_TRUE(VerifySegment(segment));
}

// What it tells of what comes from the disk, and how many bytes the next piece has then.
void ExpectRests(const std::shared_ptr<const Segment>& segment, const TestStream& stream,
                 size_t next_bytes, size_t rests_wanted) {
  size_t rests = 0;
  SegmentWalker walker(segment, [&] {
    ++rests;
    return next_bytes;
  });
  ASSERT_TRUE(walker.Next().value());
  const auto content = walker.Read();
  ASSERT_TRUE(content);
  EXPECT_EQ(content->bytes, stream.bytes());
  EXPECT_EQ(rests, rests_wanted);
}

TEST(SegmentWalker, RestsBetweenPiecesThatComeFromTheDisk) {
  SegmentTestFolder folder;
  const TestStream stream{{1}, {0}, std::vector(16, TestText(kPieceBytes / 4)), "state"};
  folder.Write({&stream, 1});
  ColdDisk disk(folder.disk());
  const auto segment = Segment::Open(disk, TestSegmentHeader()).value();
  disk.SetCold(true);
  ExpectRests(segment, stream, kPieceBytes, 5);
  ExpectRests(segment, stream, kPieceBytesInHurry, 2);
  disk.SetCold(false);
  ExpectRests(segment, stream, kPieceBytes, 0);
}

}  // namespace
}  // namespace thalweg
