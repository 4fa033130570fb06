#include "net/http1_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "net/http1_transcript.h"
#include "net/malformed_requests.h"

namespace thalweg {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Whole(std::string_view bytes, const HttpLimits& limits = {}) {
  return TranscriptOf(bytes, {}, limits);
}

std::string ByteByByte(std::string_view bytes, const HttpLimits& limits = {}) {
  std::vector<size_t> cuts(bytes.size());
  std::iota(cuts.begin(), cuts.end(), size_t{1});
  if (!cuts.empty()) cuts.pop_back();
  return TranscriptOf(bytes, cuts, limits);
}

struct GoodRequest {
  std::string_view why;
  std::string_view bytes;
  std::string_view want;
};

const GoodRequest kGood[] = {
    {"a plain GET", "GET /a?b=c HTTP/1.1\r\nHost: h:80\r\n\r\n",
     "GET /a ?b=c http://h:80 [host=h:80] body= keep 1.1\n"},
    {"one empty line first", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET / ? http://h [host=h] body= keep 1.1\n"},
    {"a body with a length",
     "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX:  y \t\r\n\r\nhello",
     "POST /p ? http://h [host=h] [content-length=5] [x=y] body=hello keep 1.1\n"},
    {"white space around a length",
     "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length:  5 \r\n\r\nhello",
     "POST /p ? http://h [host=h] [content-length=5] body=hello keep 1.1\n"},
    {"an empty body", "PUT /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
     "PUT /p ? http://h [host=h] [content-length=0] body= keep 1.1\n"},
    {"a chunked body",
     "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n"
     "00A\r\n, dear all\r\n0\r\n\r\n",
     "POST /p ? http://h [host=h] [transfer-encoding=Chunked] body=hello, dear all keep 1.1\n"},
    {"extensions of one, two and three parts, and trailers",
     "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\na\r\n"
     "1;a=b;c=\"d;e\"\r\nb\r\n1 ; x = y\r\nc\r\n0;last\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n",
     "POST /p ? http://h [host=h] [transfer-encoding=chunked] body=abc keep 1.1\n"},
    {"absolute form", "GET http://other:81/x?y HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /x ?y http://other:81 [host=h] body= keep 1.1\n"},
    {"absolute form with https, without a path", "GET HTTPS://[::1]?y HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET / ?y https://[::1] [host=h] body= keep 1.1\n"},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
     "OPTIONS * ? http://h [host=h] body= keep 1.1\n"},
    {"asterisk form, absolutely", "OPTIONS http://o HTTP/1.1\r\nHost: h\r\n\r\n",
     "OPTIONS * ? http://o [host=h] body= keep 1.1\n"},
    {"a path that looks like an authority", "GET //evil/x HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET //evil/x ? http://h [host=h] body= keep 1.1\n"},
    {"a method without a meaning here", "PATCH / HTTP/1.1\r\nHost: h\r\n\r\n",
     "OTHER / ? http://h [host=h] body= keep 1.1\n"},
    {"an upgrade is ignored",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
     "GET / ? http://h [host=h] [connection=Upgrade] [upgrade=h2c] body= keep 1.1\n"},
    {"empty values and bytes beyond ASCII in values",
     "GET / HTTP/1.1\r\nHost: \r\nX:\r\nY: \xc3\xa4\r\n\r\n",
     "GET / ? http:// [host=] [x=] [y=\xc3\xa4] body= keep 1.1\n"},
    {"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
     "GET / ? http:// [connection=keep-alive] body= keep 1.0\n"},
};

TEST(Http1Parser, UnderstandsGoodRequests) {
  for (const GoodRequest& good : kGood) EXPECT_EQ(Whole(good.bytes), good.want) << good.why;
}

TEST(Http1Parser, KeepsOrClosesAsTheVersionAndTheConnectionFieldSay) {
  struct Case {
    std::string_view version, connection;
    bool keep;
  };
  const Case cases[] = {
      {"1.1", "", true},           {"1.1", "close", false},
      {"1.1", "CLOSE", false},     {"1.0", "", false},
      {"1.0", "keep-alive", true}, {"1.0", "Keep-Alive, close", false},
      {"1.1", "x, close", false},  {"1.0", "close, keep-alive", false},
      {"1.1", "closed", true},
  };
  for (const Case& c : cases) {
    std::string bytes = "GET / HTTP/" + std::string(c.version) + "\r\nHost: h\r\n";
    if (!c.connection.empty()) bytes += "Connection: " + std::string(c.connection) + "\r\n";
    const std::string got = Whole(bytes + "\r\n");
    EXPECT_THAT(got, HasSubstr(c.keep ? " keep " : " close ")) << c.version << " " << c.connection;
  }
}

TEST(Http1Parser, RefusesWhatIsMalformedOnceAndReadsNothingBehindIt) {
  for (const MalformedRequest& malformed : kMalformedRequests) {
    std::string bytes(malformed.bytes);
    bytes += kSecondRequest;
    const std::string want = "rejected " + std::to_string(malformed.status) + " ";
    EXPECT_THAT(Whole(bytes), StartsWith(want)) << malformed.why;
    EXPECT_EQ(ByteByByte(bytes), Whole(bytes)) << malformed.why;
  }
}

TEST(Http1Parser, SeesAGoodRequestBeforeAMalformedOne) {
  for (const MalformedRequest& malformed : kMalformedRequests) {
    std::string bytes(kSecondRequest);
    bytes += malformed.bytes;
    const std::string got = Whole(bytes);
    EXPECT_THAT(got, StartsWith("GET /second ")) << malformed.why;
    EXPECT_THAT(got, HasSubstr("\nrejected ")) << malformed.why;
  }
}

TEST(Http1Parser, YieldsTheSameAtEverySplit) {
  for (const GoodRequest& good : kGood) {
    std::string bytes(good.bytes);
    bytes += kSecondRequest;
    const std::string want = Whole(bytes);
    EXPECT_EQ(ByteByByte(bytes), want) << good.why;
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      const size_t cuts[] = {cut};
      EXPECT_EQ(TranscriptOf(bytes, cuts, {}), want) << good.why << " cut at " << cut;
      EXPECT_EQ(TranscriptOf(bytes, cuts, {}, /*hold=*/true), want) << good.why << " held " << cut;
    }
  }
}

