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

TEST(MemoryLimit, DefaultsAreSharesWithinBounds) {
  struct Case {
    uint64_t memory;
    size_t loops;
    uint64_t want_eighth;
    uint64_t want_body;
  };
  for (const Case& c :
       {Case{64, 1, 16, 7}, Case{128, 2, 16, 7}, Case{512, 8, 64, 7}, Case{128, 8, 16, 1},
        Case{2'048, 2, 256, 64}, Case{64'000, 64, 1'024, 64}}) {
    const MemoryShares shares = DefaultShares(c.memory * kMiB + 12'345, c.loops);
    EXPECT_EQ(shares.tail, c.want_eighth * kMiB) << c.memory;
    EXPECT_EQ(shares.bodies, c.want_eighth * kMiB) << c.memory;
    EXPECT_EQ(shares.body, c.want_body * kMiB) << c.memory;
  }
}

TEST(MemoryLimit, DefaultsHaveRoomAndMoreIsTold) {
  for (const uint64_t memory : {104, 128, 192, 256, 512, 1'024, 8'192, 100'000}) {
    for (const size_t loops : {1, 2, 8}) {
      const MemoryShares shares = DefaultShares(memory * kMiB, loops);
      EXPECT_EQ(MayTakeTooMuch(shares, loops, memory * kMiB), std::nullopt) << memory;
    }
  }
  EXPECT_TRUE(MayTakeTooMuch(DefaultShares(103 * kMiB, 2), 2, 103 * kMiB));
  const MemoryShares large{.tail = 64 * kMiB, .bodies = 64 * kMiB, .body = 48 * kMiB};
  EXPECT_EQ(MayTakeTooMuch(large, 2, 512 * kMiB), std::nullopt) << "20 + 144 + 288 = 452";
  const auto told = MayTakeTooMuch(large, 2, 451 * kMiB);
  ASSERT_TRUE(told);
  EXPECT_TRUE(
      told->starts_with("may take 452 MiB of memory and may have 451: 20 for itself, 144 for"))
      << *told;
}

TEST(MemoryLimit, WhatIsKeptInMemoryAloneIsNotCounted) {
  const auto told = MayTakeTooMuch({.tail = 0, .bodies = 48 * kMiB, .body = kMiB}, 2, 100 * kMiB);
  ASSERT_TRUE(told);
  EXPECT_TRUE(
      told->starts_with("may take 164 MiB of memory and may have 100: 20 for itself, 144 for "
                        "requests"))
      << *told;
}

}  // namespace
}  // namespace thalweg
