// What a crash does to a SimDisk: each misbehaviour happens for some seed, each promise holds for
// all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "storage/directory.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

using testing::UnorderedElementsAre;
using Names = std::vector<std::string>;

constexpr auto kPowerCut = SimDisk::CrashKind::kPowerCut;
constexpr auto kProcess = SimDisk::CrashKind::kProcess;
constexpr uint64_t kSeeds = 300;

std::string Sectors(size_t count, char fill) { return std::string(count * kSectorBytes, fill); }

std::string Read(SimDisk& disk, const std::string& path) {
  const auto file = disk.Open(path, Disk::Mode::kRead).value();
  std::string out(file->Size().value(), '?');
  out.resize(file->ReadAt(0, out).value());
  return out;
}

std::string SectorAt(const std::string& content, size_t sector) {
  return content.substr(sector * kSectorBytes, kSectorBytes);
}

// A file whose name and `content` are safe.
std::unique_ptr<File> CreateSynced(SimDisk& disk, const std::string& name,
                                   const std::string& content) {
  auto file = Directory(disk, "").Create(name).value();
  EXPECT_TRUE(file->WriteAt(0, content).has_value());
  EXPECT_TRUE(file->Sync().has_value());
  return file;
}

// Runs `change` on a disk of each seed, cuts the power, and collects what `outcome` says.
std::set<std::string> OutcomesOf(const std::function<void(SimDisk&)>& change,
                                 const std::function<std::string(SimDisk&)>& outcome) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    change(disk);
    disk.Crash(kPowerCut);
    outcomes.insert(outcome(disk));
  }
  return outcomes;
}

std::string ListOf(SimDisk& disk) {
  std::string list;
  const Names names = disk.List("").value();
  for (const std::string& name : names) list += name + " ";
  return list;
}

TEST(SimDiskCrash, OfTheProcessKeepsAllThatWasWritten) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimDisk disk(seed);
    const auto file = disk.Open("a", Disk::Mode::kCreate).value();
    ASSERT_TRUE(file->WriteAt(100, Sectors(20, 'x')).has_value());
    disk.Crash(kProcess);
    EXPECT_EQ(Read(disk, "a"), std::string(100, '\0') + Sectors(20, 'x'));
  }
}

TEST(SimDiskCrash, WhatThePageCacheKeptOverAProcessMayStillBeLostToAPowerCut) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        const auto file = CreateSynced(disk, "a", Sectors(1, 'o'));
        ASSERT_TRUE(file->WriteAt(0, Sectors(1, 'n')).has_value());
        disk.Crash(kProcess);
      },
      [](SimDisk& disk) { return Read(disk, "a").substr(0, 1); });
  EXPECT_TRUE(outcomes.contains("o"));
  EXPECT_TRUE(outcomes.contains("n"));
}

TEST(SimDiskCrash, KillsOpenFilesAndLetsLocksGo) {
  for (const auto kind : {kProcess, kPowerCut}) {
    SimDisk disk(1);
    const auto file = CreateSynced(disk, "a", "kept");
    const auto lock = disk.Lock("lock").value();
    ASSERT_TRUE(disk.SyncDirectory("").has_value());
    disk.Crash(kind);
    char byte;
    EXPECT_EQ(file->ReadAt(0, std::span(&byte, 1)).error().code, EIO);
    EXPECT_EQ(file->WriteAt(0, "lost").error().code, EIO);
    EXPECT_EQ(file->Sync().error().code, EIO);
    EXPECT_EQ(Read(disk, "a"), "kept");
    const auto again = disk.Lock("lock");
    EXPECT_TRUE(again.has_value());
    EXPECT_FALSE(disk.Lock("lock").has_value());
  }
}

TEST(SimDiskCrash, ADeadHandleDoesNotLetALaterLockGo) {
  SimDisk disk(1);
  auto old = disk.Lock("lock").value();
  disk.Crash(kProcess);
  const auto now = disk.Lock("lock").value();
  old.reset();
  EXPECT_EQ(disk.Lock("lock").error().code, EWOULDBLOCK);
}