TEST(Http1Parser, YieldsTheSameForEveryPipelinedPair) {
  for (const GoodRequest& first : kGood) {
    for (const GoodRequest& second : kGood) {
      const std::string bytes = std::string(first.bytes) + std::string(second.bytes);
      const std::string want = std::string(first.want) + std::string(second.want);
      EXPECT_EQ(Whole(bytes), want) << first.why << ", then " << second.why;
      EXPECT_EQ(ByteByByte(bytes), want) << first.why << ", then " << second.why;
    }
  }
}

TEST(Http1Parser, HoldsItsLimitsToTheByteAtEverySplit) {
  HttpLimits limits;
  limits.request_line_bytes_max = 20;
  limits.header_bytes_max = 30;
  limits.header_count_max = 3;
  limits.body_bytes_max = 10;
  struct Case {
    std::string_view why, bytes, want;
  };
  const Case cases[] = {
      {"a request line of 20", "GET /123456 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /123456 "},
      {"of 21", "GET /1234567 HTTP/1.1\r\nHost: h\r\n\r\n", "rejected 414 "},
      {"that does not end", "GET /123456789012345678901234567890", "rejected 414 "},
      {"fields of 30", "GET / HTTP/1.1\r\nHost: h\r\nX: 4567890123456789\r\n\r\n", "GET / "},
      {"of 31", "GET / HTTP/1.1\r\nHost: h\r\nX: 45678901234567890\r\n\r\n", "rejected 431 "},
      {"that do not end", "GET / HTTP/1.1\r\nHost: h\r\nX: 456789012345678901234567",
       "rejected 431 "},
      {"3 fields", "GET / HTTP/1.1\r\nHost: h\r\na:\r\nb:\r\n\r\n", "GET / "},
      {"4 fields", "GET / HTTP/1.1\r\nHost: h\r\na:\r\nb:\r\nc:\r\n\r\n", "rejected 431 "},
      {"a body of 10", "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 10\r\n\r\n1234567890", "PUT / "},
      {"of 11, before it comes", "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 11\r\n\r\n",
       "rejected 413 "},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(Whole(c.bytes, limits), StartsWith(c.want)) << c.why;
    EXPECT_EQ(ByteByByte(c.bytes, limits), Whole(c.bytes, limits)) << c.why;
  }
}

TEST(Http1Parser, RefusesAChunkedBodyAsSoonAsItIsTooLong) {
  HttpLimits limits;
  limits.body_bytes_max = 10;
  limits.header_bytes_max = 64;
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(Whole(head + "9\r\n123456789\r\n1\r\n0\r\n0\r\n\r\n", limits), StartsWith("PUT / "));
  EXPECT_THAT(Whole(head + "9\r\n123456789\r\n2", limits), StartsWith("rejected 413 "));
  EXPECT_THAT(Whole(head + "b", limits), StartsWith("rejected 413 "));
  EXPECT_THAT(Whole(head + std::string(100, '0'), limits), StartsWith("rejected 400 "));
  EXPECT_THAT(Whole(head + "1;" + std::string(100, 'x'), limits), StartsWith("rejected 400 "));
  EXPECT_THAT(Whole(head + "0\r\nX: " + std::string(100, 'x'), limits),
              StartsWith("rejected 431 "));
}

