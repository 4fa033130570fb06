#include "stream/apply.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

constexpr StreamId kId{7};

CreateRecord Created() {
  CreateRecord record;
  record.id = kId;
  record.path = "/a";
  record.requested.content_type = "text/plain";
  record.content_type = "Text/Plain; charset=utf-8";
  record.at = {1000, 100};
  return record;
}

AppendRecord Data(std::string_view data, int64_t steady_ms = 200) {
  AppendRecord record;
  record.id = kId;
  record.data = data;
  record.at = {2000, steady_ms};
  return record;
}

TEST(Apply, CreateHoldsWhatTheRecordSays) {
  CreateRecord record = Created();
  record.data = "abc";
  record.expiry = {.kind = Expiry::Kind::kTtl, .ttl_s = 9};
  const StreamState state = ApplyCreate(record);
  EXPECT_EQ(state.id, kId);
  EXPECT_EQ(state.path, "/a");
  EXPECT_EQ(state.config->requested, record.requested);
  EXPECT_EQ(state.config->content_type, "Text/Plain; charset=utf-8");
  EXPECT_EQ(state.config->kind, ContentKind::kText);
  EXPECT_EQ(state.config->expiry, record.expiry);
  EXPECT_EQ(state.start, Offset{0});
  EXPECT_EQ(state.tail, Offset{3});
  EXPECT_EQ(state.accessed_steady_ms, 100);
  EXPECT_FALSE(state.closed);
  EXPECT_FALSE(state.closed_by.has_value());
  EXPECT_EQ(state.forks, 0u);
}

TEST(Apply, AForkBeginsAtItsOffsetWithItsPrefixThenItsData) {
  CreateRecord record = Created();
  record.source = StreamId{3};
  record.requested.fork_source = "/source";
  record.start = Offset{10};
  record.prefix = "12345";
  record.data = "abc";
  const StreamState state = ApplyCreate(record);
  EXPECT_EQ(state.source, StreamId{3});
  EXPECT_EQ(state.start, Offset{10});
  EXPECT_EQ(state.tail, Offset{18});
}

TEST(Apply, AStreamCanBeBornClosed) {
  CreateRecord record = Created();
  record.closed = true;
  const StreamState state = ApplyCreate(record);
  EXPECT_TRUE(state.closed);
  EXPECT_FALSE(state.closed_by.has_value());
}

TEST(Apply, AppendMovesTheTailTheProducerAndTheSequence) {
  StreamState state = ApplyCreate(Created());
  AppendRecord record = Data("hello");
  record.producer = ProducerStamp{"p", 2, 0};
  record.stream_seq = "b";
  ApplyAppend(state, record);
  EXPECT_EQ(state.tail, Offset{5});
  EXPECT_EQ(*state.producers.Find("p"), (ProducerTable::State{2, 0}));
  EXPECT_EQ(state.seq_last, "b");
  EXPECT_FALSE(state.closed);
}

TEST(Apply, AppendWithoutSequenceKeepsTheLastOne) {
  StreamState state = ApplyCreate(Created());
  AppendRecord record = Data("x");
  record.stream_seq = "b";
  ApplyAppend(state, record);
  ApplyAppend(state, Data("y"));
  EXPECT_EQ(state.seq_last, "b");
}

TEST(Apply, ACloseRemembersTheProducerThatClosed) {
  StreamState state = ApplyCreate(Created());
  AppendRecord record = Data("");
  record.closes = true;
  record.producer = ProducerStamp{"p", 2, 0};
  ApplyAppend(state, record);
  EXPECT_TRUE(state.closed);
  EXPECT_EQ(state.closed_by, (ClosingStamp{"p", 2, 0}));
  EXPECT_EQ(state.tail, Offset{0});
}

TEST(Apply, ACloseWithoutProducerRemembersNone) {
  StreamState state = ApplyCreate(Created());
  AppendRecord record = Data("end");
  record.closes = true;
  ApplyAppend(state, record);
  EXPECT_TRUE(state.closed);
  EXPECT_FALSE(state.closed_by.has_value());
}

TEST(Apply, UseMovesTheWindowForwardAndNeverBack) {
  StreamState state = ApplyCreate(Created());
  ApplyAppend(state, Data("x", 300));
  EXPECT_EQ(state.accessed_steady_ms, 300);
  ApplyTouch(state, {kId, {0, 500}});
  EXPECT_EQ(state.accessed_steady_ms, 500);
  ApplyTouch(state, {kId, {0, 400}});
  EXPECT_EQ(state.accessed_steady_ms, 500);
  ApplyAppend(state, Data("x", 450));
  EXPECT_EQ(state.accessed_steady_ms, 500);
}

TEST(Apply, AStreamWithoutForksIsGoneWhenRemoved) {
  for (const RemoveCause cause : {RemoveCause::kDelete, RemoveCause::kExpired}) {
    StreamState state = ApplyCreate(Created());
    EXPECT_EQ(ApplyRemove(state, {kId, cause, {}}), Fate::kGone);
    EXPECT_FALSE(state.soft_deleted);
  }
}

// Protocol 4.2: deleted with forks, a stream stays for them; the last one takes it along.
TEST(Apply, AStreamWithForksIsKeptUntilTheLastOfThemIsGone) {
  StreamState state = ApplyCreate(Created());
  ApplyForkAdded(state);
  ApplyForkAdded(state);
  EXPECT_EQ(ApplyRemove(state, {kId, RemoveCause::kDelete, {}}), Fate::kKept);
  EXPECT_TRUE(state.soft_deleted);
  EXPECT_EQ(ApplyForkReleased(state), Fate::kKept);
  EXPECT_EQ(ApplyForkReleased(state), Fate::kGone);
}

TEST(Apply, AStreamThatWasNotDeletedOutlivesItsForks) {
  StreamState state = ApplyCreate(Created());
  ApplyForkAdded(state);
  EXPECT_EQ(ApplyForkReleased(state), Fate::kKept);
  EXPECT_EQ(ApplyRemove(state, {kId, RemoveCause::kDelete, {}}), Fate::kGone);
}

TEST(ApplyDeathTest, StopsAtRecordsThatWereNotDecidedOnThisState) {
  StreamState open = ApplyCreate(Created());
  CreateRecord closed_record = Created();
  closed_record.closed = true;
  StreamState closed = ApplyCreate(closed_record);
  AppendRecord stranger = Data("x");
  stranger.id = StreamId{8};
  EXPECT_DEATH(ApplyAppend(open, stranger), "Fits");
  EXPECT_DEATH(ApplyAppend(closed, Data("x")), "Fits");
  EXPECT_DEATH(ApplyAppend(open, Data("")), "Fits");
  EXPECT_DEATH(ApplyForkReleased(open), "forks");
  EXPECT_DEATH(ApplyTouch(open, {StreamId{8}, {}}), "id");
}

}  // namespace
}  // namespace thalweg
