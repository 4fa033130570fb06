#include "http/etag.h"

#include <gtest/gtest.h>

#include <set>

namespace thalweg {
namespace {

TEST(Etag, DiffersWithEverythingThatShapesThePage) {
  const PageTag base{.life = 0xab, .stream = {7}, .start = {1}, .end = {2}};
  EXPECT_EQ(MakeEtag(base), "\"ab-7:1:2\"");
  std::set<std::string> tags = {MakeEtag(base)};
  PageTag tag = base;
  tag.stream = {8};
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "incarnation";
  tag = base;
  tag.life = 1;
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "an engine that began anew";
  tag = base;
  tag.at_tail = false;
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "there is more now";
  tag = base;
  tag.start = {0};
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "start";
  tag = base;
  tag.end = {3};
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "end";
  tag = base;
  tag.closed = true;
  EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << "closure";
  for (const Coding coding : {Coding::kGzip, Coding::kDeflate, Coding::kZstd}) {
    tag.coding = coding;
    EXPECT_TRUE(tags.insert(MakeEtag(tag)).second) << CodingName(coding);
  }
  EXPECT_EQ(MakeEtag(tag), "\"ab-7:1:2:c:zstd\"");
}

TEST(IfNoneMatch, ComparesListsWeakly) {
  struct Case {
    const char* why;
    const char* list;
    bool matches;
  };
  const Case cases[] = {
      {"absent", "", false},
      {"the tag", "\"1:0:5\"", true},
      {"weak", "W/\"1:0:5\"", true},
      {"anything", "*", true},
      {"in a list", "\"x\", W/\"y\" ,\"1:0:5\"", true},
      {"empty items", " , ,\"1:0:5\"", true},
      {"a comma inside a tag", "\"a,b\", \"1:0:5\"", true},
      {"another", "\"1:0:6\"", false},
      {"a prefix", "\"1:0:5", false},
      {"without quotes", "1:0:5", false},
      {"the weak mark knows case", "w/\"1:0:5\"", false},
      {"the coding counts", "\"1:0:5:gzip\"", false},
      {"a star in a list is no star", "\"x\", *", false},
  };
  for (const Case& c : cases) EXPECT_EQ(MatchesEtag(c.list, "\"1:0:5\""), c.matches) << c.why;
}

}  // namespace
}  // namespace thalweg
