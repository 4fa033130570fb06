#include "bench/limits/bare_server.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg::bench {
namespace {

TEST(TakeRequest, FindsWhereRequestsEndAndWaitsForWhatIsNotWhole) {
  const std::string one = "POST /s HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
  const std::string two = "GET /s HTTP/1.1\r\n\r\n";
  const std::string both = one + two;
  for (size_t cut = 0; cut <= both.size(); ++cut) {
    std::string_view bytes = std::string_view(both).substr(0, cut);
    BareRequest request;
    int taken = 0;
    while (TakeRequest(bytes, request)) {
      EXPECT_EQ(request.body, taken == 0 ? "hello" : "");
      EXPECT_TRUE(request.head.starts_with(taken == 0 ? "POST /s" : "GET /s"));
      ++taken;
    }
    EXPECT_EQ(taken, (cut >= one.size() ? 1 : 0) + (cut == both.size() ? 1 : 0)) << cut;
  }
}

}  // namespace
}  // namespace thalweg::bench
