#include "storage/segment_writer.h"

#include <gtest/gtest.h>

#include "storage/segment_test_support.h"

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
  const auto pieces = [&](size_t append_bytes, size_t next_bytes) {
    const std::string append(append_bytes, 'x');
    SegmentTestFolder folder;
    size_t called = 0;
    const auto writer = folder.Create(1, [&] {
      ++called;
      return next_bytes;
    });
    writer->Begin({1}, {0});
    const uint32_t end = static_cast<uint32_t>(append.size());
    for (size_t done = 0; done < 16 * kPieceBytes; done += append.size()) {
      EXPECT_TRUE(writer->Append(append, {&end, 1}));
    }
    EXPECT_TRUE(writer->End("state"));
    EXPECT_TRUE(writer->Finish());
    return called;
  };
  for (const size_t append_bytes : {kPieceBytes / 4, 16 * kPieceBytes}) {
    EXPECT_EQ(pieces(append_bytes, kPieceBytes), 16U);
    EXPECT_EQ(pieces(append_bytes, 5 * kPieceBytes), 1U + 15 / 5);
  }
}

TEST(SegmentWriter, WritesTheSameInPiecesOfAnyLength) {
  const auto written = [](const std::vector<size_t>& piece_bytes) {
    SegmentTestFolder folder;
    size_t pieces = 0;
    const auto writer =
        folder.Create(1, [&] { return piece_bytes[++pieces % piece_bytes.size()]; });
    for (uint64_t id = 1; id <= 100; ++id) {
      const std::string append(100'000 + id, static_cast<char>('a' + id % 26));
      const uint32_t end = static_cast<uint32_t>(append.size());
      writer->Begin({id}, {0});
      EXPECT_TRUE(writer->Append(append, {&end, 1}));
      EXPECT_TRUE(writer->End("state"));
    }
    EXPECT_TRUE(writer->Finish());
    return folder.FileBytes();
  };
  const std::string bytes = written({kPieceBytes});
  EXPECT_GT(bytes.size(), 2 * kPieceBytesInHurry);
  EXPECT_TRUE(written({kPieceBytesInHurry}) == bytes);
  EXPECT_TRUE(written({kPieceBytes, kPieceBytesInHurry, kPieceBytesInHurry}) == bytes);
}

}  // namespace
}  // namespace thalweg
