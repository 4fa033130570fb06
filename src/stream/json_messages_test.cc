#include "stream/json_messages.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(SplitJson, KeepsTheBytesOfEveryValue) {
  struct Case {
    const char* why;
    std::string_view body;
    std::string_view wire;
    uint64_t values;
  };
  const Case cases[] = {
      {"an object is one message", R"({"event":"created"})", R"({"event":"created"},)", 1},
      {"an array is a batch", R"([{"a":1},{"b":2}])", R"({"a":1},{"b":2},)", 2},
      {"one level is flattened", "[[1,2],[3,4]]", "[1,2],[3,4],", 2},
      {"exactly one", "[[[1,2,3]]]", "[[1,2,3]],", 1},
      {"an empty array holds nothing", "[]", "", 0},
      {"nor with space inside", " [ \n] ", "", 0},
      {"an empty array inside is a message", "[[]]", "[],", 1},
      {"two of them", "[[],[]]", "[],[],", 2},
      {"an empty object", "{}", "{},", 1},
      {"an empty string", "\"\"", "\"\",", 1},
      {"a number", "42", "42,", 1},
      {"a word", "null", "null,", 1},
      {"space around is not kept", " \t\r\n{\"a\":1}\n", "{\"a\":1},", 1},
      {"space between values is not kept", "[ 1 ,\n2\t,3 ]", "1,2,3,", 3},
      {"space before a comma only", "[1 ,2,3]", "1,2,3,", 3},
      {"space behind a comma only", "[1, 2,3]", "1,2,3,", 3},
      {"space inside a value is", "{ \"a\" : [ 1 , 2 ] }", "{ \"a\" : [ 1 , 2 ] },", 1},
      {"the spelling of a number stays", "[1.0,1E5,-0,1e400]", "1.0,1E5,-0,1e400,", 4},
      {"a number beyond 64 bits stays", "123456789012345678901234567890",
       "123456789012345678901234567890,", 1},
      {"keys keep order and repetition", R"({"b":1,"a":2,"b":3})", R"({"b":1,"a":2,"b":3},)", 1},
      {"escapes stay", R"(["\u0041\n\/"])", R"("\u0041\n\/",)", 1},
      {"brackets and commas in strings are text", R"(["],[","{\"}"])", R"("],[","{\"}",)", 2},
  };
  for (const Case& c : cases) {
    const auto wire = SplitJson(c.body);
    ASSERT_TRUE(wire.has_value()) << c.why << ": " << wire.error();
    EXPECT_EQ(wire->bytes, c.wire) << c.why;
    EXPECT_EQ(wire->values, c.values) << c.why;
  }
}

struct Case {
  const char* why;
  std::string_view body;
};

TEST(SplitJson, AcceptsWhatTheGrammarAccepts) {
  const Case cases[] = {
      {"zero", "0"},
      {"minus zero", "-0"},
      {"negative", "-12"},
      {"fraction", "0.5"},
      {"negative fraction", "-0.50"},
      {"exponent", "1e5"},
      {"signed exponents", "[1E+5,1e-5]"},
      {"exponent with leading zeros", "1e05"},
      {"fraction and exponent", "1.5e300"},
      {"overflowing exponent", "1e99999999999999"},
      {"vanishing exponent", "1e-99999999999999"},
      {"the words", "[true,false,null]"},
      {"every short escape", R"("\"\\\/\b\f\n\r\t")"},
      {"escaped NUL", R"("\u0000")"},
      {"hexadecimal in both cases", R"("\uAbCd")"},
      {"a surrogate pair", R"("\ud83d\ude00")"},
      {"a lone surrogate escape is text of the grammar", R"("\ud800")"},
      {"two low surrogates", R"("\udc00\udc00")"},
      {"bytes of two", "\"\xC3\xA9\""},
      {"bytes of three", "\"\xE2\x82\xAC\""},
      {"bytes of four", "\"\xF0\x9F\x98\x80\""},
      {"a noncharacter", "\"\xEF\xBF\xBF\""},
      {"DEL is no control character here", "\"\x7F\""},
      {"a byte order mark inside a string", "\"\xEF\xBB\xBF\""},
      {"line separator in a string", "\"\xE2\x80\xA8\""},
      {"every space", " \t\n\r1 \t\n\r"},
      {"the empty key", R"({"":0})"},
      {"the same key twice", R"({"a":0,"a":1})"},
      {"objects in arrays in objects", R"({"a":[{"b":[{}]}]})"},
      {"a string across vectors", R"("0123456789abcdef0123456789abcdef0123456789\"")"},
      {"a quote at a vector's end", R"("0123456789abcde")"},
      {"an escape at a vector's end", R"("0123456789abcd\n6789")"},
  };
  for (const Case& c : cases) {
    const auto wire = SplitJson(c.body);
    EXPECT_TRUE(wire.has_value()) << c.why << ": " << wire.error();
  }
}

