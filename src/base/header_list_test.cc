#include <gtest/gtest.h>

#include <limits>

#include "thalweg/http.h"

namespace thalweg {
namespace {

TEST(HeaderList, KeepsFieldsAsTheyGoOnTheWire) {
  HeaderList headers;
  headers.Add("Stream-Next-Offset", "0_1");
  headers.Add("Age", uint64_t{0});
  headers.Add("Big", std::numeric_limits<uint64_t>::max());
  headers.Add("Empty", "");
  EXPECT_EQ(headers.wire(),
            "Stream-Next-Offset: 0_1\r\nAge: 0\r\nBig: 18446744073709551615\r\nEmpty: \r\n");
  ASSERT_EQ(headers.size(), 4u);
  EXPECT_EQ(headers[0].name, "Stream-Next-Offset");
  EXPECT_EQ(headers[0].value, "0_1");
  EXPECT_EQ(headers[3].name, "Empty");
  EXPECT_EQ(headers[3].value, "");
}

TEST(HeaderList, KeepsTheFirstFieldsAlone) {
  HeaderList headers;
  headers.Add("a", "1");
  headers.Add("b", "2");
  headers.Truncate(2);
  EXPECT_EQ(headers.wire(), "a: 1\r\nb: 2\r\n");
  headers.Truncate(1);
  EXPECT_EQ(headers.wire(), "a: 1\r\n");
  EXPECT_EQ(headers.size(), 1u);
  headers.Truncate(0);
  headers.Add("c", "3");
  EXPECT_EQ(headers.wire(), "c: 3\r\n");
}

TEST(HeaderList, FindsTheFirstFieldOfAName) {
  HeaderList headers;
  headers.Add("Vary", "a");
  headers.Add("Vary", "b");
  EXPECT_EQ(headers.Find("Vary"), "a");
  EXPECT_EQ(headers.Find("Var"), std::nullopt);
  EXPECT_EQ(headers.Find("vary"), std::nullopt);  // names are compared as given
}

TEST(HeaderList, AddsAllFieldsOfAnotherList) {
  HeaderList common;
  common.Add("A", "1");
  common.Add("B", "2");
  HeaderList headers;
  headers.Add("C", "3");
  headers.AddAll(common);
  headers.Add("D", "4");
  EXPECT_EQ(headers.wire(), "C: 3\r\nA: 1\r\nB: 2\r\nD: 4\r\n");
  EXPECT_EQ(headers[2].name, "B");
  EXPECT_EQ(headers.Find("B"), "2");
  EXPECT_EQ(headers.Find("D"), "4");
}

TEST(HeaderList, ReservedMemoryChangesNothingOfWhatIsThere) {
  HeaderList headers;
  headers.Add("A", "1");
  headers.Reserve(1000, 10);
  headers.Add("B", "2");
  EXPECT_EQ(headers.wire(), "A: 1\r\nB: 2\r\n");
  EXPECT_EQ(headers.Find("B"), "2");
}

}  // namespace
}  // namespace thalweg
