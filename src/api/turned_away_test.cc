#include "api/turned_away.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/manual_clock.h"

namespace thalweg {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Lines final : public Logger {
 public:
  void Write(LogLevel level, std::string_view message) override {
    EXPECT_EQ(level, LogLevel::kWarning);
    lines.emplace_back(message);
  }

  std::vector<std::string> lines;
};

TEST(TurnedAwayTeller, TellsOfEachReasonNowAndThenAndOfHowManyThereWere) {
  ManualClock clock;
  Lines told;
  TurnedAwayTeller teller(&told, clock, {.bodies_bytes_max = 1'234, .connections_max = 17});
  for (int i = 0; i < 3; ++i) {
    teller.Tell(TurnedAway::kConnection);
    teller.Tell(TurnedAway::kBody);
    clock.AdvanceMs(1);
  }
  EXPECT_THAT(told.lines,
              ElementsAre(AllOf(HasSubstr("--max-connections (17)"), Not(HasSubstr("more since"))),
                          HasSubstr("--max-bodies (1234 bytes")));
  clock.AdvanceMs(TurnedAwayTeller::kEveryMs);
  told.lines.clear();
  teller.Tell(TurnedAway::kNoFile);
  teller.Tell(TurnedAway::kConnection);
  EXPECT_THAT(told.lines,
              ElementsAre(HasSubstr("ulimit -n"), HasSubstr("; 2 more since this was told last")));
}

TEST(TurnedAwayTeller, IsSilentWithoutALogger) {
  ManualClock clock;
  TurnedAwayTeller teller(nullptr, clock, HttpLimits());
  teller.Tell(TurnedAway::kBody);
}

}  // namespace
}  // namespace thalweg
