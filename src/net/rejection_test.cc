#include "net/rejection.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace thalweg {
namespace {

TEST(Rejection, IsAWholeAnswerThatClosesTheConnection) {
  std::string out = "before";
  AppendRejection({400, "a bare LF"}, "Date: now\r\n", "x-all: yes\r\n", /*head_only=*/false, out);
  EXPECT_EQ(out,
            "beforeHTTP/1.1 400 Bad Request\r\nDate: now\r\nx-all: yes\r\n"
            "content-type: application/problem+json\r\n"
            "cache-control: no-store\r\n"
            "connection: close\r\ncontent-length: 99\r\n\r\n"
            R"({"type":"about:blank","title":"Bad Request","status":400,"code":"bad-request",)"
            R"("detail":"a bare LF"})");
}

TEST(Rejection, LeavesTheBodyOutForAHead) {
  std::string out;
  AppendRejection({503, "full"}, "", "", /*head_only=*/true, out);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
  EXPECT_NE(out.find("retry-after: 1\r\n"), std::string::npos);
}

TEST(Rejection, EveryCodeStandsInTheDocument) {
  std::ifstream file(THALWEG_ERRORS_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  for (const int status : {400, 408, 413, 414, 417, 431, 501, 503, 505}) {
    std::string out;
    AppendRejection({status, "why"}, "", "", /*head_only=*/false, out);
    const size_t code = out.find(R"("code":")") + 8;
    const std::string row = "| " + std::to_string(status) + " | `" +
                            out.substr(code, out.find('"', code) - code) + "` |";
    EXPECT_NE(page.str().find(row), std::string::npos) << row;
  }
}

TEST(Rejection, NamesStatuses) {
  const auto line = [](int status) {
    std::string out;
    AppendStatusLine(status, out);
    return out;
  };
  EXPECT_EQ(line(100), "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(line(204), "HTTP/1.1 204 No Content\r\n");
  EXPECT_EQ(line(507), "HTTP/1.1 507 Insufficient Storage\r\n");
  EXPECT_EQ(line(599), "HTTP/1.1 599 Unknown\r\n");
}

}  // namespace
}  // namespace thalweg
