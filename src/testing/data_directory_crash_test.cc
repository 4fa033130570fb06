// A data directory whose making is cut short at every operation.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "storage/data_directory.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

DirectoryId IdOf(uint8_t byte) {
  DirectoryId id;
  id.fill(byte);
  return id;
}

TEST(DataDirectoryCrash, ADirectoryHalfMadeIsMadeAgainAndAWholeOneKeepsItsIdentity) {
  int fresh = 0, whole = 0;
  for (const auto kind : {SimDisk::CrashKind::kProcess, SimDisk::CrashKind::kPowerCut}) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      for (uint64_t n = 1;; ++n) {
        SimDisk disk(seed);
        disk.StopAtNth(n);
        const bool made = DataDirectory::Open(disk, IdOf(1)).has_value();
        const bool stopped = disk.stopped();
        disk.Crash(kind);
        const auto again = DataDirectory::Open(disk, IdOf(2));
        ASSERT_TRUE(again) << "stopped at operation " << n << ": " << again.error().message;
        const bool kept = (*again)->id() == IdOf(1);
        EXPECT_TRUE(kept || !made) << "an identity that was given out is gone";
        ++(kept ? whole : fresh);
        if (!stopped) break;
      }
    }
  }
  EXPECT_GT(fresh, 0);
  EXPECT_GT(whole, 0);
}

TEST(DataDirectoryCrash, WhatCannotBeMovedOutOfTheWayStaysAndIsNamed) {
  for (const int code : {EXDEV, EBUSY, EACCES, EPERM}) {
    SimDisk disk(1);
    ASSERT_TRUE(DataDirectory::Open(disk, IdOf(1)));
    ASSERT_TRUE(disk.Open("segments/notes.txt", Disk::Mode::kCreate));
    disk.FailNth({.op = DiskOp::kRename, .path_part = "notes"}, 1, {.code = code});
    const auto opened = DataDirectory::Open(disk, IdOf(1));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->left(), std::vector<std::string>{"segments/notes.txt"});
    EXPECT_TRUE((*opened)->quarantined().empty());
  }
}

}  // namespace
}  // namespace thalweg
