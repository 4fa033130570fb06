#include "server/process_stats.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <ctime>
#include <vector>

#include "base/owned_fd.h"
#include "base/system_clock.h"

namespace thalweg {
namespace {

TEST(ProcessStat, IsReadBehindANameThatMayHoldAnything) {
  const std::string rest =
      "S 1 2 3 0 -1 4194560 100 0 0 0 7 8 0 0 20 0 9 0 12345 1048576 25 18446744073709551615 1";
  const ProcessStatText want{.start_ticks = 12345, .virtual_bytes = 1 << 20, .resident_pages = 25};
  EXPECT_EQ(ParseProcessStat("1 (thalweg) " + rest), want);
  EXPECT_EQ(ParseProcessStat("1 (a) b (c) " + rest), want);
  EXPECT_EQ(ParseProcessStat("1 thalweg " + rest), std::nullopt);
  EXPECT_EQ(ParseProcessStat("1 (thalweg) S 1 2"), std::nullopt);
  EXPECT_EQ(ParseProcessStat(""), std::nullopt);
}

const int64_t kLoadedMs = SystemClock().WallMs();  // of this program

TEST(ProcessStats, AreThoseOfThisProcess) {
  const ProcessStats stats = StatsOfProcess();
  EXPECT_GT(stats.cpu_us, 0);
  EXPECT_GT(stats.resident_bytes.value(), uint64_t{1} << 20);
  EXPECT_GT(stats.virtual_bytes.value(), stats.resident_bytes.value());
  const SystemClock clock;
  const int64_t started_ms = ProcessStartMs(clock).value();
  EXPECT_LE(started_ms, clock.WallMs());
  EXPECT_GT(started_ms, kLoadedMs - 60'000);
  ASSERT_TRUE(stats.open_files);
  EXPECT_GE(*stats.open_files, 3u);
  EXPECT_LE(*stats.open_files, stats.open_files_max);
}

TEST(ProcessStats, CountDescriptors) {
  const auto before = CountOpenFiles();
  std::vector<OwnedFd> more;
  for (int i = 0; i < 5; ++i) more.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(before);
  EXPECT_EQ(CountOpenFiles(), *before + 5);
}

TEST(ProcessStats, DescriptorsAreCountedOneByOneUpToALimit) {
  const uint64_t all = CountOpenFiles().value() + 1;  // with the folder, which is open meanwhile
  EXPECT_EQ(CountNames("/proc/self/fd", all), all);
  EXPECT_EQ(CountNames("/proc/self/fd", all - 1), std::nullopt);
  EXPECT_EQ(CountNames("/nowhere", 1), std::nullopt);
}

}  // namespace
}  // namespace thalweg
