#include "http/decode.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/problem_codes.h"
#include "http/request_fields.h"
#include "http/router_test_support.h"

namespace thalweg {
namespace {

RequestFields FieldsOf(const Fields& headers) { return FindFields(headers).value(); }

TEST(RequestFields, FindsEachFieldByItsName) {
  using Slot = RequestFields::Field RequestFields::*;
  struct Case {
    const char* name;
    Slot slot;
  };
  const Case cases[] = {
      {"content-type", &RequestFields::content_type},
      {"stream-seq", &RequestFields::stream_seq},
      {"stream-ttl", &RequestFields::stream_ttl},
      {"stream-expires-at", &RequestFields::stream_expires_at},
      {"stream-closed", &RequestFields::stream_closed},
      {"stream-forked-from", &RequestFields::forked_from},
      {"stream-fork-offset", &RequestFields::fork_offset},
      {"stream-fork-sub-offset", &RequestFields::fork_sub_offset},
      {"producer-id", &RequestFields::producer_id},
      {"producer-epoch", &RequestFields::producer_epoch},
      {"producer-seq", &RequestFields::producer_seq},
  };
  for (const Case& c : cases) {
    const RequestFields fields = FieldsOf({{"host", "x"}, {c.name, "value"}});
    for (const Case& other : cases) {
      EXPECT_EQ((fields.*other.slot).has_value(), other.slot == c.slot) << c.name << other.name;
    }
    const auto twice = FindFields(Fields{{c.name, "value"}, {c.name, "value"}});
    ASSERT_FALSE(twice) << c.name;
    EXPECT_EQ(twice.error().problem, &kRepeatedHeader) << c.name;
  }
}

TEST(RequestFields, IgnoresNamesThatOnlyResembleOnes) {
  const RequestFields fields = FieldsOf({{"xtream-seq", "1"},
                                         {"stream-sex", "1"},
                                         {"xroducer-id", "1"},
                                         {"content-typo", "1"},
                                         {"stream-fork-offsex", "1"}});
  EXPECT_FALSE(fields.stream_seq || fields.stream_ttl || fields.producer_id ||
               fields.content_type || fields.fork_offset);
}

TEST(RequestFields, ClosesOnlyOnTrueInAnyCase) {
  struct Case {
    const char* value;
    bool closes;
  };
  const Case cases[] = {{"true", true}, {"TRUE", true},   {"True", true},       {"", false},
                        {"1", false},   {"yes", false},   {"false", false},     {"truee", false},
                        {"tru", false}, {"true ", false}, {"true, true", false}};
  for (const Case& c : cases) {
    EXPECT_EQ(FieldsOf({{"stream-closed", c.value}}).closes(), c.closes) << c.value;
  }
  EXPECT_FALSE(FieldsOf({}).closes());
}

TEST(DecodeProducer, NeedsAllThreeOrNone) {
  EXPECT_EQ(DecodeProducer(FieldsOf({})).value(), std::nullopt);
  const Fields all = {{"producer-id", "p"}, {"producer-epoch", "007"}, {"producer-seq", "0"}};
  const auto stamp = DecodeProducer(FieldsOf(all)).value();
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->id, "p");
  EXPECT_EQ(stamp->epoch, 7u) << "leading zeros are allowed";
  EXPECT_EQ(stamp->seq, 0u);
  for (size_t missing = 0; missing < all.size(); ++missing) {
    Fields some = all;
    some.erase(some.begin() + static_cast<ptrdiff_t>(missing));
    EXPECT_FALSE(DecodeProducer(FieldsOf(some))) << missing;
  }
}

TEST(DecodeProducer, TakesOnlyWholeNumbersUpToTheLimit) {
  const auto good = [](std::string_view epoch, std::string_view seq) {
    return DecodeProducer(
               FieldsOf({{"producer-id", "p"}, {"producer-epoch", epoch}, {"producer-seq", seq}}))
        .has_value();
  };
  EXPECT_TRUE(good("9007199254740991", "9007199254740991"));
  for (const char* bad : {"", "-1", "+1", "1.0", "1e3", "x", " 1", "1 ", "0x1", "9007199254740992",
                          "99999999999999999999999"}) {
    EXPECT_FALSE(good(bad, "0")) << bad;
    EXPECT_FALSE(good("0", bad)) << bad;
  }
  EXPECT_FALSE(DecodeProducer(
      FieldsOf({{"producer-id", ""}, {"producer-epoch", "0"}, {"producer-seq", "0"}})));
}

TEST(DecodeExpiry, TakesATtlOrAnInstant) {
  EXPECT_EQ(DecodeExpiry(FieldsOf({}))->kind, Expiry::Kind::kNever);
  const auto ttl = DecodeExpiry(FieldsOf({{"stream-ttl", "60"}, {"stream-expires-at", ""}}));
  ASSERT_TRUE(ttl) << "an empty header is as good as none";
  EXPECT_EQ(ttl->ttl_s, 60u);
  const auto at = DecodeExpiry(FieldsOf({{"stream-expires-at", "2030-01-01T00:00:00+00:00"}}));
  ASSERT_TRUE(at);
  EXPECT_EQ(at->at_ms, 1'893'456'000'000);
  EXPECT_EQ(at->at_text, "2030-01-01T00:00:00+00:00");
  for (const Fields& bad :
       {Fields{{"stream-ttl", "01"}}, Fields{{"stream-expires-at", "soon"}},
        Fields{{"stream-ttl", "1"}, {"stream-expires-at", "2030-01-01T00:00:00Z"}}}) {
    const auto refused = DecodeExpiry(FieldsOf(bad));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().problem, &kBadExpiry);
  }
}

