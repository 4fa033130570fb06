#include "thalweg/path_encoding.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

// What the reference implementation gives for each.
TEST(PathEncoding, NamesPathsAsTheReferenceDoes) {
  struct Case {
    const char* why;
    std::string path;
    std::string want;
  };
  const Case cases[] = {
      {"nothing", "", ""},
      {"one byte over", "a", "YQ"},
      {"two bytes over", "ab", "YWI"},
      {"none over", "abc", "YWJj"},
      {"a path", "/stream/users:created", "L3N0cmVhbS91c2VyczpjcmVhdGVk"},
      {"both letters of its own", "\xC3\xA9>>???", "w6k-Pj8_Pw"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(EncodeStreamPath(c.path), c.want) << c.why;
    EXPECT_EQ(DecodeStreamPath(c.want), c.path) << c.why;
  }
}

TEST(PathEncoding, ShortensWhatIsTooLongForAFile) {
  const std::string longest(150, 'a');
  EXPECT_EQ(EncodeStreamPath(longest).size(), 200u);
  EXPECT_EQ(DecodeStreamPath(EncodeStreamPath(longest)), longest);

  const std::string name = EncodeStreamPath(std::string(151, 'a'));
  EXPECT_EQ(name.size(), 197u);
  EXPECT_TRUE(name.ends_with("YWFh~5416d58d0995ead4")) << name;
  EXPECT_EQ(DecodeStreamPath(name), std::string(135, 'a')) << "the rest is lost";
  EXPECT_NE(name, EncodeStreamPath(std::string(152, 'a')));
}

TEST(PathEncoding, GivesBackEveryByte) {
  std::string path;
  for (int byte = 0; byte < 256; ++byte) {
    path = {static_cast<char>(byte), '/', static_cast<char>(255 - byte)};
    EXPECT_EQ(DecodeStreamPath(EncodeStreamPath(path)), path) << byte;
  }
}

TEST(PathEncoding, PassesOverWhatItNeverWrote) {
  EXPECT_EQ(DecodeStreamPath("Y W\nJj=="), "abc");
  EXPECT_EQ(DecodeStreamPath("YWJj~0123456789abcde"), DecodeStreamPath("YWJj0123456789abcde"))
      << "not a digest: a digit short";
  EXPECT_EQ(DecodeStreamPath("YWJj~0123456789abcdeX"), DecodeStreamPath("YWJj0123456789abcdeX"))
      << "not a digest: no digit";
}

}  // namespace
}  // namespace thalweg
