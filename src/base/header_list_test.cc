#include <gtest/gtest.h>

#include "thalweg/http.h"

namespace thalweg {
namespace {

TEST(HeaderList, KeepsFieldsAsTheyGoOnTheWire) {
  HeaderList list;
  list.Add("content-type", "text/plain");
  list.Add("retry-after", uint64_t{18446744073709551615u});
  list.Add("x-empty", "");
  EXPECT_EQ(list.wire(),
            "content-type: text/plain\r\nretry-after: 18446744073709551615\r\nx-empty: \r\n");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].name, "content-type");
  EXPECT_EQ(list[0].value, "text/plain");
  EXPECT_EQ(list[2].value, "");
}

TEST(HeaderList, FindsTheFirstFieldOfAName) {
  HeaderList list;
  list.Add("vary", "a");
  list.Add("vary", "b");
  EXPECT_EQ(list.Find("vary"), "a");
  EXPECT_EQ(list.Find("var"), std::nullopt);
}

TEST(HeaderList, AddAllKeepsWhatWasThereAndItsPlaces) {
  HeaderList common;
  common.Add("x-content-type-options", "nosniff");
  HeaderList list;
  list.Add("etag", "\"1\"");
  list.AddAll(common);
  list.Add("vary", "accept-encoding");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[1].name, "x-content-type-options");
  EXPECT_EQ(list[1].value, "nosniff");
  EXPECT_EQ(list[2].value, "accept-encoding");
  EXPECT_EQ(list.wire(),
            "etag: \"1\"\r\nx-content-type-options: nosniff\r\nvary: accept-encoding\r\n");
}

TEST(HeaderList, ClearForgetsEverything) {
  HeaderList list;
  list.Add("a", "b");
  list.Clear();
  EXPECT_EQ(list.size(), 0u);
  EXPECT_EQ(list.wire(), "");
  EXPECT_EQ(list.Find("a"), std::nullopt);
}

}  // namespace
}  // namespace thalweg
