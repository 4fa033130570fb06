#include "server/memory_limit.h"

#include <gtest/gtest.h>

#include "testing/control_group_folder.h"

namespace thalweg {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

TEST(MemoryLimit, IsWhatTheGroupsOfEitherVersionAllow) {
  ControlGroupFolder folder;
  folder.Put("box/memory.max", "536870912");
  folder.Put("memory/box/memory.limit_in_bytes", "67108864");
  EXPECT_EQ(MemoryOfGroup("0::/box\n", folder.root()), 512 * kMiB);
  EXPECT_EQ(MemoryOfGroup("4:memory:/box\n0::/\n", folder.root()), 64 * kMiB);
  EXPECT_EQ(MemoryOfGroup("0::/other\n", folder.root()), std::nullopt);
}

TEST(MemoryLimit, TheMachineHasOne) {
  EXPECT_GT(MemoryLimit(), 16 * kMiB);
  EXPECT_LT(MemoryLimit(), uint64_t{1} << 50);
}

TEST(MemoryLimit, AShareIsAnEighthWithinBounds) {
  EXPECT_EQ(DefaultShare(128 * kMiB), 64 * kMiB);
  EXPECT_EQ(DefaultShare(2'048 * kMiB), 256 * kMiB);
  EXPECT_EQ(DefaultShare(2'048 * kMiB + 12'345'678), 257 * kMiB);
  EXPECT_EQ(DefaultShare(64'000 * kMiB), 1'024 * kMiB);
}

}  // namespace
}  // namespace thalweg
