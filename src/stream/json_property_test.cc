// JSON splitting against what a generator knows and against another parser.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <simdjson.h>

#include <vector>

#include "stream/json_messages.h"

namespace thalweg {
namespace {

std::string Space() {
  return *rc::gen::elementOf(std::vector<std::string>{"", "", "", " ", "\n\t"});
}

std::string Scalar() {
  static const std::vector<std::string> kScalars = {
      "0",       "-1.50e+3",     "1e400",       "123456789012345678901234567890",
      "true",    "false",        "null",        "\"\"",
      "\"],[\"", "\"\\\"\\\\\"", "\"\\u00e9\"", "\"\xC3\xA9 and a rather longer text, you see\""};
  return *rc::gen::elementOf(kScalars);
}

std::string Value(int depth) {
  const int kind = depth == 0 ? 0 : *rc::gen::inRange(0, 4);
  if (kind < 2) return Scalar();
  const int parts = *rc::gen::inRange(0, 4);
  std::string text;
  for (int i = 0; i < parts; ++i) {
    if (i != 0) text += Space() + ",";
    text += Space();
    if (kind == 2) text += "\"k,\\\"\"" + Space() + ":" + Space();
    text += Value(depth - 1);
  }
  return (kind == 2 ? "{" : "[") + text + Space() + (kind == 2 ? "}" : "]");
}

// Whether another parser takes `body`; null where it gives up for reasons we do not share.
std::optional<bool> OtherVerdict(simdjson::dom::parser& parser, const std::string& body) {
  simdjson::dom::element element;
  switch (parser.parse(body).get(element)) {
    case simdjson::SUCCESS: return true;
    case simdjson::NUMBER_ERROR:  // also for numbers it cannot hold
    case simdjson::STRING_ERROR:  // also for lone surrogates
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC: return std::nullopt;
    default: return false;
  }
}

TEST(SplitJsonProperty, GivesBackTheValuesThatWereJoined) {
  EXPECT_TRUE(rc::check([] {
    std::string body = Space() + "[";
    std::string wire;
    const int values = *rc::gen::inRange(0, 6);
    for (int i = 0; i < values; ++i) {
      const std::string value = Value(3);
      if (i != 0) body += ",";
      body += Space() + value + Space();
      wire += value + ",";
    }
    const auto split = SplitJson(body + "]" + Space());
    RC_ASSERT(split.has_value());
    RC_ASSERT(split->bytes == wire);
    RC_ASSERT(split->values == static_cast<uint64_t>(values));
    RC_ASSERT(WireBytesOfValues(wire, split->values) == wire.size());
  }));
}

TEST(SplitJsonProperty, AgreesWithAnotherParserOnDamagedBodies) {
  simdjson::dom::parser parser;
  EXPECT_TRUE(rc::check([&parser] {
    std::string body = Value(4);
    const int damages = *rc::gen::inRange(0, 3);
    for (int i = 0; i < damages && !body.empty(); ++i) {
      const size_t at = *rc::gen::inRange<size_t>(0, body.size());
      const char with = *rc::gen::elementOf(std::string("[]{},:\"\\ 0-.eE+tnu\n\x01\xC3\xEF"));
      switch (*rc::gen::inRange(0, 3)) {
        case 0: body[at] = with; break;
        case 1: body.insert(at, 1, with); break;
        default: body.erase(at, 1); break;
      }
    }
    const std::optional<bool> want = OtherVerdict(parser, body);
    RC_PRE(want.has_value());
    RC_ASSERT(SplitJson(body).has_value() == *want);
  }));
}

}  // namespace
}  // namespace thalweg
