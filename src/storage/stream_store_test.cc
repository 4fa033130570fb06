// How segments are chosen for a merge. What a store does with them: src/testing/checkpoint_test.cc.
#include "storage/stream_store.h"

#include <gtest/gtest.h>

namespace thalweg {
namespace {

SegmentInfo Info(uint32_t level, uint64_t bytes, uint64_t dead = 0) {
  return {.number = 1,
          .level = level,
          .file_bytes = bytes * 3 / 2,
          .data_bytes = bytes,
          .dead_bytes = dead};
}

struct Plan {
  size_t first, count;
  uint32_t level;
  bool operator==(const Plan&) const = default;
};

std::optional<Plan> Planned(const std::vector<SegmentInfo>& segments, bool is_at_rest = false,
                            uint64_t needless = 0) {
  const auto plan =
      PlanMerge(segments, {}, is_at_rest, [=](const SegmentInfo&) { return needless; });
  if (!plan) return std::nullopt;
  return Plan{plan->first, plan->count, plan->level};
}

TEST(PlanMerge, SixOfALevelBecomeOneOfTheNextTheNewestFirst) {
  std::vector<SegmentInfo> segments(5, Info(0, 100));
  EXPECT_EQ(Planned(segments), std::nullopt);
  segments.insert(segments.begin(), 6, Info(1, 600));
  EXPECT_EQ(Planned(segments), (Plan{0, 6, 2}));
  segments.push_back(Info(0, 100));
  EXPECT_EQ(Planned(segments), (Plan{6, 6, 1}));
}

TEST(PlanMerge, OneThatIsDeadInLargePartIsWrittenAgain) {
  EXPECT_EQ(Planned({Info(2, 1'000), Info(1, 100, 15)}), std::nullopt);
  EXPECT_EQ(Planned({Info(2, 1'000), Info(1, 100, 16)}), (Plan{1, 1, 1}));
}

TEST(PlanMerge, AtRestWhatTakesTooMuchIsMergedFromTheNewOnesOn) {
  const std::vector<SegmentInfo> even{Info(2, 1'000), Info(1, 100), Info(0, 60), Info(0, 60)};
  EXPECT_EQ(Planned(even), std::nullopt);
  EXPECT_EQ(Planned(even, true), (Plan{1, 3, 1}));
  EXPECT_EQ(Planned({Info(2, 1'000), Info(1, 230), Info(0, 60)}, true), (Plan{0, 3, 2}));
  EXPECT_EQ(Planned({Info(0, 5), Info(0, 5)}, true), (Plan{0, 2, 0}));
  EXPECT_EQ(Planned({Info(0, 5)}, true), std::nullopt);
  EXPECT_EQ(Planned({}, true), std::nullopt);
  std::vector<SegmentInfo> dense(2, Info(0, 1'000));
  for (SegmentInfo& info : dense) info.file_bytes = 1'300;
  EXPECT_EQ(Planned(dense, true), std::nullopt) << "it is not worth it";
  // Short appends take half as much again as their bytes, merged or not.
  EXPECT_EQ(Planned({Info(2, 1'000'000), Info(0, 1)}, true), std::nullopt);
  EXPECT_EQ(Planned({Info(2, 1'000'000), Info(0, 200'000)}, true), std::nullopt);
  EXPECT_EQ(Planned({Info(2, 1'000'000), Info(0, 270'000)}, true), (Plan{0, 2, 2}));
  EXPECT_EQ(Planned({Info(2, 1'000'000, 150'000), Info(0, 140'000)}, true), (Plan{0, 2, 2}));
}

// A million streams that have hardly a byte.
TEST(PlanMerge, AtRestAFileIsNotWrittenAgainForLittleOfIt) {
  SegmentInfo bare = Info(1, 3);
  bare.file_bytes = 54'000'000;
  SegmentInfo append = Info(0, 1);
  append.file_bytes = 8'192;
  EXPECT_EQ(Planned({bare, append}, true), std::nullopt);
  EXPECT_EQ(Planned({bare, append}, true, 5'000'000), std::nullopt);
  EXPECT_EQ(Planned({bare, append}, true, 5'500'000), (Plan{0, 2, 1})) << "most are no more";
  EXPECT_EQ(Planned({bare}, true, 5'500'000), (Plan{0, 1, 1}));
  append.file_bytes = 5'500'000;
  EXPECT_EQ(Planned({bare, append}, true), (Plan{0, 2, 1}));
}

TEST(PlanMerge, MergesAroundWhatIsSetAside) {
  std::vector<SegmentInfo> segments(13, Info(0, 100));
  for (size_t i = 0; i < segments.size(); ++i) segments[i].number = i;
  struct Case {
    const char* why;
    std::vector<uint64_t> set_aside;
    std::optional<Plan> want;
  };
  const Case cases[] = {
      {"none", {}, Plan{0, 6, 1}},
      {"the oldest", {0}, Plan{1, 6, 1}},
      {"the newest", {12}, Plan{0, 6, 1}},
      {"in the midst: the newer ones first", {6}, Plan{7, 6, 1}},
      {"too few newer ones", {7}, Plan{0, 6, 1}},
      {"two neighbours", {5, 6}, Plan{7, 6, 1}},
      {"too few between", {1, 7}, std::nullopt},
  };
  for (const Case& c : cases) {
    const auto plan = PlanMerge(segments, c.set_aside, false, {});
    ASSERT_EQ(plan.has_value(), c.want.has_value()) << c.why;
    if (!plan) continue;
    EXPECT_EQ((Plan{plan->first, plan->count, plan->level}), *c.want) << c.why;
  }
  segments[6].dead_bytes = 100;
  const std::vector<uint64_t> dead{6};
  EXPECT_EQ(PlanMerge(std::span(segments).first(7), dead, false, {})->count, 6u)
      << "not written again";
}

}  // namespace
}  // namespace thalweg
