#include "storage/log_format.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

LogFileHeader SomeHeader() {
  LogFileHeader header;
  for (size_t i = 0; i < header.directory.size(); ++i) {
    header.directory[i] = static_cast<uint8_t>(i);
  }
  header.number = 2;
  header.salt = 0x1122334455667788;
  header.first = {41};
  header.crc_before = 0xaabbccdd;
  return header;
}

// A block of the records given, and its head.
std::pair<std::string, LogBlockHead> BlockOf(const std::vector<std::string>& records) {
  std::string block(kLogBlockHeadBytes, '\0');
  for (const std::string& record : records) {
    const size_t length_at = block.size();
    block.append(kLogRecordHeadBytes, '\0').append(record);
    SetLogRecordLength(block, length_at);
  }
  const LogBlockHead head{.salt = 7,
                          .payload_bytes = static_cast<uint32_t>(block.size() - kLogBlockHeadBytes),
                          .record_count = static_cast<uint32_t>(records.size()),
                          .first = {10},
                          .durable = {9},
                          .crc_before = 5};
  SealLogBlock(head, block);
  return {block, head};
}

TEST(LogFormat, AFileHeaderComesBack) {
  const std::string page = EncodeLogFileHeader(SomeHeader());
  EXPECT_EQ(page.size(), kLogPageBytes);
  EXPECT_EQ(DecodeLogFileHeader(page), SomeHeader());
}

TEST(LogFormat, AFileHeaderWithAnyByteFlippedIsRefused) {
  std::string page = EncodeLogFileHeader(SomeHeader());
  for (size_t i = 0; i < 64; ++i) {
    page[i] ^= 0x10;
    EXPECT_FALSE(DecodeLogFileHeader(page)) << "byte " << i;
    page[i] ^= 0x10;
  }
}

// The example of docs/formats/log.md.
TEST(LogFormat, ASealIsAsDocumentedAndComesBack) {
  const LogSeal seal{.salt = 0x1122334455667788, .next = 2, .first = {5}, .crc_before = 0xaabbccdd};
  const std::string page = EncodeLogSeal(seal);
  EXPECT_EQ(page.size(), kLogPageBytes);
  EXPECT_EQ(page.substr(0, 36), std::string("TWLS\xb2\x76\x57\xd9\x88\x77\x66\x55\x44\x33\x22\x11"
                                            "\x02\x00\x00\x00\x00\x00\x00\x00"
                                            "\x05\x00\x00\x00\x00\x00\x00\x00\xdd\xcc\xbb\xaa",
                                            36));
  EXPECT_EQ(page.substr(36), std::string(kLogPageBytes - 36, '\0'));
  EXPECT_EQ(DecodeLogSeal(page), seal);
}

TEST(LogFormat, ASealWithAnyByteFlippedOrMissingIsNone) {
  std::string page = EncodeLogSeal({.salt = 7, .next = 2, .first = {5}, .crc_before = 1});
  for (size_t i = 0; i < kLogSealBytes; ++i) {
    EXPECT_EQ(DecodeLogSeal(std::string_view(page).substr(0, i)), std::nullopt) << i;
    page[i] ^= 0x10;
    EXPECT_EQ(DecodeLogSeal(page), std::nullopt) << "byte " << i;
    page[i] ^= 0x10;
  }
}

TEST(LogFormat, WhatWasMadeAheadOrIsCutHasNoHeader) {
  for (const std::string& page :
       {std::string(kLogPageBytes, '\0'), std::string(), std::string("THWG")}) {
    EXPECT_EQ(DecodeLogFileHeader(page), std::unexpected(LogHeaderFault::kTorn));
  }
}

TEST(LogFormat, ABlockComesBackRecordByRecord) {
  const auto [block, head] = BlockOf({"one", "", std::string(5000, 'x')});
  EXPECT_EQ(block.size(), 2 * kLogPageBytes);
  EXPECT_EQ(DecodeLogBlockHead(block, 7), head);
  EXPECT_TRUE(LogBlockCrc(block, head));
  std::string_view payload(block);
  payload = payload.substr(kLogBlockHeadBytes, head.payload_bytes);
  EXPECT_EQ(TakeLogRecord(payload), "one");
  EXPECT_EQ(TakeLogRecord(payload), "");
  EXPECT_EQ(TakeLogRecord(payload), std::string(5000, 'x'));
  EXPECT_EQ(TakeLogRecord(payload), std::nullopt);
}

TEST(LogFormat, ABlockOfAnotherSaltIsNotSeen) {
  EXPECT_FALSE(DecodeLogBlockHead(BlockOf({"a"}).first, 8));
}

TEST(LogFormat, ABlockWithAnyByteFlippedIsRefused) {
  auto [block, head] = BlockOf({"hello", "world"});
  const size_t bytes = kLogBlockHeadBytes + head.payload_bytes;
  for (size_t i = 0; i < bytes; ++i) {
    block[i] ^= 0x01;
    const auto seen = DecodeLogBlockHead(block, 7);
    const bool fits = seen && kLogBlockHeadBytes + seen->payload_bytes <= block.size();
    EXPECT_FALSE(fits && LogBlockCrc(block, *seen)) << "byte " << i;
    block[i] ^= 0x01;
  }
}

}  // namespace
}  // namespace thalweg
