// A data directory whose making is cut short at every operation.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace thalweg
