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

}  // namespace
}  // namespace thalweg
