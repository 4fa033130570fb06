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

}  // namespace
}  // namespace thalweg
