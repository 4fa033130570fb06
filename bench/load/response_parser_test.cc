#include "bench/load/response_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace thalweg::bench {
namespace {

// Writes down what it is told; pieces of one body are one.
class Transcript final : public ResponseSink {
 public:
  void OnHead(const ResponseHead& head) override {
    text_ +=
        std::to_string(head.status) + "(" + std::string(head.Field("stream-next-offset")) + ")";
  }
  void OnBody(std::string_view piece) override { text_ += piece; }
  void OnEnd() override { text_ += "|"; }
  void OnSkipped(uint64_t bytes) override { text_ += "<" + std::to_string(bytes) + ">"; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Case {
  const char* why;
  std::string bytes;
  std::string told;
};

std::vector<Case> Responses() {
  return {
      {"no body", "HTTP/1.1 204 No Content\r\nStream-Next-Offset: 7\r\n\r\n", "204(7)|"},
      {"a length", "HTTP/1.1 200 OK\r\ncontent-LENGTH:5\r\n\r\nhello", "200()hello|"},
      {"a length of 0", "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", "201()|"},
      {"no reason, no field", "HTTP/1.1 204\r\n\r\n", "204()|"},
      {"chunks, an extension, a trailer",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nx: y\r\n\r\n",
       "200()hello world|"},
      {"pipelined",
       "HTTP/1.1 204 No Content\r\nstream-next-offset: 1\r\n\r\n"
       "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno"
       "HTTP/1.1 204 No Content\r\n\r\n",
       "204(1)|409()no|204()|"},
      {"an interim response", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
       "204()|"},
      {"a field that only begins alike",
       "HTTP/1.1 204 No Content\r\nStream-Next-Offset-Old: 1\r\nStream-Next-Offset:2\r\n\r\n",
       "204(2)|"},
  };
}

TEST(ResponseParser, ReadsResponsesWholeAndByteByByte) {
  for (const Case& c : Responses()) {
    ResponseParser whole, bytewise;
    Transcript told_whole, told_bytewise;
    EXPECT_TRUE(whole.Feed(c.bytes, told_whole)) << c.why;
    for (const char& byte : c.bytes) EXPECT_TRUE(bytewise.Feed({&byte, 1}, told_bytewise)) << c.why;
    EXPECT_EQ(told_whole.text(), c.told) << c.why;
    EXPECT_EQ(told_bytewise.text(), c.told) << c.why;
  }
}

TEST(ResponseParser, ReadsResponsesCutInTwoAnywhere) {
  for (const Case& c : Responses()) {
    for (size_t cut = 0; cut <= c.bytes.size(); ++cut) {
      ResponseParser parser;
      Transcript told;
      EXPECT_TRUE(parser.Feed(std::string_view(c.bytes).substr(0, cut), told));
      EXPECT_TRUE(parser.Feed(std::string_view(c.bytes).substr(cut), told));
      EXPECT_EQ(told.text(), c.told) << c.why << ", cut at " << cut;
    }
  }
}

TEST(ResponseParser, RefusesWhatIsNoResponse) {
  const Case cases[] = {
      {"another protocol", "SSH-2.0-OpenSSH\r\n\r\n", ""},
      {"a status that is no number", "HTTP/1.1 2x4 No\r\n\r\n", ""},
      {"a body that has no end", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello", ""},
      {"a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", ""},
      {"a chunk size that is no number",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", ""},
      {"a chunk longer than it said",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", ""},
      {"a head without an end", "HTTP/1.1 200 OK\r\nx: " + std::string(70'000, 'x'), ""},
  };
  for (const Case& c : cases) {
    ResponseParser parser;
    Transcript told;
    EXPECT_FALSE(parser.Feed(c.bytes, told)) << c.why;
  }
}

TEST(ResponseParser, SkipsBodiesThatNobodyNeeds) {
  ResponseParser parser;
  Transcript told;
  EXPECT_EQ(parser.body_left(), 0);
  EXPECT_TRUE(parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", told));
  EXPECT_EQ(parser.body_left(), 6);
  parser.Skip(2, told);
  parser.Skip(4, told);
  EXPECT_EQ(parser.body_left(), 0);
  EXPECT_TRUE(parser.Feed("HTTP/1.1 204 No Content\r\n\r\n", told));
  EXPECT_EQ(told.text(), "200()hel<2><4>|204()|");
}

TEST(ResponseParser, BeginsAnewWhenItIsReset) {
  ResponseParser parser;
  Transcript told;
  EXPECT_TRUE(parser.Feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", told));
  parser.Reset();
  EXPECT_TRUE(parser.Feed("HTTP/1.1 204 No Content\r\n\r\n", told));
  EXPECT_EQ(told.text(), "200()hel204()|");
}

}  // namespace
}  // namespace thalweg::bench