TEST(SimDiskCrash, NeverTakesWhatWasSynced) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    const auto file = CreateSynced(disk, "a", Sectors(10, 's'));
    ASSERT_TRUE(file->WriteAt(10 * kSectorBytes, Sectors(10, 'u')).has_value());
    disk.Crash(kPowerCut);
    EXPECT_EQ(Read(disk, "a").substr(0, 10 * kSectorBytes), Sectors(10, 's')) << seed;
    disk.Crash(kPowerCut);
    EXPECT_EQ(Read(disk, "a").substr(0, 10 * kSectorBytes), Sectors(10, 's')) << seed;
  }
}

TEST(SimDiskCrash, WhatIsThereAfterACutStaysOverTheNext) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    const auto file = CreateSynced(disk, "a", Sectors(4, 'o'));
    ASSERT_TRUE(file->WriteAt(0, Sectors(9, 'n')).has_value());
    disk.Crash(kPowerCut);
    const std::string after = Read(disk, "a");
    disk.Crash(kPowerCut);
    EXPECT_EQ(Read(disk, "a"), after) << seed;
  }
}

// A subset, not a prefix; and some sectors are torn.
TEST(SimDiskCrash, EachUnsyncedSectorIsKeptLostOrTornForItself) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    const auto file = CreateSynced(disk, "a", Sectors(8, 'o'));
    ASSERT_TRUE(file->WriteAt(0, Sectors(8, 'n')).has_value());
    disk.Crash(kPowerCut);
    const std::string after = Read(disk, "a");
    std::string pattern;
    for (size_t i = 0; i < 8; ++i) {
      const std::string sector = SectorAt(after, i);
      pattern += sector == Sectors(1, 'o') ? 'o' : sector == Sectors(1, 'n') ? 'n' : 't';
    }
    if (pattern == "oooooooo") ++seen["all lost"];
    if (pattern == "nnnnnnnn") ++seen["all kept"];
    if (pattern.find("on") != std::string::npos) ++seen["a hole"];
    if (pattern.find('t') != std::string::npos) ++seen["torn"];
  }
  for (const char* what : {"all lost", "all kept", "a hole", "torn"})
    EXPECT_GT(seen[what], 5) << what;
}

TEST(SimDiskCrash, AnyVersionOfASectorMayBeTheOneThatSurvives) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        const auto file = CreateSynced(disk, "a", Sectors(1, '0'));
        for (const char fill : {'1', '2', '3'}) {
          ASSERT_TRUE(file->WriteAt(0, Sectors(1, fill)).has_value());
        }
      },
      [](SimDisk& disk) {
        const std::string after = Read(disk, "a");
        return after == Sectors(1, after[0]) ? after.substr(0, 1) : std::string("torn");
      });
  EXPECT_THAT(outcomes, UnorderedElementsAre("0", "1", "2", "3", "torn"));
}

TEST(SimDiskCrash, SizeAndDataOfAnExtensionSurviveApart) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    CreateSynced(disk, "old", Sectors(4, 'R'));
    ASSERT_TRUE(Directory(disk, "").Remove("old").has_value());  // its space is given out again
    const auto file = CreateSynced(disk, "a", Sectors(1, 's'));
    ASSERT_TRUE(file->WriteAt(kSectorBytes, Sectors(1, 'u')).has_value());
    disk.Crash(kPowerCut);
    const std::string after = Read(disk, "a");
    if (after.size() == kSectorBytes) {
      ++seen["size lost"];
      continue;
    }
    ASSERT_EQ(after.size(), 2 * kSectorBytes);
    const std::string sector = SectorAt(after, 1);
    if (sector == Sectors(1, 'u')) ++seen["both kept"];
    if (sector == Sectors(1, '\0')) ++seen["zeros"];
    if (sector == Sectors(1, 'R')) ++seen["stale bytes"];
  }
  for (const char* what : {"size lost", "both kept", "zeros", "stale bytes"}) {
    EXPECT_GT(seen[what], 2) << what;
  }
}

