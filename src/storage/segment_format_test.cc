#include "storage/segment_format.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

SegmentHeader SomeHeader() {
  SegmentHeader header{.directory = {}, .number = 0x1122334455667788};
  for (size_t i = 0; i < header.directory.size(); ++i) {
    header.directory[i] = static_cast<uint8_t>(i);
  }
  return header;
}

TEST(SegmentFormat, AHeaderComesBack) {
  const std::string bytes = EncodeSegmentHeader(SomeHeader());
  EXPECT_EQ(bytes.size(), kSegmentHeaderBytes);
  EXPECT_EQ(DecodeSegmentHeader(bytes), SomeHeader());
}

}  // namespace
}  // namespace thalweg
