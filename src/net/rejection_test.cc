#include "net/rejection.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Rejection, IsAWholeAnswerThatClosesTheConnection) {
  std::string out = "before";
  AppendRejection({400, "a bare LF"}, "Date: now\r\n", /*head_only=*/false, out);
  EXPECT_EQ(out,
            "beforeHTTP/1.1 400 Bad Request\r\nDate: now\r\n"
            "content-type: application/problem+json\r\n"
            "x-content-type-options: nosniff\r\n"
            "cross-origin-resource-policy: cross-origin\r\n"
            "cache-control: no-store\r\n"
            "connection: close\r\ncontent-length: 99\r\n\r\n"
            R"({"type":"about:blank","title":"Bad Request","status":400,"code":"bad-request",)"
            R"("detail":"a bare LF"})");
}

TEST(Rejection, LeavesTheBodyOutForAHead) {
  std::string out;
  AppendRejection({503, "full"}, "", /*head_only=*/true, out);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
  EXPECT_NE(out.find("retry-after: 1\r\n"), std::string::npos);
}

TEST(Rejection, NamesStatuses) {
  EXPECT_EQ(ReasonPhrase(204), "No Content");
  EXPECT_EQ(ReasonPhrase(599), "Unknown");
}

}  // namespace
}  // namespace thalweg
