#include "engine/visibility.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

Mark At(uint64_t number) { return {.lsn = {number}, .tail = {number * 10}}; }

TEST(Visibility, ShowsWhatIsDurableAndNoMore) {
  Visibility visible(At(1));
  visible.Advance(At(2), Lsn{1});
  visible.Advance(At(3), Lsn{1});
  EXPECT_EQ(visible.At(Lsn{1}).tail, Offset{10});
  EXPECT_EQ(visible.At(Lsn{2}).tail, Offset{20});
  EXPECT_EQ(visible.At(Lsn{3}).tail, Offset{30});
}

// Whoever watches is told of the creation too, though there is more behind it.
TEST(Visibility, KnowsWhatIsNotDurable) {
  Visibility visible(At(1));
  EXPECT_EQ(visible.Undurable(Lsn{0}), (std::vector{Lsn{1}}));
  visible.Advance(At(2), Lsn{0});
  visible.Advance(At(3), Lsn{0});
  EXPECT_EQ(visible.Undurable(Lsn{0}), (std::vector{Lsn{1}, Lsn{2}, Lsn{3}}));
  EXPECT_EQ(visible.Undurable(Lsn{1}), (std::vector{Lsn{2}, Lsn{3}}));
  EXPECT_EQ(visible.Undurable(Lsn{2}), (std::vector{Lsn{3}}));
  EXPECT_TRUE(visible.Undurable(Lsn{3}).empty());
}

TEST(Visibility, ShowsAtOnceWhatIsDurableAtOnce) {
  Visibility visible(At(1));
  visible.Advance(At(2), Lsn{2});
  EXPECT_EQ(visible.waiting(), 0u);
  EXPECT_EQ(visible.At(Lsn{2}).tail, Offset{20});
}

TEST(Visibility, OfAStreamThatNobodyReadsKeepsNoMoreThanWhatIsOnItsWay) {
  constexpr uint64_t kOnItsWay = 5;
  Visibility visible(At(1));
  for (uint64_t lsn = 2; lsn < 1'000; ++lsn) {
    const uint64_t durable = lsn > kOnItsWay ? lsn - kOnItsWay : 1;
    visible.Advance(At(lsn), Lsn{durable});
    ASSERT_LE(visible.waiting(), kOnItsWay);
  }
  EXPECT_EQ(visible.At(Lsn{998}).tail, Offset{9'980});
}

}  // namespace
}  // namespace thalweg
