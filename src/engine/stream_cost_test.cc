#include "engine/stream_cost.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <string>
#include <vector>

#include "stream/apply.h"
#include "testing/sanitized.h"

namespace thalweg {
namespace {

StreamState StateOf(const CreateRecord& record) {
  return ApplyCreate(record, std::make_shared<const StreamConfig>(ConfigOf(record)));
}

CreateRecord ShortRecord() {
  CreateRecord record;
  record.id = {1};
  record.path = "/v1/stream/conversations/4711";
  record.requested.content_type = "application/json";
  record.content_type = "application/json";
  return record;
}

// All that a client may choose the length of. Borrows the text.
CreateRecord LongRecord(const std::string& text) {
  CreateRecord record = ShortRecord();
  record.path = text;
  record.content_type = text;
  record.expiry = {.kind = Expiry::Kind::kAt, .at_ms = 1, .at_text = text};
  record.requested.content_type = text;
  record.requested.expiry = record.expiry;
  record.requested.fork_source = text;
  return record;
}

AppendRecord AppendBy(const std::string& id, uint64_t seq, const std::string& stream_seq,
                      bool closes) {
  AppendRecord append;
  append.id = {1};
  append.data = "x";
  append.producer = ProducerStamp{.id = id, .epoch = 0, .seq = seq};
  append.stream_seq = stream_seq;
  append.closes = closes;
  return append;
}

TEST(StreamCost, WhatMostStreamsHaveIsCovered) {
  EXPECT_EQ(ExtraBytes(StateOf(ShortRecord())), 0u);
}

TEST(StreamCost, EachTextCounts) {
  const std::string text(500, 't');
  EXPECT_EQ(ExtraBytes(StateOf(LongRecord(text))),
            6 * text.size() - kTextBytesCovered + kOwnConfigBytes);
}

TEST(StreamCost, WhatAppendsBringCountsInFull) {
  StreamState state = StateOf(ShortRecord());
  ApplyAppend(state, AppendBy("me", 0, "17", false));
  constexpr uint64_t kKnown = 2 + kProducerBytes, kText = 2 + kBoxedTextBytes;
  EXPECT_EQ(GrowingBytes(state), kKnown + kText);
  ApplyAppend(state, AppendBy("me", 1, "18", true));
  EXPECT_EQ(GrowingBytes(state), kKnown + 2 * kText);
  EXPECT_EQ(ExtraBytes(state), GrowingBytes(state));
}

TEST(StreamCost, NoStateTakesMoreBesideItself) {
  if (kIsSanitized) GTEST_SKIP() << "the allocator is not the one that counts";
  constexpr size_t kStreams = 1'000;
  for (const size_t text_bytes : {20u, 100u, 1'000u}) {
    for (const size_t producers : {0u, 1u, 10u}) {
      std::vector<StreamState> states;
      states.reserve(kStreams);
      const size_t before = mallinfo2().uordblks;
      uint64_t counted = 0;
      for (size_t i = 0; i < kStreams; ++i) {
        const std::string text(text_bytes, 't');
        StreamState& state = states.emplace_back(StateOf(LongRecord(text)));
        for (size_t n = 0; n < producers; ++n) {
          const std::string id = std::to_string(n) + text;
          ApplyAppend(state, AppendBy(id, 0, id, n + 1 == producers));
        }
        counted += kTextBytesCovered + ExtraBytes(state);
      }
      EXPECT_LE(mallinfo2().uordblks - before, counted) << text_bytes << ", " << producers;
    }
  }
}

}  // namespace
}  // namespace thalweg
