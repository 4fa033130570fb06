#include "server/suggest.h"

#include <gtest/gtest.h>

#include <string>

namespace thalweg {
namespace {

TEST(Suggest, FindsTheNearestWordWithinTwoEdits) {
  const std::string_view words[] = {"--port", "--host", "--memory"};
  struct Case {
    const char* why;
    std::string_view word, want;
  };
  const Case cases[] = {
      {"one letter missing", "--prt", "--port"},
      {"two letters swapped", "--prot", "--port"},
      {"equally near: the first", "--post", "--port"},
      {"one letter too many", "--memoryy", "--memory"},
      {"nothing near", "--colour", ""},
      {"empty", "", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(NearestWord(c.word, words), c.want) << c.why;
  EXPECT_EQ(NearestWord(std::string(100, 'x'), words), "");
}

}  // namespace
}  // namespace thalweg
