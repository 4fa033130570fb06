// What becomes of a PUT: a row for every sentence of protocol 4.2 and 5.1.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "stream/apply.h"
#include "stream/decide.h"

namespace thalweg {
namespace {

constexpr StreamId kId{7};
constexpr StreamId kSourceId{3};
constexpr Moment kNow{5000, 500};

Expiry Ttl(uint64_t seconds) { return {.kind = Expiry::Kind::kTtl, .ttl_s = seconds}; }
Expiry At(int64_t ms, const char* text) {
  return {.kind = Expiry::Kind::kAt, .at_ms = ms, .at_text = text};
}

CreateCommand Put() {
  CreateCommand command;
  command.path = "/a";
  command.now = kNow;
  return command;
}

CreateCommand Change(CreateCommand command, const std::function<void(CreateCommand&)>& change) {
  change(command);
  return command;
}

CreateCommand Typed(CreateCommand command, std::string_view type) {
  command.content_type = type;
  return command;
}

CreateCommand Until(CreateCommand command, Expiry expiry) {
  command.expiry = std::move(expiry);
  return command;
}

CreateCommand Closing(CreateCommand command) {
  command.closed = true;
  return command;
}

CreateCommand Holding(CreateCommand command, std::string_view wire, bool is_json = false,
                      Payload::Fault fault = Payload::Fault::kNone) {
  command.payload = {.wire = wire, .is_json = is_json, .fault = fault};
  return command;
}

CreateCommand Fork(std::optional<Offset> at = std::nullopt, uint64_t sub_offset = 0) {
  CreateCommand command = Put();
  command.fork_source = "/source";
  command.fork.at = at;
  command.fork.sub_offset = sub_offset;
  if (sub_offset != 0) command.fork.prefix = "ab";
  return command;
}

// What stands after `command` met an empty path.
StreamState After(const CreateCommand& command, const StreamState* source = nullptr) {
  const CreateDecision decision = DecideCreate(nullptr, source, command, kId);
  EXPECT_EQ(decision.verdict, CreateVerdict::kCreated);
  return ApplyCreate(decision.record.value());
}

// Ten bytes of text.
StreamState Source(std::string_view content_type = "text/plain", Expiry expiry = {}) {
  CreateRecord record;
  record.id = kSourceId;
  record.path = "/source";
  record.content_type = content_type;
  record.expiry = std::move(expiry);
  record.data = "0123456789";
  return ApplyCreate(record);
}

StreamState SoftDeleted(StreamState state) {
  ApplyForkAdded(state);
  ApplyRemove(state, {state.id, RemoveCause::kDelete, {}});
  return state;
}

CreateVerdict Again(const StreamState& existing, const CreateCommand& command) {
  const CreateDecision decision = DecideCreate(&existing, nullptr, command, StreamId{99});
  EXPECT_FALSE(decision.record.has_value());
  return decision.verdict;
}

TEST(DecideCreate, ResolvesTheContentType) {
  struct Case {
    const char* why;
    std::optional<std::string_view> sent;
    std::string_view want;
  };
  const Case cases[] = {
      {"absent defaults", std::nullopt, "application/octet-stream"},
      {"blank defaults", "  ", "application/octet-stream"},
      {"what is no media type defaults", "foo", "application/octet-stream"},
      {"a range defaults", "*/*", "application/octet-stream"},
      {"kept verbatim", "Text/Plain; Charset=UTF-8", "Text/Plain; Charset=UTF-8"},
  };
  for (const Case& c : cases) {
    CreateCommand command = Put();
    command.content_type = c.sent;
    EXPECT_EQ(After(command).config->content_type, c.want) << c.why;
  }
}

TEST(DecideCreate, TheRecordHoldsTheWholeCommand) {
  CreateCommand command = Closing(Until(Typed(Put(), "Text/Plain;a=b"), Ttl(60)));
  command = Holding(command, "hello");
  const CreateDecision decision = DecideCreate(nullptr, nullptr, command, kId);
  CreateRecord want;
  want.id = kId;
  want.path = "/a";
  want.requested.content_type = "text/plain";
  want.requested.expiry = Ttl(60);
  want.content_type = "Text/Plain;a=b";
  want.expiry = Ttl(60);
  want.data = "hello";
  want.closed = true;
  want.at = kNow;
  EXPECT_EQ(decision.record, want);
  EXPECT_TRUE(IsValid(*decision.record));
}

TEST(DecideCreate, JudgesTheBodyByTheStreamsType) {
  const CreateCommand json = Typed(Put(), "application/json");
  const CreateCommand text = Typed(Put(), "text/plain");
  struct Case {
    const char* why;
    CreateCommand command;
    CreateVerdict want;
  };
  const Case cases[] = {
      {"no body", json, CreateVerdict::kCreated},
      {"values", Holding(json, "1,2,", true), CreateVerdict::kCreated},
      {"an empty array makes an empty stream", Holding(json, "", true, Payload::Fault::kEmptyArray),
       CreateVerdict::kCreated},
      {"what is not JSON", Holding(json, "", true, Payload::Fault::kBadJson),
       CreateVerdict::kBadJson},
      {"a body not split as JSON", Holding(json, "1"), CreateVerdict::kContentTypeMismatch},
      {"text", Holding(text, "x"), CreateVerdict::kCreated},
      {"text split as JSON", Holding(text, "1,", true), CreateVerdict::kContentTypeMismatch},
  };
  for (const Case& c : cases) {
    const CreateDecision decision = DecideCreate(nullptr, nullptr, c.command, kId);
    EXPECT_EQ(decision.verdict, c.want) << c.why;
    EXPECT_EQ(decision.record.has_value(), c.want == CreateVerdict::kCreated) << c.why;
  }
}

TEST(DecideCreate, ComparesARepeatWithWhatWasRequested) {
  struct Case {
    const char* why;
    CreateCommand first;
    CreateCommand again;
    CreateVerdict want;
  };
  constexpr auto kExists = CreateVerdict::kExists;
  constexpr auto kMismatch = CreateVerdict::kConfigMismatch;
  const CreateCommand text = Typed(Put(), "text/plain");
  const Case cases[] = {
      {"the same", text, text, kExists},
      {"case and parameters do not count", text, Typed(Put(), "TEXT/Plain; a=b"), kExists},
      {"another type", text, Typed(Put(), "text/html"), kMismatch},
      {"no type means the default", text, Put(), kMismatch},
      {"the default named", Put(), Typed(Put(), "application/octet-stream"), kExists},
      {"the default meant", Typed(Put(), "application/octet-stream"), Put(), kExists},
      {"what is no type means the default", Put(), Typed(Put(), "foo"), kExists},
      {"the same window", Until(Put(), Ttl(60)), Until(Put(), Ttl(60)), kExists},
      {"another window", Until(Put(), Ttl(60)), Until(Put(), Ttl(61)), kMismatch},
      {"a window where there was none", Put(), Until(Put(), Ttl(60)), kMismatch},
      {"none where there was a window", Until(Put(), Ttl(60)), Put(), kMismatch},
      {"the same instant, written otherwise", Until(Put(), At(1000, "1970-01-01T00:00:01Z")),
       Until(Put(), At(1000, "1970-01-01T00:00:01.000Z")), kExists},
      {"another instant", Until(Put(), At(1000, "")), Until(Put(), At(1001, "")), kMismatch},
      {"an instant for a window", Until(Put(), Ttl(60)), Until(Put(), At(60'000, "")), kMismatch},
      {"a fork where there was none", Put(), Fork(), kMismatch},
      {"the body does not count", text, Holding(text, "other"), kExists},
      {"not even one that is not JSON", Typed(Put(), "application/json"),
       Holding(Typed(Put(), "application/json"), "", true, Payload::Fault::kBadJson), kExists},
  };
  for (const Case& c : cases) EXPECT_EQ(Again(After(c.first), c.again), c.want) << c.why;
}

// Protocol 5.1, "closure status matching": its four examples.
TEST(DecideCreate, ComparesARepeatWithTheClosureOfNow) {
  const StreamState open = After(Put());
  StreamState closed = open;
  AppendRecord close;
  close.id = kId;
  close.closes = true;
  ApplyAppend(closed, close);
  EXPECT_EQ(Again(open, Put()), CreateVerdict::kExists);
  EXPECT_EQ(Again(closed, Put()), CreateVerdict::kClosureMismatch);
  EXPECT_EQ(Again(closed, Closing(Put())), CreateVerdict::kExists);
  EXPECT_EQ(Again(open, Closing(Put())), CreateVerdict::kClosureMismatch);
  EXPECT_EQ(Again(closed, Until(Put(), Ttl(1))), CreateVerdict::kConfigMismatch)
      << "configuration first";
}

TEST(DecideCreate, APathOfADeletedStreamWithForksIsHeld) {
  const StreamState held = SoftDeleted(After(Put()));
  EXPECT_EQ(Again(held, Put()), CreateVerdict::kPathSoftDeleted);
  EXPECT_EQ(Again(held, Typed(Put(), "text/html")), CreateVerdict::kPathSoftDeleted);
}

TEST(DecideCreate, JudgesForks) {
  const StreamState source = Source();
  const StreamState deleted = SoftDeleted(Source());
  StreamState closed = Source();
  closed.closed = true;
  const CreateCommand inside =
      Change(Fork(Offset{4}), [](CreateCommand& c) { c.fork.at_is_boundary = false; });
  const CreateCommand too_far =
      Change(Fork(Offset{0}, 11), [](CreateCommand& c) { c.fork.sub_offset_fits = false; });
  const CreateCommand beyond =
      Change(Fork(Offset{11}), [](CreateCommand& c) { c.fork.at_is_boundary = false; });
  const CreateCommand deepest =
      Change(Fork(), [](CreateCommand& c) { c.fork.source_depth = kForkDepthMax - 1; });
  const CreateCommand too_deep =
      Change(Fork(), [](CreateCommand& c) { c.fork.source_depth = kForkDepthMax; });
  const CreateCommand bad_json = Holding(Fork(), "", true, Payload::Fault::kBadJson);
  struct Case {
    const char* why;
    const StreamState* source;
    CreateCommand command;
    CreateVerdict want;
  };
  const Case cases[] = {
      {"at the tail where no offset was sent", &source, Fork(), CreateVerdict::kCreated},
      {"at the start", &source, Fork(Offset{0}), CreateVerdict::kCreated},
      {"at the tail", &source, Fork(Offset{10}), CreateVerdict::kCreated},
      {"a closed source may be forked", &closed, Fork(), CreateVerdict::kCreated},
      {"no source", nullptr, Fork(), CreateVerdict::kSourceMissing},
      {"a deleted source", &deleted, Fork(), CreateVerdict::kSourceSoftDeleted},
      {"the last of the longest chain", &source, deepest, CreateVerdict::kCreated},
      {"one behind it", &source, too_deep, CreateVerdict::kForkTooDeep},
      {"the source comes before the type", nullptr, Typed(Fork(), "a/b"),
       CreateVerdict::kSourceMissing},
      {"another type", &source, Typed(Fork(), "text/html"), CreateVerdict::kContentTypeMismatch},
      {"the same type", &source, Typed(Fork(), "TEXT/PLAIN;a=b"), CreateVerdict::kCreated},
      {"what is no type is inherited", &source, Typed(Fork(), "foo"), CreateVerdict::kCreated},
      {"the type comes before the offset", &source, Typed(Fork(Offset{11}), "a/b"),
       CreateVerdict::kContentTypeMismatch},
      {"beyond the tail", &source, Fork(Offset{11}), CreateVerdict::kForkBeyondTail},
      {"the offset no stream reaches", &source, Fork(Offset{kOffsetMax}),
       CreateVerdict::kForkBeyondTail},
      {"beyond the tail is said first", &source, beyond, CreateVerdict::kForkBeyondTail},
      {"inside an append", &source, inside, CreateVerdict::kForkNotOnBoundary},
      {"into an append", &source, Fork(Offset{0}, 2), CreateVerdict::kCreated},
      {"past the next boundary", &source, too_far, CreateVerdict::kSubOffsetTooLarge},
      {"past the tail", &source, Fork(Offset{10}, 1), CreateVerdict::kSubOffsetTooLarge},
      {"past the tail that was not named", &source, Fork(std::nullopt, 1),
       CreateVerdict::kSubOffsetTooLarge},
      {"a body that is not of the source's kind", &source, bad_json,
       CreateVerdict::kContentTypeMismatch},
  };
  for (const Case& c : cases) {
    const CreateDecision decision = DecideCreate(nullptr, c.source, c.command, kId);
    EXPECT_EQ(decision.verdict, c.want) << c.why;
    ASSERT_EQ(decision.record.has_value(), c.want == CreateVerdict::kCreated) << c.why;
    EXPECT_TRUE(!decision.record || IsValid(*decision.record)) << c.why;
  }
}

TEST(DecideCreate, JudgesTheBodyOfAForkLast) {
  const StreamState source = Source("application/json");
  const CreateCommand bad = Holding(Fork(), "", true, Payload::Fault::kBadJson);
  const CreateCommand bad_and_beyond =
      Change(bad, [](CreateCommand& c) { c.fork.at = Offset{11}; });
  EXPECT_EQ(DecideCreate(nullptr, &source, bad, kId).verdict, CreateVerdict::kBadJson);
  EXPECT_EQ(DecideCreate(nullptr, &source, bad_and_beyond, kId).verdict,
            CreateVerdict::kForkBeyondTail);
}

TEST(DecideCreate, AForkHoldsItsPrefixThenItsBody) {
  const StreamState source = Source();
  const CreateCommand command = Holding(Fork(Offset{4}, 2), "own");
  const CreateDecision decision = DecideCreate(nullptr, &source, command, kId);
  ASSERT_TRUE(decision.record.has_value());
  EXPECT_EQ(decision.record->source, kSourceId);
  EXPECT_EQ(decision.record->start, Offset{4});
  EXPECT_EQ(decision.record->prefix, "ab");
  EXPECT_EQ(decision.record->data, "own");
  EXPECT_EQ(ApplyCreate(*decision.record).tail, Offset{9});
}

TEST(DecideCreate, AForkOfAClosedStreamStartsOpenAndWithoutWriters) {
  StreamState source = Source();
  AppendRecord last;
  last.id = kSourceId;
  last.data = "x";
  last.closes = true;
  last.producer = ProducerStamp{"p", 0, 0};
  last.stream_seq = "z";
  ApplyAppend(source, last);
  const StreamState fork = After(Fork(), &source);
  EXPECT_FALSE(fork.closed);
  EXPECT_TRUE(fork.producers.states().empty());
  EXPECT_FALSE(fork.seq_last.has_value());
  EXPECT_TRUE(After(Closing(Fork()), &source).closed) << "unless asked for";
}

// Protocol 4.2, the table of fork expiry: a row each.
TEST(DecideCreate, AForkInheritsItsExpiryByTheTable) {
  struct Case {
    const char* why;
    Expiry source, sent, want;
  };
  const Case cases[] = {
      {"nothing to inherit or set", {}, {}, {}},
      {"the fork's own window", {}, Ttl(5), Ttl(5)},
      {"the fork's own deadline", {}, At(5, "x"), At(5, "x")},
      {"the same window", Ttl(9), {}, Ttl(9)},
      {"the requested window", Ttl(9), Ttl(5), Ttl(5)},
      {"a deadline for a window", Ttl(9), At(5, "x"), At(5, "x")},
      {"the same deadline", At(9, "y"), {}, At(9, "y")},
      {"a window for a deadline", At(9, "y"), Ttl(5), Ttl(5)},
      {"a later deadline may outlive the source", At(9, "y"), At(50, "x"), At(50, "x")},
  };
  for (const Case& c : cases) {
    const StreamState source = Source("text/plain", c.source);
    const StreamState fork = After(Until(Fork(), c.sent), &source);
    EXPECT_EQ(fork.config->expiry, c.want) << c.why;
    EXPECT_EQ(fork.config->expiry.at_text, c.want.at_text) << c.why;
    EXPECT_EQ(fork.config->requested.expiry, c.sent) << c.why;
  }
}

TEST(DecideCreate, AForkInheritsItsTypeVerbatim) {
  const StreamState source = Source("Text/Plain;a=b");
  EXPECT_EQ(After(Fork(), &source).config->content_type, "Text/Plain;a=b");
  EXPECT_EQ(After(Typed(Fork(), "text/plain"), &source).config->content_type, "text/plain");
}

TEST(DecideCreate, ComparesARepeatedForkWithWhatWasRequested) {
  const StreamState source = Source("text/plain", Ttl(9));
  const CreateCommand elsewhere =
      Change(Fork(), [](CreateCommand& c) { c.fork_source = "/other"; });
  struct Case {
    const char* why;
    CreateCommand first;
    CreateCommand again;
    CreateVerdict want;
  };
  constexpr auto kExists = CreateVerdict::kExists;
  constexpr auto kMismatch = CreateVerdict::kConfigMismatch;
  const Case cases[] = {
      {"type and window inherited both times", Fork(), Fork(), kExists},
      {"the inherited type named", Fork(), Typed(Fork(), "text/plain"), kExists},
      {"the named type inherited", Typed(Fork(), "text/plain"), Fork(), kExists},
      {"another type", Fork(), Typed(Fork(), "text/html"), kMismatch},
      {"the inherited window named", Fork(), Until(Fork(), Ttl(9)), kExists},
      {"another window", Fork(), Until(Fork(), Ttl(5)), kMismatch},
      {"its own window left out", Until(Fork(), Ttl(5)), Fork(), kMismatch},
      {"the same offset", Fork(Offset{4}), Fork(Offset{4}), kExists},
      {"another offset", Fork(Offset{4}), Fork(Offset{0}), kMismatch},
      {"the source's tail named", Fork(), Fork(Offset{10}), kExists},
      {"another offset where none was sent", Fork(), Fork(Offset{4}), kMismatch},
      {"no offset where one was sent", Fork(Offset{4}), Fork(), kMismatch},
      {"the same sub-offset", Fork(Offset{4}, 2), Fork(Offset{4}, 2), kExists},
      {"another sub-offset", Fork(Offset{4}, 2), Fork(Offset{4}), kMismatch},
      {"another source", Fork(), elsewhere, kMismatch},
      {"no source", Fork(), Typed(Until(Put(), Ttl(9)), "text/plain"), kMismatch},
  };
  for (const Case& c : cases) {
    const StreamState fork = After(c.first, &source);
    EXPECT_EQ(Again(fork, c.again), c.want) << c.why << " (the source is gone by then)";
  }
}

TEST(DecideCreate, WithoutAnOffsetTheTailThatItsSourceHasNowIsMeant) {
  StreamState source = Source();
  const StreamState fork = After(Fork(Offset{10}), &source);
  const auto again = [&] { return DecideCreate(&fork, &source, Fork(), StreamId{99}).verdict; };
  ASSERT_EQ(source.tail, Offset{10});
  EXPECT_EQ(again(), CreateVerdict::kExists);
  source.tail = Offset{11};
  EXPECT_EQ(again(), CreateVerdict::kConfigMismatch);
}

TEST(DecideCreate, AStreamThatStandsWinsOverItsSource) {
  const StreamState source = Source();
  const StreamState fork = After(Fork(), &source);
  const StreamState deleted = SoftDeleted(Source());
  const StreamState other = Source("text/html");
  for (const StreamState* now : {static_cast<const StreamState*>(nullptr), &deleted, &other}) {
    EXPECT_EQ(DecideCreate(&fork, now, Fork(), StreamId{99}).verdict, CreateVerdict::kExists);
  }
}

}  // namespace
}  // namespace thalweg
