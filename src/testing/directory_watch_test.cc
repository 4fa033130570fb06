#include "storage/directory_watch.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "storage/data_directory.h"
#include "storage/directory.h"
#include "storage/posix_disk.h"
#include "testing/sim_disk.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

DirectoryId IdOf(uint8_t byte) {
  DirectoryId id;
  id.fill(byte);
  return id;
}

// A data directory of the machine, with other places beside it.
class Served {
 public:
  Served() {
    disk_ = Make(data());
    watch_ = std::make_unique<DirectoryWatch>(*disk_, data().string(), IdOf(7));
  }

  // Another one with the same name, as a backup is, or another's.
  static std::unique_ptr<PosixDisk> Make(const fs::path& path, uint8_t id = 7) {
    fs::create_directory(path);
    auto disk = std::move(PosixDisk::Open(path.string()).value());
    EXPECT_TRUE(DataDirectory::Open(*disk, IdOf(id)));
    return disk;
  }

  void WriteIdentity(const std::string& text) {
    EXPECT_TRUE(Directory(*disk_, "").Replace("identity", text));
  }

  fs::path data() const { return folder_ / "data"; }
  fs::path other() const { return folder_ / "other"; }
  std::string Found() const { return watch_->FindGone({}).value_or("it is there"); }

 private:
  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
  std::unique_ptr<DirectoryWatch> watch_;
};

TEST(DirectoryWatch, TellsADirectoryThatIsGoneFromOneThatCannotBeLookedAt) {
  struct Row {
    const char* why;
    std::function<void(Served&)> happens;
    std::string want;  // what is told has it
  };
  const std::string there = "it is there";
  const Row rows[] = {
      {"nothing", [](Served&) {}, there},
      {"removed", [](Served& s) { fs::remove_all(s.data()); }, "No such file or directory"},
      {"emptied",
       [](Served& s) {
         fs::remove_all(s.data());
         fs::create_directory(s.data());
       },
       "identity is missing"},
      {"its identity alone", [](Served& s) { fs::remove(s.data() / "identity"); },
       "identity is missing"},
      {"its log alone", [](Served& s) { fs::remove(s.data() / "log"); }, "log is missing"},
      {"its segments", [](Served& s) { fs::remove(s.data() / "segments"); }, "segments is missing"},
      {"its catalog", [](Served& s) { fs::remove(s.data() / "catalog"); }, "catalog is missing"},
      {"what holds nothing of it", [](Served& s) { fs::remove(s.data() / "quarantine"); }, there},
      {"moved", [](Served& s) { fs::rename(s.data(), s.other()); }, "No such file or directory"},
      {"moved there and back",
       [](Served& s) {
         fs::rename(s.data(), s.other());
         fs::rename(s.other(), s.data());
       },
       there},
      {"moved, with a link to where it is now",
       [](Served& s) {
         fs::rename(s.data(), s.other());
         fs::create_directory_symlink(s.other(), s.data());
       },
       there},
      {"a file in its place",
       [](Served& s) {
         fs::rename(s.data() / "identity", s.other());
         fs::remove_all(s.data());
         fs::rename(s.other(), s.data());
       },
       "Not a directory"},
      {"another one in its place",
       [](Served& s) {
         fs::rename(s.data(), s.other());
         Served::Make(s.data(), 8);
       },
       "this is data directory 08080808080808080808080808080808, and 0707"},
      {"a backup in the place of one that was removed",
       [](Served& s) {
         fs::remove_all(s.data());
         Served::Make(s.data());
       },
       "identity is missing"},
      {"no way to it",
       [](Served& s) {
         fs::rename(s.data(), s.other());
         fs::create_symlink(s.data(), s.data());
       },
       there},
      {"no way to it, and removed",
       [](Served& s) {
         fs::remove_all(s.data());
         fs::create_symlink(s.data(), s.data());
       },
       "identity is missing"},
      {"an identity that is being written", [](Served& s) { s.WriteIdentity(""); }, there},
      {"one of another version",
       [](Served& s) { s.WriteIdentity("thalweg data directory\nformat 2\n"); }, there},
  };
  for (const Row& row : rows) {
    Served served;
    row.happens(served);
    EXPECT_NE(served.Found().find(row.want), std::string::npos)
        << row.why << ": " << served.Found();
  }
}

TEST(DirectoryWatch, WhatTheSystemRefusesSaysNothing) {
  SimDisk disk(1);
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {}), "identity is missing");
  ASSERT_TRUE(DataDirectory::Open(disk, IdOf(7)));
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {}), std::nullopt);
  EXPECT_NE(FoundInsteadOf(IdOf(8), disk, {}), std::nullopt);
  for (const DiskOp op : {DiskOp::kOpen, DiskOp::kRead}) {
    for (const int code : {EIO, EMFILE, ENFILE, EACCES, ENOMEM}) {
      disk.FailNth({.op = op, .path_part = "identity"}, 1, {.code = code});
      EXPECT_EQ(FoundInsteadOf(IdOf(8), disk, {}), std::nullopt) << code;
    }
  }
  disk.FailNth({.op = DiskOp::kOpen, .path_part = "identity"}, 1, {.code = ESTALE});
  EXPECT_NE(FoundInsteadOf(IdOf(7), disk, {}), std::nullopt) << "what is open there is no more";
  ASSERT_TRUE(disk.Rename("log", "elsewhere"));
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {}), "log is missing");
  disk.FailNth({.op = DiskOp::kOpen, .path_part = "log"}, 1, {.code = EIO});
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {}), std::nullopt);
}

TEST(DirectoryWatch, MissesAFileThatIsNeeded) {
  SimDisk disk(1);
  ASSERT_TRUE(DataDirectory::Open(disk, IdOf(7)));
  ASSERT_TRUE(Directory(disk, "log").Create("a"));
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {"log/a"}), std::nullopt);
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {"log/a", "log/b"}), "log/b is missing");
  disk.FailNth({.op = DiskOp::kList, .path_part = "log"}, 1, {.code = EMFILE});
  EXPECT_EQ(FoundInsteadOf(IdOf(7), disk, {"log/b"}), std::nullopt);
}

}  // namespace
}  // namespace thalweg