TEST(SimDiskCrash, DataThatCameWithoutItsSizeDoesNotShowWhenTheFileGrows) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    const auto file = CreateSynced(disk, "a", "s");
    ASSERT_TRUE(file->WriteAt(1, Sectors(3, 'u')).has_value());
    disk.Crash(kPowerCut);
    const auto again = disk.Open("a", Disk::Mode::kReadWrite).value();
    const uint64_t size = again->Size().value();
    ASSERT_TRUE(again->Truncate(9999).has_value());
    EXPECT_EQ(Read(disk, "a").substr(size), std::string(9999 - size, '\0')) << seed;
  }
}

TEST(SimDiskCrash, LostWritesToAllocatedSpaceReadAsZeroOrTorn) {
  std::map<std::string, int> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimDisk disk(seed);
    CreateSynced(disk, "old", Sectors(4, 'R'));
    ASSERT_TRUE(Directory(disk, "").Remove("old").has_value());
    const auto file = CreateSynced(disk, "a", "");
    ASSERT_TRUE(file->Allocate(4 * kSectorBytes).has_value());
    ASSERT_TRUE(file->Sync().has_value());
    ASSERT_TRUE(file->WriteAt(0, Sectors(2, 'u')).has_value());
    disk.Crash(kPowerCut);
    const std::string after = Read(disk, "a");
    ASSERT_EQ(after.size(), 4 * kSectorBytes);
    EXPECT_EQ(after.substr(2 * kSectorBytes), Sectors(2, '\0'));
    EXPECT_NE(SectorAt(after, 0), Sectors(1, 'R')) << seed;
    if (SectorAt(after, 0) == Sectors(1, '\0')) ++seen["zeros"];
    if (SectorAt(after, 0) == Sectors(1, 'u')) ++seen["kept"];
  }
  EXPECT_GT(seen["zeros"], 5);
  EXPECT_GT(seen["kept"], 5);
}

TEST(SimDiskCrash, AnUnsyncedAllocationMayBeGone) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        const auto file = CreateSynced(disk, "a", "");
        ASSERT_TRUE(file->Allocate(5000).has_value());
      },
      [](SimDisk& disk) { return std::to_string(Read(disk, "a").size()); });
  EXPECT_THAT(outcomes, UnorderedElementsAre("0", "5000"));
}

TEST(SimDiskCrash, AnUnsyncedCutMayBeUndoneAndASyncedOneMayNot) {
  for (const bool synced : {false, true}) {
    const auto outcomes = OutcomesOf(
        [&](SimDisk& disk) {
          const auto file = CreateSynced(disk, "a", Sectors(3, 's'));
          ASSERT_TRUE(file->Truncate(kSectorBytes).has_value());
          if (synced) {
            ASSERT_TRUE(file->Sync().has_value());
          }
        },
        [](SimDisk& disk) {
          const std::string after = Read(disk, "a");
          EXPECT_EQ(SectorAt(after, 0), Sectors(1, 's'));
          return std::to_string(after.size() / kSectorBytes);
        });
    EXPECT_EQ(outcomes.contains("1"), true);
    EXPECT_EQ(outcomes.contains("3"), !synced);
  }
}

