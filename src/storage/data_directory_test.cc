#include "storage/data_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/data_directory_view.h"
#include "storage/directory.h"
#include "storage/posix_disk.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

DirectoryId IdOf(uint8_t byte) {
  DirectoryId id;
  id.fill(byte);
  return id;
}

class TestRoot {
 public:
  TestRoot() { disk_ = std::move(PosixDisk::Open(folder_.path()).value()); }

  PosixDisk& disk() { return *disk_; }
  std::filesystem::path path() const { return folder_.path(); }
  void Write(const std::string& name, const std::string& text) {
    const auto file = disk_->Open(name, Disk::Mode::kCreate);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE((*file)->WriteAt(0, text));
  }

 private:
  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
};

TEST(DataDirectory, AnEmptyDirectoryBecomesOneAndKeepsItsIdentity) {
  TestRoot root;
  EXPECT_FALSE(DataDirectory::OpenReadOnly(root.disk()));
  EXPECT_EQ(DataDirectory::Open(root.disk(), IdOf(7)).value()->id(), IdOf(7));
  EXPECT_EQ(DataDirectory::Open(root.disk(), IdOf(8)).value()->id(), IdOf(7));
  EXPECT_EQ(DataDirectory::OpenReadOnly(root.disk()).value()->id(), IdOf(7));
}

TEST(DataDirectory, IsHeldByOneAtATimeAndLookedAtByAll) {
  TestRoot root;
  const auto held = DataDirectory::Open(root.disk(), IdOf(7));
  ASSERT_TRUE(held);
  const auto second = DataDirectory::Open(root.disk(), IdOf(7));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, StorageFault::Kind::kForeign);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
  EXPECT_TRUE(DataDirectory::OpenReadOnly(root.disk()));
}

TEST(DataDirectory, RefusesWhatIsNotWholeAndNeverStartsAfreshOverIt) {
  using Kind = StorageFault::Kind;
  struct Row {
    const char* why;
    std::function<void(TestRoot&)> spoil;
    Kind want;
    const char* said;
  };
  const auto replace = [](TestRoot& root, const std::string& text) {
    std::filesystem::remove(root.path() / "identity");
    root.Write("identity", text);
  };
  const std::string identity = EncodeIdentity(IdOf(7));
  const Row rows[] = {
      {"the log's mount is missing", [](TestRoot& r) { std::filesystem::remove(r.path() / "log"); },
       Kind::kDamage, "log is missing"},
      {"no catalog", [](TestRoot& r) { std::filesystem::remove(r.path() / "catalog"); },
       Kind::kDamage, "catalog is missing"},
      {"no segments", [](TestRoot& r) { std::filesystem::remove(r.path() / "segments"); },
       Kind::kDamage, "segments is missing"},
      {"the identity is gone, data is not",
       [](TestRoot& r) {
         std::filesystem::remove(r.path() / "identity");
         r.Write("log/0000000000000001.log", "x");
       },
       Kind::kDamage, "identity is missing"},
      {"a backup that was not finished",
       [](TestRoot& r) {
         std::filesystem::rename(r.path() / "identity", r.path() / "identity.unfinished");
       },
       Kind::kForeign, "backup that was not finished"},
      {"somebody else's file and no identity",
       [](TestRoot& r) {
         std::filesystem::remove(r.path() / "identity");
         r.Write("holiday.jpg", "x");
       },
       Kind::kForeign, "holiday.jpg"},
      {"another program's identity", [&](TestRoot& r) { replace(r, "hello\n"); }, Kind::kForeign,
       "not that of a data directory"},
      {"an empty identity", [&](TestRoot& r) { replace(r, ""); }, Kind::kDamage,
       "identity cannot be read; restore it from a backup"},
      {"a short one", [&](TestRoot& r) { replace(r, identity.substr(0, 9)); }, Kind::kDamage,
       "cannot be read"},
      {"one that ends before its version", [&](TestRoot& r) { replace(r, identity.substr(0, 30)); },
       Kind::kDamage, "cannot be read"},
      {"a newer format",
       [&](TestRoot& r) {
         std::string text = identity;
         replace(r, text.replace(text.find("format 1"), 8, "format 2"));
       },
       Kind::kForeign, "says format 2, and"},
      {"a torn identity", [&](TestRoot& r) { replace(r, identity.substr(0, identity.size() - 5)); },
       Kind::kDamage, "cannot be read"},
      {"an id that is none",
       [&](TestRoot& r) {
         std::string text = identity;
         text[text.size() - 3] = 'x';
         replace(r, text);
       },
       Kind::kDamage, "cannot be read"},
  };
  for (const Row& row : rows) {
    TestRoot root;
    ASSERT_TRUE(DataDirectory::Open(root.disk(), IdOf(7)));
    row.spoil(root);
    for (const bool read_only : {false, true}) {
      const auto opened = read_only ? DataDirectory::OpenReadOnly(root.disk())
                                    : DataDirectory::Open(root.disk(), IdOf(9));
      ASSERT_FALSE(opened) << row.why;
      EXPECT_EQ(opened.error().kind, row.want) << row.why;
      EXPECT_NE(opened.error().message.find(row.said), std::string::npos) << opened.error().message;
    }
  }
}

TEST(DataDirectory, IsOpenedAtRestOnlyWhileNobodyServesAndKeepsThemOut) {
  TestRoot root;
  EXPECT_FALSE(DataDirectory::OpenAtRest(root.disk())) << "there is no identity";
  EXPECT_EQ(root.disk().List("").value(), std::vector<std::string>{});
  auto held = DataDirectory::Open(root.disk(), IdOf(7));
  ASSERT_TRUE(held);
  EXPECT_EQ(DataDirectory::OpenAtRest(root.disk()).error().kind, StorageFault::Kind::kForeign);
  held->reset();
  const auto resting = DataDirectory::OpenAtRest(root.disk());
  ASSERT_TRUE(resting);
  EXPECT_EQ((*resting)->id(), IdOf(7));
  EXPECT_FALSE(DataDirectory::Open(root.disk(), IdOf(7))) << "somebody looks";
}

