#include "storage/directory_clock.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>

#include "base/durations.h"
#include "storage/directory.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

constexpr int64_t kHourMs = 3'600'000;

// What a process that starts now takes the time for.
int64_t Started(Disk& disk, const Clock& machine) {
  DirectoryClock clock(machine);
  EXPECT_TRUE(clock.Recover(disk));
  return clock.SteadyMs();
}

TEST(DirectoryClock, GoesOnOverARestartByWhatCanBeKnown) {
  struct Row {
    const char* why;
    std::function<void(ManualClock&)> meanwhile;
    int64_t passed_ms;
  };
  const Row rows[] = {
      {"nobody served for an hour", [](ManualClock& m) { m.AdvanceMs(kHourMs); }, kHourMs},
      {"… and the wall clock was set ahead",
       [](ManualClock& m) {
         m.AdvanceMs(kHourMs);
         m.JumpWallMs(kYearMs);
       },
       kHourMs},
      {"… or back",
       [](ManualClock& m) {
         m.AdvanceMs(kHourMs);
         m.JumpWallMs(-kYearMs);
       },
       kHourMs},
      {"the machine was off for an hour",
       [](ManualClock& m) {
         m.Reboot();
         m.JumpWallMs(kHourMs);
       },
       kHourMs},
      {"… and came back with a wall clock that stands behind",
       [](ManualClock& m) {
         m.Reboot();
         m.JumpWallMs(-kYearMs);
       },
       0},
  };
  for (const Row& row : rows) {
    SimDisk disk(1);
    ManualClock machine;
    const int64_t before = Started(disk, machine);
    EXPECT_EQ(before, machine.WallMs());
    row.meanwhile(machine);
    EXPECT_EQ(Started(disk, machine) - before, row.passed_ms) << row.why;
    machine.AdvanceMs(5);
    machine.JumpWallMs(kYearMs);
    EXPECT_EQ(Started(disk, machine) - before, row.passed_ms + 5) << row.why << ", once more";
  }
}

// Serves by steps as the store keeper does; the machine ends in the midst of it.
TEST(DirectoryClock, WhatIsDoneToTheWallClockWhileItRunsIsNoTimeThatPassed) {
  struct Row {
    const char* why;
    int64_t set_by_ms;    // while it serves, …
    int64_t set_off_ms;   // … and while the machine is off
    int64_t lost_ms = 0;  // of the hour that it is off
  };
  const Row rows[] = {
      {"put forward", kYearMs, 0},
      {"put back", -kYearMs, 0},
      {"not set", 0, 0},
      {"put forward by less than it is marked for", 999, 0, -999},
      {"set back once the machine is off", 0, -kYearMs, kHourMs},
  };
  for (const Row& row : rows) {
    SimDisk disk(1);
    ManualClock machine;
    DirectoryClock clock(machine);
    ASSERT_TRUE(clock.Recover(disk));
    machine.AdvanceMs(2 * kHourMs);
    ASSERT_FALSE(clock.IsMarkStale());
    ASSERT_TRUE(clock.Mark());
    machine.JumpWallMs(row.set_by_ms);
    EXPECT_EQ(clock.IsMarkStale(), std::abs(row.set_by_ms) > 999) << row.why;
    if (clock.IsMarkStale()) {
      ASSERT_TRUE(clock.Mark());
    }
    EXPECT_FALSE(clock.IsMarkStale()) << row.why;
    const int64_t ended_ms = clock.SteadyMs();
    disk.Crash(SimDisk::CrashKind::kPowerCut);
    machine.Reboot();
    machine.JumpWallMs(kHourMs + row.set_off_ms);
    EXPECT_EQ(Started(disk, machine) - ended_ms, kHourMs - row.lost_ms) << row.why;
  }
}

// The mark before is believed by a process that goes on with it, and is stale for it too.
TEST(DirectoryClock, AWallClockThatWasSetWhileNobodyServedMakesTheMarkStale) {
  SimDisk disk(1);
  ManualClock machine;
  const int64_t before = Started(disk, machine);
  machine.JumpWallMs(kYearMs);
  DirectoryClock clock(machine);
  ASSERT_TRUE(clock.Recover(disk));
  EXPECT_TRUE(clock.IsMarkStale());
  ASSERT_TRUE(clock.Mark());
  machine.Reboot();
  machine.JumpWallMs(kHourMs);
  EXPECT_EQ(Started(disk, machine) - before, kHourMs);
}

TEST(DirectoryClock, TellsOnceByHowMuchTheWallClockWasSetBack) {
  SimDisk disk(1);
  ManualClock machine;
  DirectoryClock clock(machine);
  ASSERT_TRUE(clock.Recover(disk));
  EXPECT_FALSE(clock.TakeSetBack(1));
  const auto jump = [&](int64_t ms) {
    machine.AdvanceMs(5);
    machine.JumpWallMs(ms);
    ASSERT_TRUE(clock.Mark());
  };
  for (const int64_t jump_ms : {kYearMs, -kHourMs / 2, kHourMs / 4, -kHourMs / 2, -kHourMs / 4}) {
    EXPECT_FALSE(clock.TakeSetBack(kHourMs)) << "by little, and not yet by so much together";
    jump(jump_ms);
  }
  EXPECT_FALSE(clock.TakeSetBack(kHourMs + 1));
  EXPECT_TRUE(clock.TakeSetBack(kHourMs));
  EXPECT_FALSE(clock.TakeSetBack(1));
  machine.JumpWallMs(-kHourMs);
  EXPECT_FALSE(clock.TakeSetBack(1)) << "the mark does not have it yet";
  DirectoryClock next(machine);
  ASSERT_TRUE(next.Recover(disk));
  EXPECT_TRUE(next.IsMarkStale());
  ASSERT_TRUE(next.Mark());
  EXPECT_TRUE(next.TakeSetBack(kHourMs)) << "while nobody served";
  machine.Reboot();
  machine.JumpWallMs(-kHourMs);
  DirectoryClock last(machine);
  ASSERT_TRUE(last.Recover(disk));
  EXPECT_TRUE(last.TakeSetBack(kHourMs)) << "while the machine was off";
}