TEST(SimDiskCrash, ANameSurvivesForSureOnlyWhenItsDirectoryWasSynced) {
  struct Row {
    const char* why;
    void (*change)(SimDisk& disk);
    std::set<std::string> unsynced;
    std::string synced;
  };
  const Row rows[] = {
      {"create",
       [](SimDisk& d) {
         const auto file = d.Open("new", Disk::Mode::kCreate).value();
         EXPECT_TRUE(file->WriteAt(0, "x").has_value());
         EXPECT_TRUE(file->Sync().has_value());  // of the bytes: says nothing about the name
       },
       {"a ", "a new "},
       "a new "},
      {"make directory",
       [](SimDisk& d) { EXPECT_TRUE(d.MakeDirectory("new").has_value()); },
       {"a ", "a new "},
       "a new "},
      {"remove", [](SimDisk& d) { EXPECT_TRUE(d.Remove("a").has_value()); }, {"a ", ""}, ""},
      {"rename is old or new",
       [](SimDisk& d) { EXPECT_TRUE(d.Rename("a", "b").has_value()); },
       {"a ", "b "},
       "b "},
      {"two renames are never two names",
       [](SimDisk& d) {
         EXPECT_TRUE(d.Rename("a", "b").has_value());
         EXPECT_TRUE(d.Rename("b", "c").has_value());
       },
       {"a ", "b ", "c "},
       "c "},
      {"each change for itself",
       [](SimDisk& d) {
         EXPECT_TRUE(d.MakeDirectory("x").has_value());
         EXPECT_TRUE(d.MakeDirectory("y").has_value());
       },
       {"a ", "a x ", "a y ", "a x y "},
       "a x y "},
  };
  const auto prepare = [](SimDisk& disk) { CreateSynced(disk, "a", "kept"); };
  for (const Row& row : rows) {
    const auto unsynced = [&](SimDisk& disk) {
      prepare(disk);
      row.change(disk);
    };
    const auto synced = [&](SimDisk& disk) {
      unsynced(disk);
      EXPECT_TRUE(disk.SyncDirectory("").has_value());
    };
    EXPECT_EQ(OutcomesOf(unsynced, ListOf), row.unsynced) << row.why;
    EXPECT_EQ(OutcomesOf(synced, ListOf), std::set<std::string>{row.synced}) << row.why;
  }
}

TEST(SimDiskCrash, AReplacingRenameShowsTheOldOrTheNewContentWhole) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        CreateSynced(disk, "current", "old");
        CreateSynced(disk, "next", "new");
        ASSERT_TRUE(disk.Rename("next", "current").has_value());
      },
      [](SimDisk& disk) { return Read(disk, "current"); });
  EXPECT_THAT(outcomes, UnorderedElementsAre("old", "new"));
}

TEST(SimDiskCrash, AFileInADirectoryThatWasNotSyncedGoesWithIt) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        ASSERT_TRUE(disk.MakeDirectory("d").has_value());
        ASSERT_TRUE(Directory(disk, "d").Create("a").has_value());
      },
      ListOf);
  EXPECT_THAT(outcomes, UnorderedElementsAre("", "d "));
}

TEST(SimDiskCrash, AMoveBetweenDirectoriesNeedsBothSynced) {
  struct Row {
    const char* why;
    Names synced;
    std::set<std::string> want;  // root, then d
  };
  const Row rows[] = {
      {"none: old or new", {}, {"a d |", "d |a"}},
      {"the new one only: never lost", {"d"}, {"a d |a", "d |a"}},
      {"the old one only: may be lost", {""}, {"d |", "d |a"}},
      {"both", {"d", ""}, {"d |a"}},
  };
  for (const Row& row : rows) {
    const auto outcomes = OutcomesOf(
        [&](SimDisk& disk) {
          CreateSynced(disk, "a", "kept");
          ASSERT_TRUE(Directory(disk, "").MakeDirectory("d").has_value());
          ASSERT_TRUE(disk.Rename("a", "d/a").has_value());
          for (const std::string& path : row.synced) {
            ASSERT_TRUE(disk.SyncDirectory(path).has_value());
          }
        },
        [](SimDisk& disk) {
          const bool moved = !disk.List("d").value().empty();
          return ListOf(disk) + "|" + (moved ? "a" : "");
        });
    EXPECT_EQ(outcomes, row.want) << row.why;
  }
}

TEST(SimDiskCrash, AFailedDirectorySyncLosesItsNamesThoughTheNextOneSucceeds) {
  const auto outcomes = OutcomesOf(
      [](SimDisk& disk) {
        ASSERT_TRUE(disk.Open("a", Disk::Mode::kCreate).has_value());
        disk.FailNth({.op = DiskOp::kSyncDirectory, .path_part = ""}, 1, {});
        EXPECT_FALSE(disk.SyncDirectory("").has_value());
        EXPECT_EQ(ListOf(disk), "a ");
        EXPECT_TRUE(disk.SyncDirectory("").has_value());
      },
      ListOf);
  EXPECT_THAT(outcomes, UnorderedElementsAre(""));
}

}  // namespace
}  // namespace thalweg