TEST(DataDirectory, ACopyIsNotServedFromBeforeItIsFinished) {
  TestRoot root;
  ASSERT_TRUE(DataDirectory::OpenForCopy(root.disk(), IdOf(7)));
  EXPECT_FALSE(DataDirectory::Open(root.disk(), IdOf(8)));
  EXPECT_FALSE(DataDirectory::OpenReadOnly(root.disk()));
  EXPECT_FALSE(DataDirectory::OpenForCopy(root.disk(), IdOf(8))) << "of another directory";
  ASSERT_TRUE(DataDirectory::OpenForCopy(root.disk(), IdOf(7))) << "gone on with";
  ASSERT_TRUE(DataDirectory::FinishCopy(root.disk()));
  EXPECT_EQ(DataDirectory::Open(root.disk(), IdOf(8)).value()->id(), IdOf(7));
  ASSERT_TRUE(DataDirectory::FinishCopy(root.disk())) << "it is finished";
}

// What is damaged in a backup is not restored from one.
TEST(DataDirectory, ACopyWhoseIdentityCannotBeReadIsMadeAgain) {
  struct Row {
    const char* name;
    const char* said;
  };
  const Row rows[] = {
      {"identity", "identity cannot be read; make the backup again, into an empty directory"},
      {"identity.unfinished",
       "identity.unfinished cannot be read; make the backup again, into an empty directory"},
  };
  for (const Row& row : rows) {
    TestRoot root;
    root.Write(row.name, "");
    for (const char* part : {"log", "segments", "catalog", "quarantine"}) {
      ASSERT_TRUE(root.disk().MakeDirectory(part));
    }
    const auto opened = DataDirectory::OpenForCopy(root.disk(), IdOf(7));
    ASSERT_FALSE(opened) << row.name;
    EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
    EXPECT_EQ(opened.error().message, row.said);
  }
}

TEST(DataDirectory, LeavesNothingInADirectoryThatIsNotOurs) {
  TestRoot root;
  root.Write("holiday.jpg", "x");
  ASSERT_FALSE(DataDirectory::Open(root.disk(), IdOf(7)));
  EXPECT_EQ(root.disk().List("").value(), std::vector<std::string>{"holiday.jpg"});
}

TEST(DataDirectory, PutsAsideWhatNobodyKnowsAndKeepsIt) {
  TestRoot root;
  ASSERT_TRUE(DataDirectory::Open(root.disk(), IdOf(7)));
  root.Write("log/notes.txt", "one");
  root.Write("segments/notes.txt", "two");
  root.Write("log/0000000000000001.log", "");
  const auto opened = DataDirectory::Open(root.disk(), IdOf(7));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->quarantined(),
            (std::vector<std::string>{"quarantine/notes.txt", "quarantine/notes.txt.2"}));
  EXPECT_EQ(root.disk().List("log").value(), std::vector<std::string>{"0000000000000001.log"});
  EXPECT_EQ(std::filesystem::file_size(root.path() / "quarantine/notes.txt.2"), 3u);
}

// Each part may be a volume of its own.
TEST(DataDirectory, WhatAFileSystemBringsIsNobodys) {
  TestRoot root;
  for (const char* part : {"log", "segments"}) {
    std::filesystem::create_directories(root.path() / part / "lost+found");
  }
  for (const bool is_new : {true, false}) {
    const auto opened = DataDirectory::Open(root.disk(), IdOf(7));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->is_new(), is_new);
    EXPECT_TRUE((*opened)->quarantined().empty());
  }
  EXPECT_TRUE(std::filesystem::exists(root.path() / "segments/lost+found"));
  DataDirectoryView view(root.disk());
  EXPECT_TRUE(view.Unknown()->empty());
}

TEST(DataDirectory, ItsIdentityIsWrittenAsItsFormatSays) {  // docs/formats/directory.md
  EXPECT_EQ(EncodeIdentity(IdOf(7)),
            "thalweg data directory\nformat 1\nid 07070707070707070707070707070707\n");
}

TEST(DataDirectory, MissesNoQuarantine) {
  TestRoot root;
  ASSERT_TRUE(DataDirectory::Open(root.disk(), IdOf(7)));
  std::filesystem::remove(root.path() / "quarantine");
  EXPECT_TRUE(DataDirectory::OpenReadOnly(root.disk()));
  EXPECT_TRUE(DataDirectory::Open(root.disk(), IdOf(7)));
  root.Write("log/notes.txt", "one");
  const auto opened = DataDirectory::Open(root.disk(), IdOf(7));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->quarantined(), std::vector<std::string>{"quarantine/notes.txt"});
}

TEST(DataDirectory, IsMadeWhereItAloneIsMissing) {
  TestRoot root;
  for (const char* name : {"new", "slash/"}) {
    const std::string path = (root.path() / name).string();
    ASSERT_TRUE(DataDirectory::CreateMissing(path));
    EXPECT_TRUE(std::filesystem::is_directory(path));
    EXPECT_TRUE(DataDirectory::CreateMissing(path)) << "it is there";
  }
  const auto made = DataDirectory::CreateMissing((root.path() / "a/b").string());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, StorageFault::Kind::kDisk);
  const auto nameless = DataDirectory::CreateMissing("");
  ASSERT_FALSE(nameless);
  EXPECT_EQ(nameless.error().kind, StorageFault::Kind::kDisk);
}

}  // namespace
}  // namespace thalweg
