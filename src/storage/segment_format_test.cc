#include "storage/segment_format.h"

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/crc32c.h"
#include "base/little_endian.h"
#include "storage/stream_filter.h"

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

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) AppendHex(static_cast<uint8_t>(c), hex);
  return hex;
}

const SegmentRun kRun{.id = {3},
                      .base = {50},
                      .position = 64,
                      .bytes = 5,
                      .appends = 2,
                      .state_bytes = 1,
                      .tables_crc = 0};

TEST(SegmentFormat, AHeaderOfAnotherVersionIsToldFromDamage) {
  std::string bytes = EncodeSegmentHeader(SomeHeader());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(DecodeSegmentHeader(flipped).error(), SegmentHeaderFault::kDamaged);
  }
  Put<uint32_t>(bytes.data(), 12, kSegmentVersion + 1);
  Put<uint32_t>(bytes.data(), 0, Crc32c(std::string_view(bytes).substr(4)));
  EXPECT_EQ(DecodeSegmentHeader(bytes).error(), SegmentHeaderFault::kVersion);
}

TEST(SegmentFormat, APageOfRunsThatCannotStandTogetherIsRefused) {
  SegmentRun next = kRun;
  next.id = {4};
  next.position = 200;
  const auto decodes = [](const SegmentRun& first, const SegmentRun& second) {
    return DecodeSegmentPage(EncodeSegmentPage(std::vector{first, second})).has_value();
  };
  ASSERT_TRUE(decodes(kRun, next));
  EXPECT_FALSE(decodes(next, kRun)) << "out of order";
  EXPECT_FALSE(decodes(kRun, kRun)) << "twice";
  SegmentRun overlapping = next;
  overlapping.position = 70;
  EXPECT_FALSE(decodes(kRun, overlapping));
  SegmentRun more = kRun;
  more.base = {55};
  more.position = 200;
  EXPECT_FALSE(decodes(kRun, more)) << "behind a last run";
  SegmentRun first = kRun;
  first.state_bytes = 0;
  EXPECT_TRUE(decodes(first, more));
  more.base = {56};
  EXPECT_FALSE(decodes(first, more)) << "a gap";
  SegmentRun no_id = kRun;
  no_id.id = {};
  SegmentRun in_header = kRun;
  in_header.position = 63;
  SegmentRun more_appends = kRun;
  more_appends.appends = 6;
  SegmentRun no_appends = kRun;
  no_appends.appends = 0;
  for (const SegmentRun& bad : {no_id, in_header, more_appends, no_appends}) {
    EXPECT_FALSE(DecodeSegmentPage(EncodeSegmentPage(std::vector{bad})));
  }
}

TEST(SegmentFormat, TablesThatDoNotFitTheirRunAreRefused) {
  const auto decode = [](const RunTables& tables) {
    std::string bytes;
    EncodeRunTables(tables, bytes);
    SegmentRun run = kRun;
    run.tables_crc = Crc32c(bytes);
    return DecodeRunTables(bytes, run).has_value();
  };
  EXPECT_TRUE(decode({.block_crcs = {7}, .ends = {3, 5}, .state = "s"}));
  EXPECT_FALSE(decode({.block_crcs = {7}, .ends = {3, 4}, .state = "s"}));
  EXPECT_FALSE(decode({.block_crcs = {7}, .ends = {5, 5}, .state = "s"}));
  EXPECT_FALSE(decode({.block_crcs = {7}, .ends = {0, 5}, .state = "s"}));
  EXPECT_FALSE(decode({.block_crcs = {7}, .ends = {3, 5}, .state = "st"}));
}

// The example of docs/formats/segment.md.
TEST(SegmentFormat, TheDocumentedExample) {
  SegmentHeader header{.directory = {}, .number = 1};
  header.directory.fill(0xab);
  EXPECT_EQ(Hex(EncodeSegmentHeader(header)),
            "31239c5d544857472d53454701000000abababababababababababababababab0100000000000000000000"
            "000000000000000000000000000000000000000000");
  std::string tables;
  EncodeRunTables({.block_crcs = {Crc32c("abcde")}, .ends = {3, 5}, .state = "s"}, tables);
  EXPECT_EQ(Hex(tables), "97d650c4030000000500000073");
  SegmentRun run = kRun;
  run.tables_crc = Crc32c(tables);
  EXPECT_EQ(Hex(EncodeSegmentPage(std::vector{run}).substr(0, 48)),
            "84629f63010000000300000000000000320000000000000040000000000000000500000002000000010000"
            "0022945ecf");
  EXPECT_EQ(Hex(EncodeSegmentFence(
                std::vector<SegmentFencePost>{{.id = {3}, .base = {50}, .page_at = 82}})),
            "030000000000000032000000000000005200000000000000");
  const std::string filter = BuildStreamFilter(std::vector<StreamId>{{3}});
  EXPECT_EQ(Hex(filter), "04c0001800012000");
}

}  // namespace
}  // namespace thalweg
