#include "stream/record.h"

#include <gtest/gtest.h>

#include <vector>

namespace thalweg {
namespace {

std::string Encode(const Record& record) {
  std::string bytes;
  EncodeRecord(record, bytes);
  return bytes;
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return bytes;
}

constexpr StreamId kId{300};
constexpr Moment kAt{1'000, 5};

CreateRecord Fork() {
  CreateRecord record;
  record.id = kId;
  record.path = "/f";
  record.requested.expiry = {.kind = Expiry::Kind::kAt, .at_ms = -1, .at_text = "1969"};
  record.requested.fork_source = "/s";
  record.requested.fork_at = Offset{4};
  record.requested.fork_sub_offset = 2;
  record.content_type = "a/b";
  record.expiry = record.requested.expiry;
  record.source = StreamId{2};
  record.start = Offset{4};
  record.prefix = "xy";
  record.data = "z";
  record.at = kAt;
  return record;
}

std::vector<Record> Examples() {
  CreateRecord plain;
  plain.id = kId;
  plain.path = "/a";
  plain.requested.content_type = "text/plain";
  plain.requested.expiry = {.kind = Expiry::Kind::kTtl, .ttl_s = 60};
  plain.content_type = "text/plain";
  plain.expiry = plain.requested.expiry;
  plain.closed = true;
  plain.at = kAt;
  CreateRecord at_tail = Fork();
  at_tail.requested.fork_at.reset();
  const AppendRecord full{kId, "hello", ProducerStamp{"p", 1, 2}, "s", true, kAt};
  const AppendRecord data{kId, "hello", std::nullopt, std::nullopt, false, kAt};
  const AppendRecord empty_seq{kId, "hello", std::nullopt, "", false, kAt};
  const AppendRecord close{kId, "", std::nullopt, std::nullopt, true, {-1, INT64_MIN}};
  return {plain,
          Fork(),
          at_tail,
          full,
          data,
          empty_seq,
          close,
          RemoveRecord{kId, RemoveCause::kDelete, kAt},
          RemoveRecord{StreamId{UINT64_MAX}, RemoveCause::kExpired, {INT64_MAX, 0}},
          TouchRecord{kId, kAt}};
}

TEST(Record, ComesBackFromItsEncoding) {
  for (const Record& record : Examples()) {
    const std::string bytes = Encode(record);
    const std::optional<Record> back = DecodeRecord(bytes);
    ASSERT_TRUE(back.has_value()) << record.index();
    EXPECT_EQ(*back, record);
    EXPECT_EQ(Encode(*back), bytes);
  }
}

TEST(Record, KeepsHowAnInstantWasWritten) {
  const std::string bytes = Encode(Fork());
  const auto back = std::get<CreateRecord>(*DecodeRecord(bytes));
  EXPECT_EQ(back.expiry.at_text, "1969");
  EXPECT_EQ(back.requested.expiry.at_text, "1969");
}

// The examples of docs/formats/record.md.
TEST(Record, IsEncodedAsDocumented) {
  const AppendRecord append{kId, "hello", ProducerStamp{"p", 1, 2}, "s", true, kAt};
  EXPECT_EQ(Encode(append), FromHex("02 07 ac02 d00f 0a 0170 01 02 0173 0568656c6c6f"));
  EXPECT_EQ(Encode(TouchRecord{kId, {-1, 5}}), FromHex("04 ac02 01 0a"));
  EXPECT_EQ(Encode(RemoveRecord{kId, RemoveCause::kExpired, kAt}), FromHex("03 01 ac02 d00f 0a"));
  EXPECT_EQ(Encode(Fork()),
            FromHex("01 06 ac02 d00f 0a 022f66 00 02 01 0431393639 03612f62 02 01 0431393639"
                    "022f73 04 02 02 04 027879 017a"));
}

TEST(Record, NoPartAndNoMoreThanTheWholeIsARecord) {
  for (const Record& record : Examples()) {
    const std::string bytes = Encode(record);
    for (size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(DecodeRecord(std::string_view(bytes).substr(0, i)).has_value()) << i;
    }
    EXPECT_FALSE(DecodeRecord(bytes + '\0').has_value());
  }
}

// One flipped byte gives no record, or another one with exactly that encoding.
TEST(Record, EveryRecordHasOneEncoding) {
  for (const Record& record : Examples()) {
    const std::string bytes = Encode(record);
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int value = 0; value < 256; ++value) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(value);
        const std::optional<Record> back = DecodeRecord(changed);
        ASSERT_TRUE(!back || Encode(*back) == changed) << i << " " << value;
      }
    }
  }
}

TEST(Record, RefusesBytesThatMeanNothing) {
  struct Case {
    const char* why;
    const char* hex;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"type 0", "00 ac02 01 0a"},
      {"unknown type", "05 ac02 01 0a"},
      {"no stream", "04 00 01 0a"},
      {"a number spelt longer than need be", "04 8100 01 0a"},
      {"a number of 65 bits", "04 ffffffffffffffffff02 01 0a"},
      {"a number that never ends", "04 ffffffffffffffffffffff 01 0a"},
      {"unknown cause", "03 02 ac02 d00f 0a"},
      {"unknown flag of an append", "02 08 ac02 d00f 0a 0568656c6c6f"},
      {"an append that brings nothing", "02 00 ac02 d00f 0a 00"},
      {"a producer without a name", "02 02 ac02 d00f 0a 00 01 02 0568656c6c6f"},
      {"data longer than the record", "02 00 ac02 d00f 0a 0668656c6c6f"},
      {"data of almost 2^64 bytes", "02 00 ac02 d00f 0a ffffffffffffffffff01 68656c6c6f"},
      {"unknown flag of a create", "01 08 01 00 00 00 00 00 00 00 00"},
      {"a fork's offset without a fork", "01 04 01 00 00 00 00 00 00 00 00"},
      {"unknown expiry", "01 00 01 00 00 00 00 03 00 00 00"},
      {"a window above the limit", "01 00 01 00 00 00 00 01 8080808080808010 00 00 00"},
      {"a fork of nothing", "01 02 01 00 00 00 00 00 00 00 00 00 00 00 00 00"},
      {"a start beyond the last offset",
       "01 02 01 00 00 00 00 00 00 00 00 00 01 8080e983b1dee111 00 00"},
      {"data beyond the last offset",
       "01 02 01 00 00 00 00 00 00 00 00 00 01 ffffe983b1dee111 00 0178"},
  };
  for (const Case& c : cases) EXPECT_FALSE(DecodeRecord(FromHex(c.hex)).has_value()) << c.why;
  EXPECT_TRUE(DecodeRecord(FromHex("01 00 01 00 00 00 00 00 00 00 00")).has_value())
      << "the plainest create, which the rows above damage";
  EXPECT_TRUE(DecodeRecord(FromHex("01 02 01 00 00 00 00 00 00 00 00 00 01 00 00 00")).has_value())
      << "the plainest fork, which the rows above damage";
}

TEST(RecordDeathTest, WhatReplayWouldRefuseIsNotEncoded) {
  EXPECT_DEATH(Encode(TouchRecord{}), "IsValid");
  EXPECT_DEATH(Encode(AppendRecord{kId, "", std::nullopt, std::nullopt, false, kAt}), "IsValid");
}

}  // namespace
}  // namespace thalweg