TEST(DecodeFork, TakesASourceWithOffsets) {
  const auto fork = DecodeFork(FieldsOf({{"stream-forked-from", "/v1/stream/a"},
                                         {"stream-fork-offset", kZeroOffset},
                                         {"stream-fork-sub-offset", "3"}}),
                               {"/v1/stream"});
  ASSERT_TRUE(fork && *fork);
  EXPECT_EQ((*fork)->source, "a");
  EXPECT_EQ((*fork)->point.at, Offset{0});
  EXPECT_EQ((*fork)->point.sub_offset, 3u);
  const auto tail =
      DecodeFork(FieldsOf({{"stream-forked-from", "a"}, {"stream-fork-offset", ""}}), {});
  ASSERT_TRUE(tail && *tail);
  EXPECT_EQ((*tail)->point.at, std::nullopt) << "an empty offset is the tail";
  EXPECT_EQ(DecodeFork(FieldsOf({{"stream-forked-from", ""}}), {}).value(), std::nullopt);
}

TEST(DecodeFork, RefusesWhatIsMalformed) {
  const Fields cases[] = {
      {{"stream-forked-from", "a"}, {"stream-fork-offset", "-1"}},
      {{"stream-forked-from", "a"}, {"stream-fork-offset", "now"}},
      {{"stream-fork-offset", kZeroOffset}},
      {{"stream-fork-sub-offset", "0"}},
      {{"stream-forked-from", ""}, {"stream-fork-offset", kZeroOffset}},
      {{"stream-forked-from", "a"}, {"stream-fork-sub-offset", ""}},
      {{"stream-forked-from", "a"}, {"stream-fork-sub-offset", "05"}},
      {{"stream-forked-from", "a"}, {"stream-fork-sub-offset", "-1"}},
      {{"stream-forked-from", "a"}, {"stream-fork-sub-offset", "1.5"}},
      {{"stream-forked-from", "a"}, {"stream-fork-sub-offset", "+1"}},
  };
  for (const Fields& headers : cases) {
    const auto fork = DecodeFork(FieldsOf(headers), {});
    ASSERT_FALSE(fork) << headers.back().name << headers.back().value;
    EXPECT_EQ(fork.error().problem, &kBadFork);
  }
}

TEST(DecodeNewContentType, KeepsOnlyWhatLooksLikeOne) {
  EXPECT_EQ(DecodeNewContentType(FieldsOf({{"content-type", "Text/Plain; x=y"}})),
            "Text/Plain; x=y");
  for (const char* bad : {"", "foo", "*/*"}) {
    EXPECT_EQ(DecodeNewContentType(FieldsOf({{"content-type", bad}})), std::nullopt) << bad;
  }
  EXPECT_EQ(DecodeNewContentType(FieldsOf({})), std::nullopt);
}

TEST(DecodeBody, SplitsJsonAndKeepsOtherBytes) {
  using Fault = Payload::Fault;
  struct Case {
    const char* why;
    const char* body;
    bool is_json;
    const char* wire;
    Fault fault;
  };
  const Case cases[] = {
      {"bytes", "[1]", false, "[1]", Fault::kNone},
      {"one value", " {\"a\":1} ", true, "{\"a\":1},", Fault::kNone},
      {"array", "[1, 2]", true, "1,2,", Fault::kNone},
      {"no body", "", true, "", Fault::kNone},
      {"empty array", "[]", true, "[]", Fault::kEmptyArray},
      {"bad", "{", true, "{", Fault::kBadJson},
      {"white space is no value", "  ", true, "  ", Fault::kBadJson},
  };
  for (const Case& c : cases) {
    Body body;
    DecodeBody(c.body, c.is_json, body);
    EXPECT_EQ(body.payload.wire, c.wire) << c.why;
    EXPECT_EQ(body.payload.is_json, c.is_json) << c.why;
    EXPECT_EQ(body.payload.fault, c.fault) << c.why;
    EXPECT_EQ(body.error.empty(), c.fault != Fault::kBadJson) << c.why;
  }
}

TEST(DecodeNewBody, TakesAnEmptyArrayForAnEmptyStream) {
  Body empty;
  DecodeNewBody(" [ ] ", true, empty);
  EXPECT_EQ(empty.payload.fault, Payload::Fault::kNone);
  EXPECT_EQ(empty.payload.wire, "");
  Body bytes;
  DecodeNewBody("[]", false, bytes);
  EXPECT_EQ(bytes.payload.wire, "[]") << "of bytes, these are two";
  Body bad;
  DecodeNewBody("[", true, bad);
  EXPECT_EQ(bad.payload.fault, Payload::Fault::kBadJson);
}

}  // namespace
}  // namespace thalweg
