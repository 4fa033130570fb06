#include "net/framing.h"

#include <gtest/gtest.h>

#include <vector>

namespace thalweg {
namespace {

Framing Noted(const std::vector<HeaderField>& fields) {
  Framing framing;
  for (size_t i = 0; i < fields.size(); ++i) framing.Note(fields[i], i);
  return framing;
}

TEST(Framing, JudgesTheFieldsTogether) {
  const std::vector<HeaderField> all = {
      {"x", "y"}, {"host", "h"}, {"connection", "foo , Close"}, {"transfer-encoding", "CHUNKED"}};
  const Framing framing = Noted(all);
  ASSERT_FALSE(framing.Judge(all, /*http10=*/false).has_value());
  EXPECT_TRUE(framing.chunked());
  EXPECT_FALSE(framing.keep_alive(/*http10=*/false));
  EXPECT_EQ(framing.HostOf(all), "h");
  EXPECT_EQ(framing.Judge(all, /*http10=*/true)->status, 400);
}

TEST(Framing, WeighsDoubtAboutTheBodyMoreThanAnExpectation) {
  for (const HeaderField& doubt : {HeaderField{"content-length", "x"}, {"host", "h"}}) {
    const std::vector<HeaderField> fields = {{"host", "h"}, {"expect", "tea"}, doubt};
    EXPECT_EQ(Noted(fields).Judge(fields, /*http10=*/false)->status, 400) << doubt.name;
  }
}

TEST(Framing, MindsOnlyTheFieldsThatSaySomethingOfIt) {
  const std::vector<HeaderField> fields = {{"host", "h"},           {"hosu", "a b"},
                                           {"expecs", "tea"},       {"connectioo", "close"},
                                           {"content-lengti", "x"}, {"transfer-encodinh", ""}};
  const Framing framing = Noted(fields);
  EXPECT_FALSE(framing.Judge(fields, /*http10=*/false).has_value());
  EXPECT_TRUE(framing.keep_alive(/*http10=*/false));
  EXPECT_FALSE(framing.chunked());
}

}  // namespace
}  // namespace thalweg