TEST(DirectoryClock, AMarkThatFindsNoRoomIsStaleUntilItDoes) {
  SimDisk disk(1);
  ManualClock machine;
  DirectoryClock clock(machine);
  disk.SetRoom(0);
  ASSERT_TRUE(clock.Recover(disk));
  EXPECT_TRUE(clock.IsMarkStale());
  disk.SetRoom(1 << 20);
  ASSERT_TRUE(clock.Mark());
  EXPECT_FALSE(clock.IsMarkStale());
  machine.JumpWallMs(-kYearMs);
  disk.FailNth({.op = DiskOp::kSync, .path_part = "clock"}, 1, {.code = EIO});
  EXPECT_FALSE(clock.Mark());
  EXPECT_TRUE(clock.IsMarkStale());
}

TEST(DirectoryClock, GoesOnFromTheMarkOfAnOlderProgram) {
  const std::string text =
      "thalweg clock\n"
      "scale boot 1\n"
      "there 1000\n"
      "here -5\n"
      "crc32c 2795183089\n";
  EXPECT_EQ(DecodeClockMark(text),
            (ClockMark{.scale = "boot 1", .machine_ms = 1'000, .ms = -5, .wall_ms = -5}));
  SimDisk disk(1);
  ManualClock machine;
  ASSERT_TRUE(Directory(disk, "").Replace("clock", text));
  EXPECT_EQ(Started(disk, machine), machine.SteadyMs() - 1'005) << "the machine runs on";
  machine.Reboot();
  EXPECT_EQ(Started(disk, machine), machine.WallMs());
}

TEST(DirectoryClock, ItsFileIsWrittenAsItsFormatSays) {  // docs/formats/directory.md
  EXPECT_EQ(EncodeClockMark({.scale = "36d9b22f-f245-4b6c-b668-88c0f60cfd3f time:[4026531834]",
                             .machine_ms = 25'989'378,
                             .ms = 1'796'077'667'069,
                             .wall_ms = 1'796'077'667'069}),
            "thalweg clock\n"
            "scale 36d9b22f-f245-4b6c-b668-88c0f60cfd3f time:[4026531834]\n"
            "there 25989378\n"
            "here 1796077667069\n"
            "wall 1796077667069\n"
            "crc32c 447832086\n");
}

TEST(DirectoryClock, ItsFileIsTakenWholeOrNotAtAll) {
  const ClockMark mark{.scale = "boot 1", .machine_ms = 1'000, .ms = -5, .wall_ms = 20};
  const std::string text = EncodeClockMark(mark);
  EXPECT_EQ(text,
            "thalweg clock\n"
            "scale boot 1\n"
            "there 1000\n"
            "here -5\n"
            "wall 20\n"
            "crc32c 1373315540\n");
  EXPECT_EQ(DecodeClockMark(text), mark);
  EXPECT_EQ(DecodeClockMark(EncodeClockMark({})), ClockMark{});
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(DecodeClockMark(text.substr(0, i))) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = text;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(DecodeClockMark(flipped)) << i;
    }
  }
}

TEST(DirectoryClock, BelievesTheWallClockWhereItsFileCannotBeReadOrWritten) {
  SimDisk damaged(1), full(1);
  ManualClock machine;
  Started(damaged, machine);
  damaged.CorruptSector("clock", 0, Damage::kFlipBit);
  full.SetRoom(0);
  Started(full, machine);
  machine.JumpWallMs(kHourMs);
  EXPECT_EQ(Started(damaged, machine), machine.WallMs());
  EXPECT_EQ(Started(full, machine), machine.WallMs());
}

TEST(DirectoryClock, AStartThatIsCutShortAnywhereLosesNoTime) {
  for (uint64_t n = 1;; ++n) {
    SimDisk disk(n);
    ManualClock machine;
    const int64_t before = Started(disk, machine);
    machine.Reboot();
    disk.StopAtNth(n);
    const bool was_started = DirectoryClock(machine).Recover(disk).has_value();
    const bool was_stopped = disk.stopped();
    EXPECT_NE(was_started, was_stopped);
    disk.Crash(SimDisk::CrashKind::kPowerCut);
    machine.Reboot();
    machine.JumpWallMs(-kYearMs);
    EXPECT_EQ(Started(disk, machine), before) << "stopped at " << n;
    machine.JumpWallMs(kYearMs);
    EXPECT_EQ(Started(disk, machine), before) << "stopped at " << n;
    if (!was_stopped) break;
  }
}

}  // namespace
}  // namespace thalweg
