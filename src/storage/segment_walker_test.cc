#include "storage/segment_walker.h"

#include <gtest/gtest.h>

#include "storage/segment_test_folder.h"

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
                 size_t next_bytes, size_t rests_min, size_t rests_max) {
  size_t rests = 0;
  SegmentWalker walker(segment, [&] {
    ++rests;
    return next_bytes;
  });
  ASSERT_TRUE(walker.Next().value());
  const auto content = walker.Read();
  ASSERT_TRUE(content);
  EXPECT_EQ(content->bytes, stream.bytes());
  EXPECT_GE(rests, rests_min);
  EXPECT_LE(rests, rests_max);
}

// Its end is in memory perhaps, with the index.
TEST(SegmentWalker, RestsBetweenPiecesThatComeFromTheDisk) {
  SegmentTestFolder folder;
  const TestStream stream{{1}, {0}, std::vector(16, TestText(kPieceBytes / 4)), "state"};
  const auto segment = folder.WriteAndOpen({&stream, 1});
  ASSERT_TRUE(segment);
  if (!folder.DropFromMemory()) GTEST_SKIP() << "the test's folder is not on a disk";
  ExpectRests(segment, stream, kPieceBytes, 4, 5);
  ExpectRests(segment, stream, kPieceBytes, 0, 0);
  ASSERT_TRUE(folder.DropFromMemory());
  ExpectRests(segment, stream, kPieceBytesInHurry, 2, 2);
}

}  // namespace
}  // namespace thalweg
