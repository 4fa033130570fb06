#include <gtest/gtest.h>

#include "testing/door.h"
#include "testing/manual_clock.h"
#include "thalweg/engine.h"

namespace thalweg {
namespace {

TEST(OpenMemoryEngine, GivesAnEngineThatIsDurableAtOnce) {
  ManualClock clock;
  const EnginePtr engine = OpenMemoryEngine(clock);
  const CreateOutcome outcome = engine->Create(NewStream("/a", kBytesType, "one"));
  EXPECT_EQ(outcome.verdict, CreateVerdict::kCreated);
  EXPECT_LE(outcome.rests_on, engine->durable());
  EXPECT_EQ(ReadAll(*engine, "/a"), "one");
}

TEST(OpenMemoryEngineDeathTest, StopsAtAPartitionCountThatIsNoPowerOfTwo) {
  ManualClock clock;
  EXPECT_DEATH(OpenMemoryEngine(clock, EngineOptions{.partitions = 3}), "has_single_bit");
}

}  // namespace
}  // namespace thalweg
