#include "base/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "testing/control_group_folder.h"

namespace thalweg {
namespace {

TEST(Processors, AreThoseThatTheThreadMayRunOn) {
  EXPECT_GE(CountOfProcessors(), 1u);
  EXPECT_LE(CountOfProcessors(), std::thread::hardware_concurrency());
  std::jthread([] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(CountOfProcessors(), 1u);
  });
}

TEST(Processors, AreAsManyAsItTakesForTheTimeOfTheGroup) {
  const struct {
    const char* cpu_max;
    std::optional<uint64_t> want;
  } cases[] = {
      {"200000 100000", 2}, {"150000 100000", 2}, {"1000 100000", 1}, {"100000 100000", 1},
      {"max 100000", {}},   {"100000 0", {}},     {"", {}},
  };
  for (const auto& c : cases) {
    ControlGroupFolder folder;
    folder.Put("box/cpu.max", c.cpu_max);
    EXPECT_EQ(ProcessorsOfGroup("0::/box\n", folder.root()), c.want) << c.cpu_max;
  }
}

TEST(Processors, OfTheFirstVersionsGroupsToo) {
  ControlGroupFolder folder;
  folder.Put("cpu/box/cpu.cfs_quota_us", "250000");
  folder.Put("cpu/box/cpu.cfs_period_us", "100000");
  folder.Put("cpu/free/cpu.cfs_quota_us", "-1");
  folder.Put("cpu/free/cpu.cfs_period_us", "100000");
  EXPECT_EQ(ProcessorsOfGroup("3:cpu,cpuacct:/box\n", folder.root()), 3);
  EXPECT_EQ(ProcessorsOfGroup("3:cpu,cpuacct:/free\n", folder.root()), std::nullopt);
}

}  // namespace
}  // namespace thalweg
