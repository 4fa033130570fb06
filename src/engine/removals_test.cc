#include "engine/removals.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

TEST(Removals, ThatNothingStandsAtAPathRestsOnTheLastRemovalThere) {
  Removals removals;
  removals.Add(1, {10}, {5});
  removals.Add(2, {11}, {5});
  removals.Add(1, {12}, {5});
  EXPECT_EQ(removals.At(1, {5}), Lsn{12});
  EXPECT_EQ(removals.At(2, {5}), Lsn{11});
  EXPECT_EQ(removals.At(3, {5}), Lsn{});
  EXPECT_EQ(removals.last(), Lsn{12});
}

// The removal of a fork may come to its source behind a later one.
TEST(Removals, MayComeInAnyOrder) {
  Removals removals;
  removals.Add(1, {12}, {5});
  removals.Add(1, {10}, {5});
  EXPECT_EQ(removals.At(1, {5}), Lsn{12});
  removals.Add(2, {9}, {5});
  EXPECT_EQ(removals.last(), Lsn{12});
  EXPECT_EQ(removals.At(2, {11}), Lsn{9});
}

TEST(Removals, AreForgottenOnceTheyAreDurable) {
  Removals removals;
  removals.Add(1, {10}, {10});
  EXPECT_EQ(removals.kept(), 0u);
  removals.Add(1, {11}, {10});
  removals.Add(2, {12}, {10});
  EXPECT_EQ(removals.At(1, {12}), Lsn{});
  EXPECT_EQ(removals.kept(), 0u);
  EXPECT_EQ(removals.last(), Lsn{12});
}

TEST(Removals, ThoseKeptAreBoundedByThoseThatWaitThoughSomeAlwaysDo) {
  constexpr uint64_t kWaiting = 1'000;
  Removals removals;
  for (uint64_t lsn = 1; lsn <= 100 * kWaiting; ++lsn) {
    const Lsn durable{lsn > kWaiting ? lsn - kWaiting : 0};
    removals.Add(lsn, {lsn}, durable);
    ASSERT_LE(removals.kept(), 2 * kWaiting + 1);
    ASSERT_EQ(removals.At(durable.value + 1, durable), Lsn{durable.value + 1});
  }
}

}  // namespace
}  // namespace thalweg
