#include "http/sse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace thalweg {
namespace {

std::vector<Bytes> PartsOf(const std::vector<std::string>& texts) {
  std::vector<Bytes> parts;
  for (const std::string& text : texts) parts.push_back(Bytes::Own(text));
  return parts;
}

std::string DataEvent(ContentKind kind, const std::vector<std::string>& texts) {
  std::string out;
  SseDataState state;
  AppendSseData(kind, PartsOf(texts), false, state, out);
  return out;
}

TEST(Sse, SplitsTextIntoLinesAtEveryKindOfNewline) {
  struct Case {
    const char* why;
    std::vector<std::string> parts;
    std::string lines;  // between the event's name and its blank line
  };
  const Case cases[] = {
      {"one line has no space behind the colon", {"hello"}, "data:hello\n"},
      {"LF", {"a\nb"}, "data:a\ndata:b\n"},
      {"CR", {"a\rb"}, "data:a\ndata:b\n"},
      {"CRLF is one break", {"a\r\nb"}, "data:a\ndata:b\n"},
      {"LF CR are two", {"a\n\rb"}, "data:a\ndata:\ndata:b\n"},
      {"CR CR LF are two", {"a\r\r\nb"}, "data:a\ndata:\ndata:b\n"},
      {"an empty line in the middle", {"a\n\nb"}, "data:a\ndata:\ndata:b\n"},
      {"a newline at the end", {"a\n"}, "data:a\ndata:\n"},
      {"a newline at the start", {"\na"}, "data:\ndata:a\n"},
      {"only a newline", {"\n"}, "data:\ndata:\n"},
      {"only CRLF", {"\r\n"}, "data:\ndata:\n"},
      {"a leading space survives the parser", {" a"}, "data:  a\n"},
      {"a leading space on a later line", {"a\n b"}, "data:a\ndata:  b\n"},
      {"only a space", {" "}, "data:  \n"},
      {"a tab needs no help", {"\ta"}, "data:\ta\n"},
      {"an injected field stays data",
       {"event: control\ndata:x"},
       "data:event: control\ndata:data:x\n"},
      {"an injected blank line stays data",
       {"a\n\nevent: evil\n\n"},
       "data:a\ndata:\ndata:event: evil\ndata:\ndata:\n"},
      {"a zero byte", {std::string("a\0b\nc", 5)}, std::string("data:a\0b\ndata:c\n", 16)},
      {"parts join", {"a", "b"}, "data:ab\n"},
      {"a space that begins a part is not the line's first", {"a", " b"}, "data:a b\n"},
      {"a line that begins with a new part", {"a\n", " b"}, "data:a\ndata:  b\n"},
      {"CRLF over two parts is one break", {"a\r", "\nb"}, "data:a\ndata:b\n"},
      {"CRLF, then LF in the next part, are two", {"a\r\n", "\nb"}, "data:a\ndata:\ndata:b\n"},
      {"CR, an empty part, LF", {"a\r", "", "\nb"}, "data:a\ndata:b\n"},
      {"CR alone in the middle part", {"a", "\r", "b"}, "data:a\ndata:b\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(DataEvent(ContentKind::kText, c.parts), "event: data\n" + c.lines + "\n") << c.why;
  }
}

TEST(Sse, WritesJsonAsOneArrayWithoutItsLastComma) {
  struct Case {
    const char* why;
    std::vector<std::string> parts;
    std::string lines;
  };
  const Case cases[] = {
      {"one value", {"{\"a\":1},"}, "data:[{\"a\":1}]\n"},
      {"two in one append", {"1,2,"}, "data:[1,2]\n"},
      {"two appends", {"1,", "\"x\","}, "data:[1,\"x\"]\n"},
      {"an empty part behind the last", {"1,", ""}, "data:[1]\n"},
      {"the last comma alone", {"1", ","}, "data:[1]\n"},
      {"newlines inside a value", {"{\n \"a\":\r\n1},"}, "data:[{\ndata:  \"a\":\ndata:1}]\n"},
      {"an array as a value", {"[],"}, "data:[[]]\n"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(DataEvent(ContentKind::kJson, c.parts), "event: data\n" + c.lines + "\n") << c.why;
  }
}

TEST(Sse, WritesBytesInBase64OnOneLine) {
  struct Case {
    const char* why;
    std::vector<std::string> parts;
    std::string text;
  };
  const Case cases[] = {
      {"three bytes need no padding", {"foo"}, "Zm9v"},
      {"two bytes", {"fo"}, "Zm8="},
      {"one byte", {"f"}, "Zg=="},
      {"newlines are bytes", {"\r\n"}, "DQo="},
      {"the last two letters of the alphabet", {"\xfb\xff\xfe"}, "+//+"},
      {"zeros", {std::string(3, '\0')}, "AAAA"},
      {"groups cross parts", {"f", "oob", "a", "r"}, "Zm9vYmFy"},
      {"a rest of one over parts", {"fo", "ob", ""}, "Zm9vYg=="},
      {"a rest of two over parts", {"", "foo", "b", "a"}, "Zm9vYmE="},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(DataEvent(ContentKind::kBytes, c.parts), "event: data\ndata:" + c.text + "\n\n")
        << c.why;
  }
}

TEST(Sse, NamesInAControlEventWhatHolds) {
  struct Case {
    const char* why;
    SseControl control;
    std::string json;
  };
  const std::string next = "{\"streamNextOffset\":\"0000000000000000_0000000000000007\"";
  const Case cases[] = {
      {"on the way", {Offset{7}, 42, false, false}, next + ",\"streamCursor\":\"42\"}"},
      {"at the tail",
       {Offset{7}, 42, true, false},
       next + ",\"streamCursor\":\"42\",\"upToDate\":true}"},
      {"closed needs no cursor",
       {Offset{7}, 42, true, true},
       next + ",\"upToDate\":true,\"streamClosed\":true}"},
  };
  for (const Case& c : cases) {
    std::string out;
    AppendSseControl(c.control, out);
    EXPECT_EQ(out, "event: control\ndata:" + c.json + "\n\n") << c.why;
  }
}

TEST(Sse, EncodesAPageAsAPairAndAnEmptyPageAsItsControlAlone) {
  Page page{.parts = PartsOf({"ab"}), .start = Offset{5}, .end = Offset{7}, .at_tail = true};
  SseEvent event = EncodeSseEvent(ContentKind::kText, {page.start}, page, 9);
  EXPECT_EQ(event.start, Offset{5});
  EXPECT_EQ(event.end().offset, Offset{7});
  EXPECT_EQ(event.bytes.view().substr(0, event.data_bytes), "event: data\ndata:ab\n\n");
  EXPECT_EQ(event.bytes.view().substr(event.data_bytes),
            "event: control\ndata:{\"streamNextOffset\":\"0000000000000000_0000000000000007\","
            "\"streamCursor\":\"9\",\"upToDate\":true}\n\n");

  page = {.parts = {}, .start = Offset{7}, .end = Offset{7}, .at_tail = true, .closed = true};
  event = EncodeSseEvent(ContentKind::kText, {page.start}, page, 9);
  EXPECT_EQ(event.data_bytes, 0u);
  EXPECT_TRUE(event.bytes.view().starts_with("event: control\n"));
}

TEST(Sse, WritesTheSameInPiecesAsInOne) {
  std::mt19937 random(11);
  for (const ContentKind kind : {ContentKind::kText, ContentKind::kJson, ContentKind::kBytes}) {
    for (int round = 0; round < 2000; ++round) {
      std::string text;
      for (size_t i = random() % 24; i > 0; --i) text += "a b\r\n\r\n:"[random() % 8];
      text += "x,";
      const std::string whole = DataEvent(kind, {text});
      std::string pieces;
      SseDataState state;
      for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.size(), at + 1 + random() % 7);
        AppendSseData(kind, PartsOf({text.substr(at, end - at)}), end < text.size(), state, pieces);
        EXPECT_EQ(state.is_begun, end < text.size());
        at = end;
      }
      ASSERT_EQ(pieces, whole) << "kind " << static_cast<int>(kind) << " round " << round;
    }
  }
}

// What a client that follows the HTML standard makes of the lines of one event.
std::string ParseData(std::string_view event) {
  std::string data;
  while (!event.empty()) {
    const size_t end = event.find_first_of("\r\n");
    std::string_view line = event.substr(0, end);
    event.remove_prefix(end + 1);
    if (!line.starts_with("data:")) continue;
    line.remove_prefix(5);
    if (line.starts_with(' ')) line.remove_prefix(1);
    data += line;
    data += '\n';
  }
  data.pop_back();
  return data;
}

std::string NewlinesAsLf(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\r' ? '\n' : text[i];
  }
  return out;
}

TEST(Sse, GivesAStandardParserTheTextBackHoweverItIsCutIntoParts) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    std::vector<std::string> parts(1);
    for (size_t i = random() % 24; i > 0; --i) {
      const char c = "a b\r\n\r\n:"[random() % 8];
      text += c;
      parts.back() += c;
      if (random() % 4 == 0) parts.emplace_back();
    }
    const std::string event = DataEvent(ContentKind::kText, parts);
    ASSERT_EQ(event.find("\n\n"), event.size() - 2) << "seed round " << round;
    ASSERT_EQ(ParseData(std::string_view(event).substr(0, event.size() - 1)), NewlinesAsLf(text))
        << "round " << round;
  }
}

}  // namespace
}  // namespace thalweg
