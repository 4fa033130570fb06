#include "bench/load/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Target SomeTarget() { return {.address = {}, .host = "h:1", .path = "/v1/stream"}; }

std::string Built(RequestSource& source, size_t client = 0, int64_t due_ns = 0) {
  std::string out;
  source.Build(client, due_ns, out);
  return out;
}

std::string BodyOf(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

TEST(CreateRequests, NameOneStreamAfterTheOther) {
  CreateRequests requests(SomeTarget(), {.prefix = "s", .count = 2}, BodyType::kJson);
  EXPECT_EQ(Built(requests),
            "PUT /v1/stream/s0 HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_THAT(Built(requests), StartsWith("PUT /v1/stream/s1 HTTP/1.1\r\n"));
}

TEST(AppendRequests, CarryTheLengthThatWasAskedForAndAStamp) {
  struct Case {
    const char* why;
    Message message;
    size_t bytes;
    size_t stamps;
  };
  const Case cases[] = {
      {"bytes", {BodyType::kBytes, 256, 1}, 256, 1},
      {"the smallest text", {BodyType::kText, 17, 1}, 17, 1},
      {"one JSON message", {BodyType::kJson, 100, 1}, 100, 1},
      {"the smallest", {BodyType::kJson, MessageBytesMin(BodyType::kJson), 1}, 32, 1},
      {"a batch: 3 messages, 2 commas, 2 brackets", {BodyType::kJson, 100, 3}, 304, 3},
  };
  for (const Case& c : cases) {
    AppendRequests requests(SomeTarget(), {}, c.message, Pick::kTurns,
                            AppendRequests::Producer::kNone);
    const std::string request = Built(requests, 0, 12345);
    EXPECT_EQ(BodyOf(request).size(), c.bytes) << c.why;
    EXPECT_EQ(requests.bytes(), c.bytes) << c.why;
    EXPECT_THAT(request, HasSubstr("\r\nContent-Length: " + std::to_string(c.bytes) + "\r\n"));
    size_t stamps = 0;
    StampScanner().Scan(request, [&](int64_t ns) { stamps += ns == 12345; });
    EXPECT_EQ(stamps, c.stamps) << c.why;
    EXPECT_EQ(requests.messages(0), c.stamps) << c.why;
  }
}

TEST(AppendRequests, OfAProducerCountFromZeroForEachClient) {
  AppendRequests requests(SomeTarget(), {.prefix = "s", .count = 4}, {}, Pick::kConnection,
                          AppendRequests::Producer::kOnePerClient);
  EXPECT_THAT(Built(requests, 3), HasSubstr("\r\nProducer-Id: client-3\r\nProducer-Epoch: 0\r\n"
                                            "Producer-Seq: 0\r\n"));
  EXPECT_THAT(Built(requests, 3), HasSubstr("\r\nProducer-Seq: 1\r\n"));
  EXPECT_THAT(Built(requests, 1), HasSubstr("\r\nProducer-Seq: 0\r\n"));
}

TEST(AppendRequests, PickTheirStreamAsAsked) {
  const auto streams_of = [](Pick pick) {
    AppendRequests requests(SomeTarget(), {.prefix = "s", .count = 3}, {}, pick,
                            AppendRequests::Producer::kNone);
    std::string picked;
    for (int i = 0; i < 6; ++i)
      picked += Built(requests, 1)[std::string("POST /v1/stream/s").size()];
    return picked;
  };
  EXPECT_EQ(streams_of(Pick::kTurns), "012012");
  EXPECT_EQ(streams_of(Pick::kConnection), "111111");
  const std::string random = streams_of(Pick::kRandom);
  EXPECT_GT(std::set<char>(random.begin(), random.end()).size(), 1) << random;
}

}  // namespace
}  // namespace thalweg::bench
