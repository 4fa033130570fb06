// What every Catalog promises, as tests. INSTANTIATE_TYPED_TEST_SUITE_P it with a type that has
//   Catalog& catalog();  // an empty one, the same at each call
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/catalog.h"

namespace thalweg {

template <typename Case>
class CatalogSuite : public testing::Test {
 protected:
  static CatalogEntry Entry(uint64_t id, std::string path, std::optional<int64_t> due_ms = {}) {
    std::string create = "create of " + path;
    return {.id = {id}, .path = std::move(path), .create = std::move(create), .due_ms = due_ms};
  }

  Catalog& catalog() { return case_.catalog(); }

  void Put(const std::vector<CatalogEntry>& entries, const std::vector<StreamId>& removed = {}) {
    const auto done =
        catalog().Commit({.removed = removed, .put = entries, .head = catalog().Head().value()});
    ASSERT_TRUE(done) << done.error().message;
  }

  std::vector<std::string> List(std::string_view prefix, std::string_view after = "",
                                size_t limit = 100) {
    std::vector<std::string> paths;
    const auto entries = catalog().List(prefix, after, limit).value();
    for (const CatalogEntry& entry : entries) {
      EXPECT_EQ(entry.create, "create of " + entry.path);
      paths.push_back(entry.path);
    }
    return paths;
  }

