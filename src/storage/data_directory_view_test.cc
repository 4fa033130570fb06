#include "storage/data_directory_view.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "storage/log_test_support.h"

namespace thalweg {
namespace {

TEST(DataDirectoryView, ChangesNothing) {
  LogTestFolder folder;
  ASSERT_TRUE(folder.Open());
  DataDirectoryView view(folder.disk());
  EXPECT_EQ(view.Open("x", Disk::Mode::kCreate).error().code, EROFS);
  EXPECT_EQ(view.Open("x", Disk::Mode::kReadWrite).error().code, EROFS);
  EXPECT_EQ(view.Rename("log", "x").error().code, EROFS);
  EXPECT_EQ(view.Remove("log").error().code, EROFS);
  EXPECT_EQ(view.MakeDirectory("x").error().code, EROFS);
  EXPECT_EQ(view.SyncDirectory("").error().code, EROFS);
  EXPECT_TRUE(view.Lock("lock")) << "nobody holds it";
  EXPECT_EQ(folder.disk().List("").value(), std::vector<std::string>{"log"});
}

TEST(DataDirectoryView, MeetsTheLockOfWhoeverServes) {
  LogTestFolder folder;
  const auto held = folder.disk().Lock("lock");
  ASSERT_TRUE(held);
  EXPECT_EQ(DataDirectoryView(folder.disk()).Lock("lock").error().code, EWOULDBLOCK);
  ASSERT_TRUE(folder.disk().Remove("lock"));
  EXPECT_EQ(DataDirectoryView(folder.disk()).Lock("lock").error().code, EWOULDBLOCK);
}

TEST(DataDirectoryView, ShowsOnlyNamesOfOursInTheParts) {
  LogTestFolder folder;
  ASSERT_TRUE(folder.disk().MakeDirectory("segments"));
  for (const char* path : {"log/0000000000000001.log", "log/notes.txt", "log/1.log",
                           "segments/000000000000000a.seg", "segments/000000000000000A.seg"}) {
    ASSERT_TRUE(folder.disk().Open(path, Disk::Mode::kCreate)) << path;
  }
  DataDirectoryView view(folder.disk());
  EXPECT_EQ(view.List("log").value(), std::vector<std::string>{"0000000000000001.log"});
  EXPECT_EQ(view.List("segments").value(), std::vector<std::string>{"000000000000000a.seg"});
  EXPECT_EQ(view.List("").value(), (std::vector<std::string>{"log", "segments"}));
  EXPECT_EQ(view.Unknown().value(), (std::vector<std::string>{"log/1.log", "log/notes.txt",
                                                              "segments/000000000000000A.seg"}));
}

}  // namespace
}  // namespace thalweg
