#include "storage/verified_blocks.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

constexpr uint64_t kBlock = kSegmentBlockBytes;

TEST(VerifiedBlocks, TellsBlocksApartThatBeginInTheSameCell) {
  VerifiedBlocks verified(10 * kBlock);
  verified.Add(kBlock + 100, 50);  // the end of one run
  EXPECT_TRUE(verified.Has(kBlock + 100, 50));
  EXPECT_FALSE(verified.Has(kBlock + 200, kBlock)) << "the beginning of the next";
  EXPECT_FALSE(verified.Has(2 * kBlock + 200, kBlock));
  verified.Add(kBlock + 200, kBlock);
  verified.Forget(kBlock + 200, kBlock);
  EXPECT_FALSE(verified.Has(kBlock + 200, kBlock));
}

TEST(VerifiedBlocks, ForgetsEveryBlockThatHasAByteOfTheRange) {
  for (uint64_t at = 0; at <= 8 * kBlock; at += kBlock / 4) {
    VerifiedBlocks verified(9 * kBlock);
    verified.Add(at, kBlock);
    EXPECT_TRUE(verified.HasNear(at + kBlock, 1)) << at;
    verified.Forget(at == 0 ? 0 : at - 1, 1);  // its neighbour, which shares a page with it
    EXPECT_FALSE(verified.Has(at, kBlock)) << at;
    EXPECT_FALSE(verified.HasNear(at, kBlock)) << at;
    verified.Add(at, kBlock);
    verified.Forget(at + kBlock - 1, 1);
    EXPECT_FALSE(verified.Has(at, kBlock)) << at;
  }
}

TEST(VerifiedBlocks, KeepsWhatIsFarAway) {
  VerifiedBlocks verified(20 * kBlock);
  verified.Add(0, kBlock);
  verified.Add(19 * kBlock, 9);
  verified.Forget(8 * kBlock, kBlock);
  EXPECT_TRUE(verified.Has(0, kBlock));
  EXPECT_TRUE(verified.Has(19 * kBlock, 9));
  EXPECT_FALSE(verified.HasNear(8 * kBlock, kBlock));
}

}  // namespace
}  // namespace thalweg
