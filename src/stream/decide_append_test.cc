// What becomes of a POST and a DELETE: a row for every sentence of protocol 5.2, 5.2.1, 5.3, 5.4.
#include <gtest/gtest.h>

#include <span>

#include "stream/apply.h"
#include "stream/decide.h"

namespace thalweg {
namespace {

constexpr StreamId kId{7};
constexpr Moment kNow{5000, 500};

// A text stream; its producer "p" stands at epoch 5, seq 2; its Stream-Seq at "b".
StreamState Stream(std::string_view content_type = "text/plain") {
  CreateRecord create;
  create.id = kId;
  create.content_type = content_type;
  StreamState state = ApplyCreate(create);
  for (uint64_t seq = 0; seq <= 2; ++seq) {
    AppendRecord append;
    append.id = kId;
    append.data = "1,";
    append.producer = ProducerStamp{"p", 5, seq};
    if (seq == 2) append.stream_seq = "b";
    ApplyAppend(state, append);
  }
  return state;
}

StreamState Closed(std::optional<ProducerStamp> by) {
  StreamState state = Stream();
  AppendRecord close;
  close.id = kId;
  close.closes = true;
  close.producer = by;
  ApplyAppend(state, close);
  return state;
}

StreamState SoftDeleted(StreamState state) {
  ApplyForkAdded(state);
  ApplyRemove(state, {kId, RemoveCause::kDelete, {}});
  return state;
}

AppendCommand Data(std::string_view wire) {
  AppendCommand command;
  command.content_type = "text/plain";
  command.payload.wire = wire;
  command.now = kNow;
  return command;
}

AppendCommand With(AppendCommand command, ProducerStamp stamp) {
  command.producer = stamp;
  return command;
}

AppendCommand WithSeq(AppendCommand command, std::string_view seq) {
  command.stream_seq = seq;
  return command;
}

AppendCommand Typed(AppendCommand command, std::optional<std::string_view> type) {
  command.content_type = type;
  return command;
}

AppendCommand Closing(AppendCommand command) {
  command.close = true;
  return command;
}

AppendCommand CloseOnly() { return Typed(Closing(Data("")), std::nullopt); }

AppendCommand Json(std::string_view wire, Payload::Fault fault = Payload::Fault::kNone) {
  AppendCommand command = Typed(Data(wire), "application/json");
  command.payload.is_json = true;
  command.payload.fault = fault;
  return command;
}

struct Case {
  const char* why;
  AppendCommand command;
  AppendVerdict want;
};

void ExpectAll(const StreamState* state, std::span<const Case> cases) {
  for (const Case& c : cases) {
    const AppendDecision decision = DecideAppend(state, c.command);
    EXPECT_EQ(decision.verdict, c.want) << c.why;
    const bool changes = c.want == AppendVerdict::kAppended || c.want == AppendVerdict::kClosed;
    ASSERT_EQ(decision.record.has_value(), changes) << c.why;
    EXPECT_TRUE(!changes || IsValid(*decision.record)) << c.why;
  }
}

constexpr ProducerStamp kNext{"p", 5, 3};
constexpr ProducerStamp kRepeat{"p", 5, 2};
constexpr ProducerStamp kStale{"p", 4, 0};
constexpr ProducerStamp kGap{"p", 5, 9};
constexpr ProducerStamp kBadStart{"p", 6, 1};

TEST(DecideAppend, JudgesAnOpenStream) {
  const StreamState state = Stream();
  const Case cases[] = {
      {"data of the stream's type is appended", Data("x"), AppendVerdict::kAppended},
      {"an empty body must be rejected", Data(""), AppendVerdict::kEmptyBody},
      {"empty, without a type", Typed(Data(""), std::nullopt), AppendVerdict::kEmptyBody},
      {"empty, with a producer", With(Data(""), kNext), AppendVerdict::kEmptyBody},
      {"data needs a type", Typed(Data("x"), std::nullopt), AppendVerdict::kContentTypeMissing},
      {"a blank type is none", Typed(Data("x"), " "), AppendVerdict::kContentTypeMissing},
      {"another type conflicts", Typed(Data("x"), "text/html"),
       AppendVerdict::kContentTypeMismatch},
      {"case and parameters of a type do not count", Typed(Data("x"), "TEXT/PLAIN;a=b"),
       AppendVerdict::kAppended},
      {"a body split as JSON is not this stream's", Typed(Json("1,"), "text/plain"),
       AppendVerdict::kContentTypeMismatch},
      {"a type that conflicts comes before the producer", With(Typed(Data("x"), "a/b"), kRepeat),
       AppendVerdict::kContentTypeMismatch},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, JudgesProducers) {
  const StreamState state = Stream();
  const Case cases[] = {
      {"next seq", With(Data("x"), kNext), AppendVerdict::kAppended},
      {"seen before: success, nothing appended", With(Data("x"), kRepeat),
       AppendVerdict::kDuplicate},
      {"fenced by a newer epoch", With(Data("x"), kStale), AppendVerdict::kStaleEpoch},
      {"a gap", With(Data("x"), kGap), AppendVerdict::kSeqGap},
      {"a new epoch must start at 0", With(Data("x"), kBadStart), AppendVerdict::kBadEpochStart},
      {"a new epoch at 0", With(Data("x"), {"p", 6, 0}), AppendVerdict::kAppended},
      {"a new producer", With(Data("x"), {"q", 0, 0}), AppendVerdict::kAppended},
      {"a new producer past 0", With(Data("x"), {"q", 0, 1}), AppendVerdict::kSeqGap},
      {"a duplicate wins over a Stream-Seq that regressed", WithSeq(With(Data("x"), kRepeat), "a"),
       AppendVerdict::kDuplicate},
      {"a stale epoch too", WithSeq(With(Data("x"), kStale), "a"), AppendVerdict::kStaleEpoch},
      {"an accepted producer does not excuse Stream-Seq", WithSeq(With(Data("x"), kNext), "a"),
       AppendVerdict::kStreamSeqRegressed},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, TakesProducersUpToALimit) {
  StreamState state = Stream();
  while (state.producers.states().size() < kProducersMax - 1) {
    state.producers.Restore("q" + std::to_string(state.producers.states().size()), {});
  }
  EXPECT_EQ(DecideAppend(&state, With(Data("x"), {"r", 0, 0})).verdict, AppendVerdict::kAppended);
  state.producers.Record({"r", 0, 0});
  const Case cases[] = {
      {"one more", With(Data("x"), {"s", 0, 0}), AppendVerdict::kTooManyProducers},
      {"one more, to close", With(CloseOnly(), {"s", 0, 0}), AppendVerdict::kTooManyProducers},
      {"one more past 0", With(Data("x"), {"s", 0, 1}), AppendVerdict::kSeqGap},
      {"one that is known", With(Data("x"), {"r", 0, 1}), AppendVerdict::kAppended},
      {"a new epoch of it", With(Data("x"), {"r", 1, 0}), AppendVerdict::kAppended},
      {"none", Data("x"), AppendVerdict::kAppended},
  };
  ExpectAll(&state, cases);
  AppendRecord replayed;
  replayed.id = kId;
  replayed.data = "x";
  replayed.producer = ProducerStamp{"s", 0, 0};
  EXPECT_TRUE(Fits(state, replayed)) << "it was accepted once";
}

TEST(DecideAppend, TakesIdsOfProducersUpToALimit) {
  StreamState state = Stream();
  const std::string long_id(1'024, 'q');
  for (uint64_t i = 0; state.producers.id_bytes() < kProducerIdsBytesMax; ++i) {
    state.producers.Restore(std::to_string(1'000 + i) + long_id.substr(4), {});
  }
  const std::string known = "1000" + long_id.substr(4);
  const Case cases[] = {
      {"one more", With(Data("x"), {"s", 0, 0}), AppendVerdict::kTooManyProducers},
      {"one that is known", With(Data("x"), {known, 0, 1}), AppendVerdict::kAppended},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, JudgesStreamSeqByteByByte) {
  const StreamState state = Stream();
  const Case cases[] = {
      {"greater", WithSeq(Data("x"), "c"), AppendVerdict::kAppended},
      {"longer is greater", WithSeq(Data("x"), "ba"), AppendVerdict::kAppended},
      {"equal", WithSeq(Data("x"), "b"), AppendVerdict::kStreamSeqRegressed},
      {"less", WithSeq(Data("x"), "a"), AppendVerdict::kStreamSeqRegressed},
      {"upper case sorts first", WithSeq(Data("x"), "C"), AppendVerdict::kStreamSeqRegressed},
      {"digits sort first", WithSeq(Data("x"), "10"), AppendVerdict::kStreamSeqRegressed},
      {"bytes are unsigned", WithSeq(Data("x"), "\xC3\xA9"), AppendVerdict::kAppended},
      {"the empty string is a value", WithSeq(Data("x"), ""), AppendVerdict::kStreamSeqRegressed},
      {"none is always fine", Data("x"), AppendVerdict::kAppended},
      {"with a close and data it counts", Closing(WithSeq(Data("x"), "a")),
       AppendVerdict::kStreamSeqRegressed},
      {"with a close alone it does not", WithSeq(CloseOnly(), "a"), AppendVerdict::kClosed},
  };
  ExpectAll(&state, cases);

  CreateRecord fresh;
  fresh.id = kId;
  fresh.content_type = "text/plain";
  const StreamState first = ApplyCreate(fresh);
  EXPECT_EQ(DecideAppend(&first, WithSeq(Data("x"), "")).verdict, AppendVerdict::kAppended)
      << "the first may be anything";
}

TEST(DecideAppend, JudgesJsonLast) {
  const StreamState state = Stream("application/json");
  const AppendCommand bad = Json("", Payload::Fault::kBadJson);
  const AppendCommand empty = Json("", Payload::Fault::kEmptyArray);
  const Case cases[] = {
      {"values are appended", Json("1,2,"), AppendVerdict::kAppended},
      {"a body that is not JSON", bad, AppendVerdict::kBadJson},
      {"an empty array", empty, AppendVerdict::kEmptyArray},
      {"an empty array is a body, also with a close", Closing(empty), AppendVerdict::kEmptyArray},
      {"a bad body with a close closes nothing", Closing(bad), AppendVerdict::kBadJson},
      {"a body not split as JSON", Typed(Data("1"), "application/json"),
       AppendVerdict::kContentTypeMismatch},
      {"a duplicate wins over a bad body", With(bad, kRepeat), AppendVerdict::kDuplicate},
      {"a gap too", With(bad, kGap), AppendVerdict::kSeqGap},
      {"Stream-Seq too", WithSeq(bad, "a"), AppendVerdict::kStreamSeqRegressed},
      {"an accepted producer does not excuse the body", With(bad, kNext), AppendVerdict::kBadJson},
      {"a type that conflicts wins over a bad body", Typed(bad, "text/plain"),
       AppendVerdict::kContentTypeMismatch},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, ClosesAnOpenStream) {
  const StreamState state = Stream();
  const Case cases[] = {
      {"without data", CloseOnly(), AppendVerdict::kClosed},
      {"with data, in one step", Closing(Data("x")), AppendVerdict::kAppended},
      {"without data the type is ignored", Typed(CloseOnly(), "a/b"), AppendVerdict::kClosed},
      {"with data it is not", Closing(Typed(Data("x"), "a/b")),
       AppendVerdict::kContentTypeMismatch},
      {"a producer's close takes its turn", With(CloseOnly(), kNext), AppendVerdict::kClosed},
      {"a close with an old stamp closes nothing", With(CloseOnly(), kRepeat),
       AppendVerdict::kDuplicate},
      {"nor does one with data", With(Closing(Data("x")), kRepeat), AppendVerdict::kDuplicate},
      {"a fenced producer cannot close", With(CloseOnly(), kStale), AppendVerdict::kStaleEpoch},
      {"nor one out of turn", With(CloseOnly(), kGap), AppendVerdict::kSeqGap},
      {"nor one with a bad epoch", With(CloseOnly(), kBadStart), AppendVerdict::kBadEpochStart},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, JudgesAStreamClosedByAProducer) {
  const StreamState state = Closed(kNext);
  const Case cases[] = {
      {"the closing request again", With(CloseOnly(), kNext), AppendVerdict::kAlreadyClosed},
      {"again with any body", With(Closing(Data("other")), kNext), AppendVerdict::kAlreadyClosed},
      {"again with another type", With(Closing(Typed(Data("x"), "a/b")), kNext),
       AppendVerdict::kAlreadyClosed},
      {"a close without producer", CloseOnly(), AppendVerdict::kAlreadyClosed},
      {"another seq", With(CloseOnly(), {"p", 5, 4}), AppendVerdict::kStreamClosed},
      {"an earlier seq", With(CloseOnly(), kRepeat), AppendVerdict::kStreamClosed},
      {"another epoch", With(CloseOnly(), {"p", 6, 3}), AppendVerdict::kStreamClosed},
      {"another producer", With(CloseOnly(), {"q", 5, 3}), AppendVerdict::kStreamClosed},
      {"an append", Data("x"), AppendVerdict::kStreamClosed},
      {"an append and close", Closing(Data("x")), AppendVerdict::kStreamClosed},
      {"closed comes before the type", Typed(Data("x"), "a/b"), AppendVerdict::kStreamClosed},
      {"before Stream-Seq", WithSeq(Data("x"), "a"), AppendVerdict::kStreamClosed},
      {"behind an empty body", Data(""), AppendVerdict::kEmptyBody},
      {"even of who closed it", With(Data(""), kNext), AppendVerdict::kEmptyBody},
      {"before a bad body", Json("", Payload::Fault::kBadJson), AppendVerdict::kStreamClosed},
      {"before the producer", With(Data("x"), kStale), AppendVerdict::kStreamClosed},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, JudgesAStreamClosedByNoProducer) {
  const StreamState state = Closed(std::nullopt);
  const Case cases[] = {
      {"a close again", CloseOnly(), AppendVerdict::kAlreadyClosed},
      {"a close again, with a type", Typed(CloseOnly(), "a/b"), AppendVerdict::kAlreadyClosed},
      {"append and close is not idempotent", Closing(Data("x")), AppendVerdict::kStreamClosed},
      {"a producer's close is not the one that closed", With(CloseOnly(), kNext),
       AppendVerdict::kStreamClosed},
      {"an unreadable body is a body", Closing(Json("", Payload::Fault::kEmptyArray)),
       AppendVerdict::kStreamClosed},
  };
  ExpectAll(&state, cases);
}

TEST(DecideAppend, JudgesWhatIsNotThereFirst) {
  const StreamState gone = SoftDeleted(Stream());
  const StreamState gone_closed = SoftDeleted(Closed(kNext));
  for (const AppendCommand& command :
       {Data("x"), Data(""), CloseOnly(), With(CloseOnly(), kNext), Typed(Data("x"), "a/b")}) {
    EXPECT_EQ(DecideAppend(nullptr, command).verdict, AppendVerdict::kMissing);
    EXPECT_EQ(DecideAppend(&gone, command).verdict, AppendVerdict::kSoftDeleted);
    EXPECT_EQ(DecideAppend(&gone_closed, command).verdict, AppendVerdict::kSoftDeleted);
  }
}

TEST(DecideAppend, TheRecordHoldsTheWholeCommand) {
  const StreamState state = Stream();
  const AppendDecision data = DecideAppend(&state, Closing(WithSeq(With(Data("x"), kNext), "c")));
  const AppendRecord want{kId, "x", kNext, "c", true, kNow};
  EXPECT_EQ(data.record, want);
  const AppendDecision close = DecideAppend(&state, WithSeq(With(CloseOnly(), kNext), "c"));
  const AppendRecord want_close{kId, "", kNext, std::nullopt, true, kNow};
  EXPECT_EQ(close.record, want_close) << "a close without data leaves Stream-Seq alone";
}

TEST(DecideAppend, ItsRecordMakesItsOwnRetryADuplicate) {
  StreamState state = Stream();
  const AppendCommand command = With(Data("x"), kNext);
  ApplyAppend(state, *DecideAppend(&state, command).record);
  EXPECT_EQ(DecideAppend(&state, command).verdict, AppendVerdict::kDuplicate);
}

TEST(DecideRemove, RemovesWhatStandsOnce) {
  const StreamState open = Stream();
  const StreamState closed = Closed(kNext);
  const StreamState gone = SoftDeleted(Stream());
  EXPECT_EQ(DecideRemove(nullptr, RemoveCause::kDelete, kNow).verdict, RemoveVerdict::kMissing);
  EXPECT_EQ(DecideRemove(&gone, RemoveCause::kDelete, kNow).verdict, RemoveVerdict::kSoftDeleted);
  EXPECT_FALSE(DecideRemove(&gone, RemoveCause::kExpired, kNow).record.has_value());
  for (const StreamState* state : {&open, &closed}) {
    const RemoveDecision decision = DecideRemove(state, RemoveCause::kExpired, kNow);
    EXPECT_EQ(decision.verdict, RemoveVerdict::kRemoved);
    EXPECT_EQ(decision.record, (RemoveRecord{kId, RemoveCause::kExpired, kNow}));
  }
}

}  // namespace
}  // namespace thalweg