TEST(SplitJson, RefusesStructureThatIsNotJson) {
  const Case cases[] = {
      {"nothing", ""},
      {"only space", " \n\t"},
      {"two values", "1 2"},
      {"two arrays", "[][]"},
      {"a value behind the array", "[1]2"},
      {"a comma behind the value", "1,"},
      {"a comma behind the array", "[1],"},
      {"a bracket too many", "[1]]"},
      {"a brace too many", "{}}"},
      {"trailing comma", "[1,]"},
      {"trailing comma in an object", R"({"a":1,})"},
      {"leading comma", "[,1]"},
      {"only a comma", "[,]"},
      {"two commas", "[1,,2]"},
      {"no comma", "[1 2]"},
      {"no comma between strings", R"(["a""b"])"},
      {"a colon in an array", R"(["a":1])"},
      {"unclosed array", "[1"},
      {"unclosed array behind a comma", "[1,"},
      {"only an opening bracket", "["},
      {"only a closing bracket", "]"},
      {"unclosed object", "{"},
      {"unclosed behind a key", R"({"a")"},
      {"unclosed behind a colon", R"({"a":)"},
      {"unclosed behind a value", R"({"a":1)"},
      {"mixed brackets", "[}"},
      {"mixed brackets, nested", R"([{"a":1]})"},
      {"mixed the other way", R"({"a":[1}])"},
      {"no key", "{:1}"},
      {"no value", R"({"a":})"},
      {"no colon", R"({"a" 1})"},
      {"two colons", R"({"a"::1})"},
      {"a number for a key", "{1:1}"},
      {"a word for a key", "{a:1}"},
      {"single quotes", "{'a':1}"},
      {"a comma for the colon", R"({"a",1})"},
      {"a comment", "[1/**/]"},
      {"a line comment", "1//x"},
      {"a byte order mark", "\xEF\xBB\xBF{}"},
      {"form feed for space", "[\f1]"},
      {"vertical tab for space", "[1\v]"},
      {"no-break space", "[1\xC2\xA0]"},
      {"a NUL behind", std::string_view("1\0", 2)},
      {"a NUL in front", std::string_view("\0001", 2)},
      {"a bad value deep inside", R"([[{"a":[1,{"b":tru}]}]])"},
  };
  for (const Case& c : cases) {
    const auto wire = SplitJson(c.body);
    ASSERT_FALSE(wire.has_value()) << c.why;
    EXPECT_FALSE(wire.error().empty()) << c.why;
  }
}

