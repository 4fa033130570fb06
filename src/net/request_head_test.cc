#include "net/request_head.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace thalweg {
namespace {

using Progress = RequestHead::Progress;

const HttpLimits kLimits;

Progress ReadWhole(std::string bytes) { return RequestHead(kLimits).Read(bytes); }

// Each byte at each place of a text that is longer than what is looked at in one go.
TEST(RequestHead, FindsEveryByteThatAFieldOrATargetMayNotHold) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool in_field = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    const bool in_target = byte > 0x20 && byte < 0x7f && byte != '#';
    for (size_t at = 0; at < 19; ++at) {
      std::string text(19, 'x');
      text[at] = static_cast<char>(byte);
      EXPECT_EQ(
          ReadWhole("GET / HTTP/1.1\r\nHost: h\r\na:" + text + "\r\n\r\n") == Progress::kWhole,
          in_field)
          << byte << " at " << at;
      EXPECT_EQ(ReadWhole("GET /" + text + " HTTP/1.1\r\nHost: h\r\n\r\n") == Progress::kWhole,
                in_target)
          << byte << " at " << at;
    }
  }
}

TEST(RequestHead, SaysWhatItIsAndHowLong) {
  std::string bytes =
      "\r\nPUT /a?b HTTP/1.0\r\nHOST: h:1\r\nConnection: keep-alive\r\nX-Y:  z \t\r\n"
      "Content-Length: 18446744073709551615\t\r\nExpect: 100-continue\r\n\r\nbody";
  RequestHead head(kLimits);
  ASSERT_EQ(head.Read(bytes), Progress::kWhole);
  EXPECT_EQ(head.bytes(), bytes.size() - 4);
  EXPECT_EQ(head.blank_bytes(), 2u);
  const Request& request = head.request();
  EXPECT_EQ(request.method, Method::kPut);
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.query, "b");
  EXPECT_EQ(request.scheme, "http");
  EXPECT_EQ(request.authority, "h:1");
  ASSERT_EQ(request.headers.size(), 5u);
  EXPECT_EQ(request.headers[0].name, "host");
  EXPECT_EQ(request.headers[2].name, "x-y");
  EXPECT_EQ(request.headers[2].value, "z");
  EXPECT_TRUE(head.http10());
  EXPECT_TRUE(head.keep_alive());
  EXPECT_FALSE(head.chunked());
  EXPECT_FALSE(head.expects_continue());
  EXPECT_EQ(head.content_length(), UINT64_MAX);
}

TEST(RequestHead, FollowsItsBytesWhereverTheyGo) {
  const std::string bytes =
      "POST http://a.example/p?q HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Type: text/plain\r\n\r\n";
  RequestHead head(kLimits);
  std::string last;
  for (const char c : bytes) {
    std::string moved = last + c;  // memory of its own each time
    EXPECT_EQ(head.Read(moved),
              moved.size() < bytes.size() ? Progress::kNeedMore : Progress::kWhole);
    last = moved;
    head.MoveTo(last.data());
    std::ranges::fill(moved, '~');
  }
  const Request& request = head.request();
  EXPECT_EQ(request.path, "/p");
  EXPECT_EQ(request.query, "q");
  EXPECT_EQ(request.authority, "a.example");
  ASSERT_EQ(request.headers.size(), 3u);
  EXPECT_EQ(request.headers[1].name, "x");
  EXPECT_EQ(request.headers[1].value, "y");
  EXPECT_EQ(request.headers[2].value, "text/plain");
}

TEST(RequestHead, TellsAMethodThatIsKnownFromOneThatIsNot) {
  const auto read = [](std::string_view method, RequestHead& head) {
    std::string bytes = std::string(method) + " / HTTP/1.1\r\nHost: h\r\n\r\n";
    return head.Read(bytes);
  };
  for (const char* known : {"PATCH", "TRACE", "M-SEARCH", "SOURCE", "UNSUBSCRIBE", "LINK"}) {
    RequestHead head(kLimits);
    EXPECT_EQ(read(known, head), Progress::kWhole) << known;
    EXPECT_EQ(head.request().method, Method::kOther) << known;
  }
  for (const char* unknown : {"BREW", "get", "POSTS", "P", "PRI", "DESCRIBE", "GET_PARAMETER"}) {
    RequestHead head(kLimits);
    ASSERT_EQ(read(unknown, head), Progress::kRejected) << unknown;
    EXPECT_EQ(head.rejection().status, 501) << unknown;
  }
}

// RFC 9110 2.5: HTTP/1.2 to 1.9 are read as HTTP/1.1.
TEST(RequestHead, ReadsAHigherMinorVersionAsItsOwn) {
  for (char minor = '0'; minor <= '9'; ++minor) {
    std::string bytes = "GET / HTTP/1._\r\nHost: h\r\nExpect: 100-continue\r\n\r\n";
    bytes[bytes.find('_')] = minor;
    RequestHead head(kLimits);
    ASSERT_EQ(head.Read(bytes), Progress::kWhole) << minor;
    EXPECT_EQ(head.http10(), minor == '0') << minor;
    EXPECT_EQ(head.keep_alive(), minor != '0') << minor;
    EXPECT_EQ(head.expects_continue(), minor != '0') << minor;
  }
}

TEST(RequestHead, TakesLimitsThatAreNone) {
  HttpLimits limits;
  limits.request_line_bytes_max = limits.header_bytes_max = limits.header_count_max = SIZE_MAX;
  RequestHead head(limits);
  std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(head.Read(bytes), Progress::kWhole);
}

TEST(RequestHead, IsReadyForAnotherOneAndKeepsLittleMemory) {
  RequestHead head(kLimits);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 99; ++i) many += "a: b\r\n";
  many += "\r\n";
  ASSERT_EQ(head.Read(many), Progress::kWhole);
  EXPECT_EQ(head.request().headers.size(), 100u);
  head.Clear();
  head.ReleaseMemory();
  EXPECT_EQ(head.held_bytes(), 0u);
  std::string bad = "GET / HTTP/1.1\r\n\r\n";
  ASSERT_EQ(head.Read(bad), Progress::kRejected);
  head.Clear();
  std::string good = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_EQ(head.Read(good), Progress::kWhole);
  EXPECT_EQ(head.request().method, Method::kHead);
  EXPECT_EQ(head.request().headers.size(), 1u);
}

}  // namespace
}  // namespace thalweg
