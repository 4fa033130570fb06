#include "storage/stream_filter.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace thalweg {
namespace {

constexpr uint64_t kCount = 20'000;

// Ids that follow each other, as they are given, or lie far apart, as after many merges.
std::vector<StreamId> Ids(uint64_t step) {
  std::vector<StreamId> ids;
  for (uint64_t i = 1; i <= kCount; ++i) ids.push_back(StreamId{i * step});
  return ids;
}

TEST(StreamFilter, NeverDeniesAStreamThatIsThere) {
  for (const uint64_t step : {1u, 2u, 4096u, 1'000'003u}) {
    const std::string filter = BuildStreamFilter(Ids(step));
    for (const StreamId id : Ids(step)) ASSERT_TRUE(StreamFilterMayHave(filter, id)) << id.value;
  }
}

TEST(StreamFilter, AffirmsFewerThanTwoInAHundredThatAreNotThere) {
  for (const uint64_t step : {2u, 4096u, 1'000'003u}) {
    const std::string filter = BuildStreamFilter(Ids(step));
    uint64_t affirmed = 0;
    for (const StreamId id : Ids(step)) affirmed += StreamFilterMayHave(filter, {id.value + 1});
    EXPECT_LT(affirmed, kCount / 50) << step;
  }
}

TEST(StreamFilter, TakesTenBitsPerStreamAndHasNoStreamWhereItWasBuiltOfNone) {
  EXPECT_EQ(BuildStreamFilter(Ids(1)).size(), kCount * 10 / 8);
  EXPECT_EQ(BuildStreamFilter({}).size(), 8u);
  EXPECT_FALSE(StreamFilterMayHave(BuildStreamFilter({}), StreamId{1}));
}

}  // namespace
}  // namespace thalweg
