#include "api/turned_away.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/line_logger.h"
#include "testing/manual_clock.h"

namespace thalweg {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TurnedAwayTeller, TellsOfEachReasonNowAndThenAndOfHowManyThereWere) {
  const auto is_first = Not(HasSubstr("more since"));
  ManualClock clock;
  LineLogger told;
  TurnedAwayTeller teller(&told, clock, {.bodies_bytes_max = 1'234, .connections_max = 17});
  for (int i = 0; i < 3; ++i) {
    teller.Tell(TurnedAway::kConnection);
    teller.Tell(TurnedAway::kRequest);
    teller.Tell(TurnedAway::kNoFile);
    teller.Tell(TurnedAway::kUnreadable);
    clock.AdvanceMs(1);
  }
  EXPECT_THAT(told.warnings(), ElementsAre(AllOf(HasSubstr("--max-connections (17)"), is_first),
                                           AllOf(HasSubstr("--max-bodies (1234 bytes"), is_first),
                                           AllOf(HasSubstr("a connection waits"), is_first),
                                           AllOf(HasSubstr("an answer was cut off"), is_first)));
  EXPECT_EQ(teller.count(TurnedAway::kConnection), 3u) << "told or not";
  EXPECT_EQ(teller.count(TurnedAway::kRequest), 3u);
  EXPECT_EQ(teller.count(TurnedAway::kNoFile), 3u);
  clock.AdvanceMs(TurnedAwayTeller::kEveryMs);
  told.Forget();
  teller.Tell(TurnedAway::kConnection);
  teller.Tell(TurnedAway::kNoFile);
  EXPECT_THAT(told.warnings(),
              ElementsAre(HasSubstr("; 2 more since this was told last"), is_first));
}

TEST(TurnedAwayTeller, IsSilentWithoutALogger) {
  ManualClock clock;
  TurnedAwayTeller teller(nullptr, clock, HttpLimits());
  teller.Tell(TurnedAway::kRequest);
}

}  // namespace
}  // namespace thalweg
