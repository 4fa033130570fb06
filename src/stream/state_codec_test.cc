#include "stream/state_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace thalweg {
namespace {

using std::string_view_literals::operator""sv;

// The example of docs/formats/state.md.
constexpr std::string_view kExample =
    "\x0f\xac\x02\x05\x01\x0a\x01p\x01\x01\x01s\x02\x01p\x01\x01\x01q\x00\x00"sv;

StateChanges Example() {
  StateChanges changes;
  changes.last = Lsn{300};
  changes.tail = Offset{5};
  changes.closed = true;
  changes.closed_by = ClosingStamp{"p", 1, 1};
  changes.soft_deleted = true;
  changes.forks = 1;
  changes.seq_last = "s";
  changes.producers.Restore("q", {0, 0});
  changes.producers.Restore("p", {1, 1});
  changes.accessed_steady_ms = 5;
  return changes;
}

// Of a stream that was created and then changed so.
std::string Encode(const StateChanges& changes) {
  StreamState state;
  RestoreChanges(state, changes);
  std::string bytes;
  EncodeState(state, changes.last, bytes);
  return bytes;
}

TEST(StateCodec, SpellsTheExampleOfTheDocument) {
  EXPECT_EQ(Encode(Example()), kExample);
  EXPECT_EQ(DecodeState(kExample), Example());
}

TEST(StateCodec, GivesBackAStateInWhichNothingHasHappened) {
  EXPECT_EQ(Encode({}), "\0\0\0\0\0\0"sv);
  EXPECT_EQ(DecodeState("\0\0\0\0\0\0"sv), StateChanges{});
}

TEST(StateCodec, RefusesEveryTruncationAndAnythingLeftOver) {
  for (size_t size = 0; size < kExample.size(); ++size) {
    EXPECT_FALSE(DecodeState(kExample.substr(0, size))) << size;
  }
  EXPECT_FALSE(DecodeState(std::string(kExample) + '\0'));
}

TEST(StateCodec, RefusesWhatIsNoStateOrHasAnotherEncoding) {
  struct Case {
    const char* why;
    std::string_view bytes;
  };
  const Case cases[] = {
      {"an unknown flag", "\x10\0\0\0\0\0"sv},
      {"closed by somebody, but not closed", "\x02\0\0\0\0\x01p\0\0\0"sv},
      {"closed by a producer without a name", "\x03\0\0\0\0\0\0\0\0"sv},
      {"a number spelt too long", "\0\x80\0\0\0\0\0"sv},
      {"a tail beyond the last offset", "\0\0\x80\x80\x84\xfe\xa6\xde\xe1\x11\0\0\0"sv},
      {"a producer without a name", "\0\0\0\0\0\x01\0\0\0"sv},
      {"producers out of order", "\0\0\0\0\0\x02\x01q\0\0\x01p\0\0"sv},
      {"a producer twice", "\0\0\0\0\0\x02\x01p\0\0\x01p\0\0"sv},
      {"more producers than bytes", "\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv},
  };
  for (const Case& c : cases) EXPECT_FALSE(DecodeState(c.bytes)) << c.why;
}

TEST(StateCodec, AnyChangedByteIsRefusedOrIsTheEncodingOfAnotherState) {
  for (size_t at = 0; at < kExample.size(); ++at) {
    std::string bytes(kExample);
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    EXPECT_NE(DecodeState(bytes), Example()) << at;
  }
}

TEST(StateCodec, EveryStateComesBackAsItWas) {
  EXPECT_TRUE(rc::check([] {
    StateChanges changes;
    changes.last = Lsn{*rc::gen::arbitrary<uint64_t>()};
    changes.tail = Offset{*rc::gen::inRange<uint64_t>(0, kOffsetMax)};
    changes.closed = *rc::gen::arbitrary<bool>();
    if (changes.closed && *rc::gen::arbitrary<bool>()) {
      changes.closed_by =
          ClosingStamp{*rc::gen::nonEmpty<std::string>(), *rc::gen::arbitrary<uint64_t>(), 3};
    }
    changes.soft_deleted = *rc::gen::arbitrary<bool>();
    changes.forks = *rc::gen::arbitrary<uint64_t>();
    if (*rc::gen::arbitrary<bool>()) changes.seq_last = *rc::gen::arbitrary<std::string>();
    changes.accessed_steady_ms = *rc::gen::arbitrary<int64_t>();
    for (const std::string& id : *rc::gen::arbitrary<std::vector<std::string>>()) {
      const ProducerTable::State producer{*rc::gen::arbitrary<uint64_t>(), 0};
      if (!id.empty() && changes.producers.Find(id) == nullptr) {
        changes.producers.Restore(id, producer);
      }
    }
    RC_ASSERT(DecodeState(Encode(changes)) == changes);
  }));
}

}  // namespace
}  // namespace thalweg
