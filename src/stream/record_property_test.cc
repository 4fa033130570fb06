// Every valid record comes back from its encoding as it was.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "stream/record.h"

namespace thalweg {
namespace {

uint64_t Below(uint64_t end) { return *rc::gen::inRange<uint64_t>(0, end); }

StreamId AnyId() { return StreamId{*rc::gen::nonZero<uint64_t>()}; }

Moment AnyMoment() { return {*rc::gen::arbitrary<int64_t>(), *rc::gen::arbitrary<int64_t>()}; }

Expiry AnyExpiry(const std::string& at_text) {
  switch (Below(3)) {
    case 0: return {};
    case 1: return {.kind = Expiry::Kind::kTtl, .ttl_s = Below(kTtlSecondsMax + 1)};
    default:
      return {
          .kind = Expiry::Kind::kAt, .at_ms = *rc::gen::arbitrary<int64_t>(), .at_text = at_text};
  }
}

// Texts outlive the records that borrow from them.
struct Texts {
  std::string a = *rc::gen::arbitrary<std::string>();
  std::string b = *rc::gen::arbitrary<std::string>();
  std::string c = *rc::gen::arbitrary<std::string>();
  std::string some = *rc::gen::nonEmpty<std::string>();
};

CreateRecord AnyCreate(const Texts& texts) {
  CreateRecord record;
  record.id = AnyId();
  record.path = texts.a;
  record.requested.content_type = texts.b;
  record.requested.expiry = AnyExpiry(texts.c);
  record.content_type = texts.b;
  record.expiry = AnyExpiry(texts.a);
  record.data = texts.c;
  record.closed = *rc::gen::arbitrary<bool>();
  record.at = AnyMoment();
  if (*rc::gen::arbitrary<bool>()) return record;
  record.requested.fork_source = texts.some;
  if (*rc::gen::arbitrary<bool>()) record.requested.fork_at = Offset{Below(kOffsetMax)};
  record.requested.fork_sub_offset = *rc::gen::arbitrary<uint64_t>();
  record.source = AnyId();
  record.start = Offset{Below(kOffsetMax / 2)};
  record.prefix = texts.a;
  return record;
}

AppendRecord AnyAppend(const Texts& texts) {
  AppendRecord record;
  record.id = AnyId();
  record.closes = *rc::gen::arbitrary<bool>();
  record.data = record.closes ? texts.a : texts.some;
  record.at = AnyMoment();
  if (*rc::gen::arbitrary<bool>()) record.stream_seq = texts.b;
  if (*rc::gen::arbitrary<bool>()) {
    record.producer = ProducerStamp{texts.some, *rc::gen::arbitrary<uint64_t>(), Below(1'000)};
  }
  return record;
}

Record AnyRecord(const Texts& texts) {
  switch (Below(4)) {
    case 0: return AnyCreate(texts);
    case 1: return AnyAppend(texts);
    case 2:
      return RemoveRecord{AnyId(), Below(2) == 0 ? RemoveCause::kDelete : RemoveCause::kExpired,
                          AnyMoment()};
    default: return TouchRecord{AnyId(), AnyMoment()};
  }
}

TEST(RecordProperty, ComesBackFromItsEncoding) {
  EXPECT_TRUE(rc::check([] {
    const Texts texts;
    const Record record = AnyRecord(texts);
    RC_ASSERT(IsValid(record));
    std::string bytes = "before";
    EncodeRecord(record, bytes);
    RC_ASSERT(bytes.starts_with("before"));
    const std::optional<Record> back = DecodeRecord(std::string_view(bytes).substr(6));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == record);
  }));
}

TEST(RecordProperty, ArbitraryBytesAreNoRecordOrExactlyOne) {
  EXPECT_TRUE(rc::check([] {
    std::string bytes = *rc::gen::arbitrary<std::string>();
    bytes.insert(bytes.begin(), static_cast<char>(Below(6)));
    const std::optional<Record> record = DecodeRecord(bytes);
    if (!record) return;
    std::string again;
    EncodeRecord(*record, again);
    RC_ASSERT(again == bytes);
  }));
}

}  // namespace
}  // namespace thalweg
