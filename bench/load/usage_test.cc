#include "bench/load/usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

TEST(Usage, ReadsTimesBehindANameWithBlanksAndParentheses) {
  Usage usage;
  ParseStat("7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 31 0 0 20 0 1 0 5", usage);
  const int64_t tick_us = 1'000'000 / sysconf(_SC_CLK_TCK);
  EXPECT_EQ(usage.user_us, 250 * tick_us);
  EXPECT_EQ(usage.system_us, 31 * tick_us);
}

TEST(Usage, ReadsFieldsByTheirWholeName) {
  const char* const text = "x: 1\nVmRSSOther: 5 kB\nVmRSS:\t  12 kB\nwrite_bytes: 4096\n";
  EXPECT_EQ(ParseField(text, "VmRSS"), 12);
  EXPECT_EQ(ParseField(text, "write_bytes"), 4096);
  EXPECT_EQ(ParseField(text, "VmHWM"), 0);
}

TEST(Usage, OfThisProcessGrowsWithItsWork) {
  const Usage before = UsageOf(getpid());
  EXPECT_GT(before.rss_bytes, 100'000);
  EXPECT_GE(before.rss_peak_bytes, before.rss_bytes);
  const int64_t begun_ns = NowNs();
  Usage since;
  while (since.user_us + since.system_us == 0 && NowNs() - begun_ns < 10'000'000'000) {
    since = Since(before, UsageOf(getpid()));
  }
  EXPECT_GT(since.user_us + since.system_us, 0);
  EXPECT_GT(since.cpu_us, 0);
}

TEST(Usage, OfNoProcessIsZero) {
  EXPECT_EQ(UsageOf(-1).rss_bytes, 0);
  EXPECT_EQ(UsageOf(-1).cpu_us, 0);
  EXPECT_EQ(UsageOf(0).cpu_us, 0);
}

}  // namespace
}  // namespace thalweg::bench
