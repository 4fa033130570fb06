#include "net/chunked_decoder.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace thalweg {
namespace {

constexpr ChunkedDecoder::Limits kLimits{100, 40};

TEST(ChunkedDecoder, StopsBehindTheLastByteOfTheMessage) {
  ChunkedDecoder decoder(kLimits);
  std::string body;
  std::string_view input = "3\r\nabc\r\nA\r\n0123456789\r\n000\r\nT: x\r\n\r\nGET / ";
  EXPECT_EQ(decoder.Decode(input, body), std::nullopt);
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(body, "abc0123456789");
  EXPECT_EQ(input, "GET / ");
}

TEST(ChunkedDecoder, TakesWhatThereIsAndGoesOnLater) {
  ChunkedDecoder decoder(kLimits);
  std::string body;
  for (std::string_view piece : {"4", "\r", "\nab", "cd\r", "\n0\r\n", "\r\n"}) {
    EXPECT_FALSE(decoder.done());
    EXPECT_EQ(decoder.Decode(piece, body), std::nullopt);
    EXPECT_TRUE(piece.empty());
  }
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(body, "abcd");
}

TEST(ChunkedDecoder, TakesLimitsThatAreNone) {
  constexpr ChunkedDecoder::Limits kNone{SIZE_MAX, SIZE_MAX};
  ChunkedDecoder decoder(kNone);
  std::string body;
  std::string_view input = "1\r\nx\r\n0\r\n\r\n";
  EXPECT_EQ(decoder.Decode(input, body), std::nullopt);
  EXPECT_TRUE(decoder.done());

  ChunkedDecoder strict(kNone);
  input = "10000000000000005\r\nhello\r\n0\r\n\r\n";  // 2^64 and 5
  const auto rejection = strict.Decode(input, body);
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->status, 413);
}

// malformed_requests.h has the malformed ones; here are the numbers.
TEST(ChunkedDecoder, HoldsItsLimits) {
  struct Case {
    const char* why;
    std::string coded;
    int status;  // 0: fine
  };
  const Case cases[] = {
      {"100 bytes", "64\r\n", 0},
      {"101 bytes", "65\r\n", 413},
      {"more than 64 bits", "fffffffffffffffff\r\n", 413},
      {"40 digits", std::string(39, '0') + "1\r\n", 0},
      {"41 digits", std::string(40, '0') + "1\r\n", 400},
      {"a digit, an extension of 38 and its CR", "1;" + std::string(38, 'x') + "\r\n", 0},
      {"one more", "1;" + std::string(39, 'x') + "\r\n", 400},
      {"trailers of 40 with the last CRLF", "0\r\nT:" + std::string(34, 'x') + "\r\n\r\n", 0},
      {"one more", "0\r\nT:" + std::string(35, 'x') + "\r\n\r\n", 431},
  };
  for (const Case& c : cases) {
    ChunkedDecoder decoder(kLimits);
    std::string body;
    std::string_view input = c.coded;
    const auto rejection = decoder.Decode(input, body);
    EXPECT_EQ(rejection ? rejection->status : 0, c.status) << c.why;
  }
}

}  // namespace
}  // namespace thalweg
