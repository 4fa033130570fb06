#include "bench/load/stamp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace thalweg::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> Found(StampScanner& scanner, std::string_view piece) {
  std::vector<int64_t> found;
  scanner.Scan(piece, [&](int64_t ns) { found.push_back(ns); });
  return found;
}

TEST(Stamp, IsFoundWhereverTheBodyIsCut) {
  std::string body = "data:{\"t\":\"";
  WriteStamp(1'234'567'890'123, body);
  body += "\"}\n";
  WriteStamp(7, body);
  ASSERT_EQ(body.size(), 11 + kStampBytes + 3 + kStampBytes);
  for (size_t cut = 0; cut <= body.size(); ++cut) {
    StampScanner scanner;
    std::vector<int64_t> found = Found(scanner, std::string_view(body).substr(0, cut));
    for (const int64_t ns : Found(scanner, std::string_view(body).substr(cut))) found.push_back(ns);
    EXPECT_THAT(found, ElementsAre(1'234'567'890'123, 7)) << "cut at " << cut;
  }
}

TEST(Stamp, IsNoneWithoutAllItsDigits) {
  StampScanner scanner;
  EXPECT_THAT(Found(scanner, "#12 #zz # nothing"), IsEmpty());
  EXPECT_THAT(Found(scanner, "#0000000"), IsEmpty());
  scanner.Reset();
  EXPECT_THAT(Found(scanner, "000000001"), IsEmpty());
}

TEST(Stamp, NamesMomentsOfAClockThatGrows) {
  const int64_t before = NowNs();
  EXPECT_GE(NowNs(), before);
}

}  // namespace
}  // namespace thalweg::bench
