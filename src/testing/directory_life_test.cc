#include "storage/directory_life.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "storage/directory.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

TEST(LifeOf, ADirectoryIsDrawnOnceAndSurvivesAPowerCut) {
  SimDisk disk(1);
  EXPECT_EQ(LifeOf(disk, 7).value(), 7u);
  disk.Crash(SimDisk::CrashKind::kPowerCut);
  EXPECT_EQ(LifeOf(disk, 8).value(), 7u);
  ASSERT_TRUE(Directory(disk, "").Remove("life"));
  EXPECT_EQ(LifeOf(disk, UINT64_MAX).value(), UINT64_MAX);
  EXPECT_EQ(LifeOf(disk, 8).value(), UINT64_MAX);
}

TEST(LifeOf, IsWrittenAsItsFormatSays) {  // docs/formats/directory.md
  EXPECT_EQ(EncodeLife(8697724497889259825),
            "thalweg life\n8697724497889259825\ncrc32c 3664101816\n");
}

TEST(LifeOf, WhatCannotBeReadIsDrawnAnew) {
  for (const std::string& text : {std::string(), EncodeLife(7).substr(1), EncodeLife(7) + "\n"}) {
    SimDisk disk(1);
    ASSERT_TRUE(Directory(disk, "").Replace("life", text));
    EXPECT_EQ(LifeOf(disk, 8).value(), 8u) << text;
    EXPECT_EQ(LifeOf(disk, 9).value(), 8u) << text;
  }
}

TEST(LifeOf, AFullDiskStandsInNoStartsWay) {
  SimDisk disk(1);
  disk.FailNth({.op = DiskOp::kWrite, .path_part = "life"}, 1, {.code = ENOSPC});
  EXPECT_EQ(LifeOf(disk, 7).value(), 7u);
  EXPECT_EQ(LifeOf(disk, 8).value(), 8u);
  disk.FailNth({.op = DiskOp::kRead, .path_part = "life"}, 1, {.code = EIO});
  EXPECT_FALSE(LifeOf(disk, 9)) << "another might be there";
}

}  // namespace
}  // namespace thalweg