TEST(Http1Parser, AwaitsContinueUntilTheBodyComes) {
  const HttpLimits limits;
  Http1Parser parser(limits);
  std::string head =
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  parser.Feed(head);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  EXPECT_TRUE(parser.awaits_continue());
  EXPECT_EQ(parser.phase(), Http1Parser::Phase::kBody);
  parser.Retain();
  std::string body = "x";
  parser.Feed(body);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  EXPECT_FALSE(parser.awaits_continue());
}

TEST(Http1Parser, DoesNotAwaitContinueWithoutABodyOrInHttp10) {
  for (std::string head :
       {"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        "PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"}) {
    const HttpLimits limits;
    Http1Parser parser(limits);
    parser.Feed(head);
    parser.Next();
    EXPECT_FALSE(parser.awaits_continue()) << head;
  }
}

TEST(Http1Parser, GivesAwayTheMemoryOfABodyThatCameInPieces) {
  const std::string_view sized = "Content-Length: 5\r\n\r\nhello";
  const std::string_view chunked = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  struct Case {
    std::string_view why, rest;
    size_t cut;  // from its end
    bool is_given;
  };
  for (const Case& c : {Case{"whole", sized, 0, false}, Case{"in pieces", sized, 2, true},
                        Case{"in chunks", chunked, 0, true}}) {
    const HttpLimits limits;
    Http1Parser parser(limits);
    std::string bytes = "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(c.rest);
    const std::span<char> all(bytes);
    parser.Feed(all.first(all.size() - c.cut));
    if (c.cut != 0) {
      EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore) << c.why;
      parser.Retain();
      parser.Feed(all.last(c.cut));
    }
    ASSERT_EQ(parser.Next(), Http1Parser::Event::kRequest) << c.why;
    EXPECT_EQ(parser.request().body, "hello") << c.why;
    EXPECT_EQ(parser.request().body_memory != nullptr, c.is_given) << c.why;
    if (c.is_given) {
      EXPECT_EQ(*parser.request().body_memory, "hello") << c.why;
    }
    parser.Consume();
    EXPECT_EQ(parser.request().body_memory, nullptr) << c.why;
  }
}

TEST(Http1Parser, HoldsLittleForABodyThatIsOnlyPromised) {
  const HttpLimits limits;
  Http1Parser parser(limits);
  std::string promise = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nx";
  parser.Feed(promise);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  parser.Retain();
  EXPECT_LT(parser.held_bytes(), 18'000u);
  std::string more(17'000, 'x');
  parser.Feed(more);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  parser.Retain();
  EXPECT_GT(parser.held_bytes(), 270'000u) << "room for 16 times what has come";
  EXPECT_LT(parser.held_bytes(), 280'000u);
  std::string half(500'000, 'x');
  parser.Feed(half);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  parser.Retain();
  EXPECT_GT(parser.held_bytes(), 1'000'000u);
  EXPECT_LT(parser.held_bytes(), 1'010'000u) << "no more than all of it";
  std::string rest(482'999, 'x');
  parser.Feed(rest);
  ASSERT_EQ(parser.Next(), Http1Parser::Event::kRequest);
  EXPECT_EQ(parser.request().body, std::string(1'000'000, 'x'));
}

TEST(Http1Parser, HoldsLittleBetweenRequestsAndInTheMiddleOfAHead) {
  const HttpLimits limits;
  Http1Parser parser(limits);
  std::string big = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
  parser.Feed(big);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  parser.Retain();
  std::string body(1'000'000, 'x');
  parser.Feed(body);
  ASSERT_EQ(parser.Next(), Http1Parser::Event::kRequest);
  parser.Consume();
  parser.Retain();
  EXPECT_LT(parser.held_bytes(), 2048u);
  std::string begun = "GET / HTTP/1.1\r\nHo";
  parser.Feed(begun);
  EXPECT_EQ(parser.Next(), Http1Parser::Event::kNeedMore);
  parser.Retain();
  EXPECT_EQ(parser.phase(), Http1Parser::Phase::kHead);
  EXPECT_LT(parser.held_bytes(), 2048u);
}

}  // namespace
}  // namespace thalweg