TEST(SplitJson, RefusesScalarsThatAreNotJson) {
  const Case cases[] = {
      {"not a number", "NaN"},
      {"infinity", "Infinity"},
      {"minus infinity", "-Infinity"},
      {"undefined", "undefined"},
      {"upper case", "TRUE"},
      {"a word cut short", "tru"},
      {"a word too long", "truex"},
      {"nul", "nul"},
      {"leading zero", "01"},
      {"leading zero, negative", "-01"},
      {"two zeros", "00"},
      {"plus", "+1"},
      {"minus alone", "-"},
      {"two minus", "--1"},
      {"no integer part", ".5"},
      {"no integer part, negative", "-.5"},
      {"no fraction", "1."},
      {"no fraction before the exponent", "1.e5"},
      {"no exponent", "1e"},
      {"a sign for the exponent", "1e+"},
      {"two signs", "1e+-1"},
      {"fraction in the exponent", "1e1.5"},
      {"two fractions", "1.2.3"},
      {"hexadecimal", "0x10"},
      {"separator", "1_000"},
      {"full-width digit", "\xEF\xBC\x91"},
      {"unclosed string", "\"abc"},
      {"unclosed behind a backslash", "\"abc\\"},
      {"only a quote", "\""},
      {"an unknown escape", R"("\x41")"},
      {"an upper case escape", R"("\N")"},
      {"escaped single quote", R"("\'")"},
      {"escaped NUL byte", std::string_view("\"\\\0\"", 4)},
      {"short hexadecimal", R"("\u12")"},
      {"hexadecimal cut by the end", R"("\u12)"},
      {"not hexadecimal", R"("\u12G4")"},
      {"line feed in a string", "\"a\nb\""},
      {"tab in a string", "\"a\tb\""},
      {"NUL in a string", std::string_view("\"a\0b\"", 5)},
      {"the last control character", "\"\x1F\""},
      {"a control character deep in a vector", "\"0123456789abcdef0123\x01 56789abcdef\""},
      {"a tab in a key", "{\"a\tb\":1}"},
      {"bare text", "hello"},
  };
  for (const Case& c : cases) EXPECT_FALSE(SplitJson(c.body).has_value()) << c.why;
}

TEST(SplitJson, RefusesWhatIsNotUtf8) {
  const Case cases[] = {
      {"a lone continuation", "\"\x80\""},
      {"a cut sequence", "\"\xC3\""},
      {"a cut sequence of four", "\"\xF0\x9F\x98\""},
      {"overlong slash", "\"\xC0\xAF\""},
      {"overlong of three", "\"\xE0\x80\xAF\""},
      {"a surrogate in bytes", "\"\xED\xA0\x80\""},
      {"beyond the last code point", "\"\xF4\x90\x80\x80\""},
      {"a byte that never occurs", "\"\xFF\""},
      {"Latin-1", "\"caf\xE9\""},
      {"UTF-16", std::string_view("\xFF\xFE[\0]\0", 6)},
      {"in a key", "{\"\xFF\":1}"},
      {"far from the beginning", "[\"0123456789abcdef0123456789abcdef0123456789abcdef\xC3\"]"},
  };
  for (const Case& c : cases) EXPECT_FALSE(SplitJson(c.body).has_value()) << c.why;
}

TEST(SplitJson, NestsAsDeepAsTheLimitAndNoDeeper) {
  for (const auto& [open, close] : {std::pair("[", "]"), std::pair("{\"a\":", "}")}) {
    const auto nested = [&](size_t depth) {
      return Repeat(open, depth) + "1" + Repeat(close, depth);
    };
    EXPECT_TRUE(SplitJson(nested(kJsonDepthMax)).has_value()) << open;
    EXPECT_FALSE(SplitJson(nested(kJsonDepthMax + 1)).has_value()) << open;
    EXPECT_FALSE(SplitJson(nested(100'000)).has_value()) << open;
  }
  EXPECT_TRUE(SplitJson(Repeat("[", kJsonDepthMax) + Repeat("]", kJsonDepthMax)).has_value());
  EXPECT_FALSE(
      SplitJson(Repeat("[", kJsonDepthMax + 1) + Repeat("]", kJsonDepthMax + 1)).has_value());
  EXPECT_FALSE(SplitJson(Repeat("[", 1'000'000)).has_value());
}

TEST(SplitJson, DepthIsTheNestingAndNotTheCountOfBrackets) {
  EXPECT_EQ(SplitJson("[" + Repeat("[[]],", 10'000) + "1]")->values, 10'001u);
}

TEST(WireBytesOfValues, CountsValuesAndNotCommas) {
  const std::string wire = SplitJson(R"([1,{"a":[1,2],"b":","},"x,\",y",[]])")->bytes;
  ASSERT_EQ(wire, R"(1,{"a":[1,2],"b":","},"x,\",y",[],)");
  EXPECT_EQ(WireBytesOfValues(wire, 0), 0u);
  EXPECT_EQ(WireBytesOfValues(wire, 1), 2u);
  EXPECT_EQ(WireBytesOfValues(wire, 2), 22u);
  EXPECT_EQ(WireBytesOfValues(wire, 3), 31u);
  EXPECT_EQ(WireBytesOfValues(wire, 4), wire.size());
  EXPECT_EQ(WireBytesOfValues(wire, 5), std::string_view::npos);
  EXPECT_EQ(WireBytesOfValues(wire, UINT64_MAX), std::string_view::npos);
  EXPECT_EQ(WireBytesOfValues("", 0), 0u);
  EXPECT_EQ(WireBytesOfValues("", 1), std::string_view::npos);
}

}  // namespace
}  // namespace thalweg
