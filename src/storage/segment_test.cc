#include "storage/segment.h"

#include <gtest/gtest.h>

#include "storage/segment_test_folder.h"

namespace thalweg {
namespace {

constexpr Offset kNoLimit{kOffsetMax};
constexpr size_t kNoBytesMax = SIZE_MAX;

TEST(Segment, GivesBackTheBytesAndTheStateOfAStream) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{3}, {50}, {"abc", "de"}, "how it stands"}};
  const auto segment = folder.WriteAndOpen(streams);
  ASSERT_TRUE(segment);
  const auto run = segment->RunAt({3}, {50});
  ASSERT_TRUE(run && *run);
  const auto stretch = segment->Read(**run, {50}, kNoLimit, kNoBytesMax);
  ASSERT_TRUE(stretch && stretch->boundary);
  EXPECT_EQ(stretch->bytes.view(), "abcde");
  EXPECT_EQ(stretch->end, Offset{55});
  EXPECT_EQ(segment->StateOf({3}).value(), "how it stands");
  EXPECT_EQ(segment->BytesOf({3}).value(), 5u);
}

}  // namespace
}  // namespace thalweg