  Case case_;
};

TYPED_TEST_SUITE_P(CatalogSuite);

TYPED_TEST_P(CatalogSuite, AnEmptyOneHasNothing) {
  EXPECT_EQ(this->catalog().Head().value(), CatalogHead{});
  EXPECT_EQ(this->catalog().Find("/a").value(), std::nullopt);
  EXPECT_EQ(this->catalog().Find(StreamId{1}).value(), std::nullopt);
  EXPECT_TRUE(this->catalog().List("", "", 10)->empty());
  EXPECT_TRUE(this->catalog().Ids({}, 10)->empty());
  EXPECT_EQ(this->catalog().Count().value(), 0u);
  EXPECT_TRUE(this->catalog().Due(INT64_MAX, {.at_ms = INT64_MIN, .id = {}}, 10)->empty());
}

TYPED_TEST_P(CatalogSuite, AStreamIsFoundByPathAndById) {
  const CatalogEntry entry = this->Entry(7, "/a/b", 1'000);
  this->Put({entry, this->Entry(8, "/a/c")});
  EXPECT_EQ(this->catalog().Find("/a/b").value(), entry);
  EXPECT_EQ(this->catalog().Find(StreamId{7}).value(), entry);
  EXPECT_EQ(this->catalog().Find("/a").value(), std::nullopt);
  EXPECT_EQ(this->catalog().Find(StreamId{9}).value(), std::nullopt);
}

TYPED_TEST_P(CatalogSuite, ATransactionReplacesTheHead) {
  const CatalogHead head{
      .checkpoint = {5},
      .last_id = {9},
      .last_segment = 3,
      .segments = {{.number = 2, .level = 1, .file_bytes = 100, .data_bytes = 80, .dead_bytes = 7},
                   {.number = 3, .level = 0, .file_bytes = 10, .data_bytes = 8, .dead_bytes = 0}}};
  ASSERT_TRUE(this->catalog().Commit({.removed = {}, .put = {}, .head = head}));
  EXPECT_EQ(this->catalog().Head().value(), head);
  ASSERT_TRUE(this->catalog().Commit({.removed = {}, .put = {}, .head = {.checkpoint = {6}}}));
  EXPECT_EQ(this->catalog().Head().value(), CatalogHead{.checkpoint = {6}});
}

TYPED_TEST_P(CatalogSuite, WhatIsPutAgainStandsInPlaceOfWhatWasThere) {
  this->Put({this->Entry(1, "/a", 500)});
  CatalogEntry changed = this->Entry(1, "/a", 900);
  changed.create = "another";
  this->Put({changed});
  EXPECT_EQ(this->catalog().Find("/a").value(), changed);
  EXPECT_EQ(this->catalog().Ids({}, 10).value(), std::vector<StreamId>{{1}});
  EXPECT_EQ(this->catalog().Count().value(), 1u);
  const std::vector<ExpiryDue> due{{.at_ms = 900, .id = {1}}};
  EXPECT_EQ(this->catalog().Due(2'000, {}, 10).value(), due);
}

TYPED_TEST_P(CatalogSuite, ARemovedStreamLeavesNothingBehind) {
  this->Put({this->Entry(1, "/a", 500), this->Entry(2, "/b")});
  this->Put({}, {{1}, {77}});  // 77: nobody knows it
  EXPECT_EQ(this->catalog().Find("/a").value(), std::nullopt);
  EXPECT_EQ(this->catalog().Find(StreamId{1}).value(), std::nullopt);
  EXPECT_EQ(this->List(""), std::vector<std::string>{"/b"});
  EXPECT_EQ(this->catalog().Ids({}, 10).value(), std::vector<StreamId>{{2}});
  EXPECT_TRUE(this->catalog().Due(1'000, {}, 10)->empty());
}

TYPED_TEST_P(CatalogSuite, APathGoesToANewStreamInTheTransactionThatRemovesTheOldOne) {
  this->Put({this->Entry(1, "/a", 500)});
  this->Put({this->Entry(2, "/a")}, {{1}});
  EXPECT_EQ(this->catalog().Find("/a").value(), this->Entry(2, "/a"));
  EXPECT_EQ(this->catalog().Find(StreamId{1}).value(), std::nullopt);
  EXPECT_TRUE(this->catalog().Due(1'000, {}, 10)->empty());
}

TYPED_TEST_P(CatalogSuite, ListsByPrefixInTheOrderOfBytesFromBehindAPath) {
  this->Put({this->Entry(1, "/b"), this->Entry(2, "/a/2"), this->Entry(3, "/a"),
             this->Entry(4, "/a/10"), this->Entry(5, "/ab"), this->Entry(6, "/a/\xff")});
  using Paths = std::vector<std::string>;
  EXPECT_EQ(this->List(""), (Paths{"/a", "/a/10", "/a/2", "/a/\xff", "/ab", "/b"}));
  EXPECT_EQ(this->List("/a/"), (Paths{"/a/10", "/a/2", "/a/\xff"}));
  EXPECT_EQ(this->List("/a/", "/a/10"), (Paths{"/a/2", "/a/\xff"}));
  EXPECT_EQ(this->List("/a/", "/a/11"), (Paths{"/a/2", "/a/\xff"}));  // it need not be there
  EXPECT_EQ(this->List("/a", "", 2), (Paths{"/a", "/a/10"}));
  EXPECT_EQ(this->List("/a/", "/z"), Paths{});
  EXPECT_EQ(this->List("/", "", 0), Paths{});
  EXPECT_EQ(this->List("/c"), Paths{});
}

TYPED_TEST_P(CatalogSuite, LongPathsThatBeginAlikeAreToldApartAndListedInOrder) {
  const std::string beginning = "/" + std::string(600, 'x');
  std::vector<CatalogEntry> entries{this->Entry(100, beginning.substr(0, 479)),
                                    this->Entry(101, beginning.substr(0, 480)),
                                    this->Entry(102, "/y")};
  std::vector<std::string> paths{entries[0].path, entries[1].path};
  for (uint64_t i = 0; i < 20; ++i) {
    paths.push_back(beginning + static_cast<char>('a' + i));
    entries.push_back(this->Entry(20 - i, paths.back()));
  }
  paths.push_back("/y");
  this->Put(entries);
  for (const CatalogEntry& entry : entries) {
    EXPECT_EQ(this->catalog().Find(entry.path).value(), entry);
    EXPECT_EQ(this->catalog().Find(entry.id).value(), entry);
  }
  EXPECT_EQ(this->List(""), paths);
  std::vector<std::string> paged{""};
  for (const std::string& path : paths) {
    const std::vector<std::string> page = this->List("", paged.back(), 3);
    ASSERT_FALSE(page.empty());
    EXPECT_EQ(page[0], path);
    paged.push_back(path);
  }
  EXPECT_EQ(this->List(beginning, beginning + "r"),
            (std::vector<std::string>{beginning + "s", beginning + "t"}));
}

TYPED_TEST_P(CatalogSuite, IdsComeInOrderAndInParts) {
  this->Put({this->Entry(300, "/a"), this->Entry(2, "/b"), this->Entry(UINT64_MAX, "/c")});
  EXPECT_EQ(this->catalog().Ids({}, 2).value(), (std::vector<StreamId>{{2}, {300}}));
  EXPECT_EQ(this->catalog().Count().value(), 3u);
  EXPECT_EQ(this->catalog().Ids({2}, 2).value(), (std::vector<StreamId>{{300}, {UINT64_MAX}}));
  EXPECT_TRUE(this->catalog().Ids({UINT64_MAX}, 2)->empty());
}

TYPED_TEST_P(CatalogSuite, DueStreamsComeInTheOrderOfTheirTimesAndInParts) {
  this->Put({this->Entry(1, "/a", 300), this->Entry(2, "/b", -5), this->Entry(3, "/c"),
             this->Entry(4, "/d", 300), this->Entry(5, "/e", 301)});
  using Dues = std::vector<ExpiryDue>;
  const ExpiryDue first{.at_ms = -5, .id = {2}}, second{.at_ms = 300, .id = {1}},
      third{.at_ms = 300, .id = {4}};
  const ExpiryDue before{.at_ms = INT64_MIN, .id = {}};
  EXPECT_EQ(this->catalog().Due(300, before, 10).value(), (Dues{first, second, third}));
  EXPECT_EQ(this->catalog().Due(300, before, 2).value(), (Dues{first, second}));
  EXPECT_EQ(this->catalog().Due(300, second, 10).value(), Dues{third});
  EXPECT_EQ(this->catalog().Due(299, before, 10).value(), Dues{first});
}

REGISTER_TYPED_TEST_SUITE_P(CatalogSuite, AnEmptyOneHasNothing, AStreamIsFoundByPathAndById,
                            ATransactionReplacesTheHead, WhatIsPutAgainStandsInPlaceOfWhatWasThere,
                            ARemovedStreamLeavesNothingBehind,
                            APathGoesToANewStreamInTheTransactionThatRemovesTheOldOne,
                            ListsByPrefixInTheOrderOfBytesFromBehindAPath,
                            LongPathsThatBeginAlikeAreToldApartAndListedInOrder,
                            IdsComeInOrderAndInParts,
                            DueStreamsComeInTheOrderOfTheirTimesAndInParts);

}  // namespace thalweg
