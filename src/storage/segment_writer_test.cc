#include "storage/segment_writer.h"

#include <gtest/gtest.h>

#include "storage/segment_test_folder.h"

namespace thalweg {
namespace {

TEST(SegmentWriter, CountsWhatItWrote) {
  SegmentTestFolder folder;
  const std::vector<TestStream> streams = {{{1}, {0}, {"abc", "de"}}, {{7}, {100}, {"f"}}};
  const SegmentFooter footer = folder.Write(streams);
  EXPECT_EQ(footer.header, TestSegmentHeader());
  EXPECT_EQ(footer.streams, 2u);
  EXPECT_EQ(footer.runs, 2u);
  EXPECT_EQ(footer.data_bytes, 6u);
  EXPECT_EQ(footer.file_bytes(), folder.FileBytes().size());
}

TEST(SegmentWriter, WritesPiecesAsLongAsItIsToldTo) {
  constexpr size_t kAppends = 64;
  const std::string append(kPieceBytes / 4, 'x');
  const auto pieces = [&](size_t next_bytes) {
    SegmentTestFolder folder;
    size_t called = 0;
    const auto writer = folder.Create(1, [&] {
      ++called;
      return next_bytes;
    });
    writer->Begin({1}, {0});
    const uint32_t end = static_cast<uint32_t>(append.size());
    for (size_t i = 0; i < kAppends; ++i) EXPECT_TRUE(writer->Append(append, {&end, 1}));
    EXPECT_TRUE(writer->End("state"));
    EXPECT_TRUE(writer->Finish());
    return called;
  };
  EXPECT_NEAR(pieces(kPieceBytes), 16, 1);
  EXPECT_NEAR(pieces(5 * kPieceBytes), 1 + 15 / 5, 1);
}

}  // namespace
}  // namespace thalweg
