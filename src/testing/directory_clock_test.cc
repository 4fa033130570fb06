#include "storage/directory_clock.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "storage/directory.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kYearMs = 365 * 24 * kHourMs;

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

TEST(DirectoryClock, ItsFileIsTakenWholeOrNotAtAll) {
  const ClockMark mark{.scale = "boot 1", .machine_ms = 1'000, .ms = -5};
  const std::string text = EncodeClockMark(mark);
  EXPECT_EQ(text,
            "thalweg clock\n"
            "scale boot 1\n"
            "there 1000\n"
            "here -5\n"
            "crc32c 2795183089\n");
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
