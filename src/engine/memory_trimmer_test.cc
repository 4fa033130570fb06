#include "engine/memory_trimmer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/stored_engine.h"

namespace thalweg {
namespace {

constexpr size_t kStreams = 20;

// Streams that the store has all of, in memory and just used.
class MemoryTrimmerTest : public testing::Test, protected StoredEngine {
 protected:
  MemoryTrimmerTest() {
    for (size_t i = 0; i < kStreams; ++i) {
      engine().Create(NewStream(std::to_string(i)));
      Write(std::to_string(i), "text");
    }
    CheckpointAndEvict();
    UseAll();
  }

  void Use(size_t i) { EXPECT_EQ(Text(std::to_string(i)), "text"); }
  void UseAll() {
    for (size_t i = 0; i < kStreams; ++i) Use(i);
    ASSERT_EQ(in_memory(), kStreams);
  }
  size_t in_memory() { return engine().stream_count(); }
};

TEST_F(MemoryTrimmerTest, DropsWhatIsNotUsedForAnAge) {
  MemoryTrimmer trimmer(engine(), {.age_ms_max = 10'000, .streams_max = 100}, 0);
  trimmer.Step(10'000);
  EXPECT_EQ(in_memory(), kStreams) << "they were used";
  Use(0);
  trimmer.Step(19'999);
  EXPECT_EQ(in_memory(), kStreams);
  trimmer.Step(20'000);
  EXPECT_EQ(in_memory(), 1u);
}

TEST_F(MemoryTrimmerTest, CountsThemOnceASecondAndDropsThoseThatAreTooMany) {
  MemoryTrimmer trimmer(engine(), {.age_ms_max = 60'000, .streams_max = 5}, 0);
  trimmer.Step(0);
  EXPECT_EQ(in_memory(), 5u);
  UseAll();
  trimmer.Step(999);
  EXPECT_EQ(in_memory(), kStreams);
  trimmer.Step(1'000);
  EXPECT_EQ(in_memory(), 5u);
}

TEST_F(MemoryTrimmerTest, WhereNoneCanGoLooksAgainAfterACheckpointOrForMoreOfThem) {
  MemoryTrimmer trimmer(engine(), {.age_ms_max = 60'000, .streams_max = 8}, 0);
  std::vector<StreamHandle> held;
  const auto hold_all = [&] {
    for (size_t i = 0; i < kStreams; ++i) {
      held.push_back(engine().Describe(std::to_string(i)).stream);
    }
  };
  hold_all();
  trimmer.Step(0);
  EXPECT_EQ(in_memory(), kStreams);
  held.clear();
  trimmer.Step(1'000);
  EXPECT_EQ(in_memory(), kStreams) << "as many as could not go";
  trimmer.OnCheckpoint(0, 1'001);
  EXPECT_EQ(in_memory(), 8u);
  hold_all();
  trimmer.Step(3'000);
  held.clear();
  for (const char* path : {"new", "newer", "newest"}) engine().Create(NewStream(path));
  trimmer.Step(4'000);
  EXPECT_EQ(in_memory(), 8u) << "of which three have changed";
}

}  // namespace
}  // namespace thalweg
