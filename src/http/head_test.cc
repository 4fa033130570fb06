#include "http/head.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/engine.h"
#include "http/background_answers.h"
#include "http/compressed_pages.h"
#include "http/cors.h"
#include "http/room_waits.h"
#include "http/shared_answers.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

class HeadTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{clock_};
  const EnginePtr engine_ = OpenMemoryEngine(clock_, {});
  const std::unique_ptr<Port> port_ = engine_->Attach(executor_);
  BackgroundAnswers background_{executor_};
  CompressedPages compressed_;
  SharedAnswers compressing_{executor_};
  RoomWaits room_waits_{executor_, clock_};
  const RouterContext context_{.engine = *engine_,
                               .port = *port_,
                               .executor = executor_,
                               .workers = nullptr,
                               .clock = clock_,
                               .options = {},
                               .common = CommonFields({}),
                               .security = SecurityFields(),
                               .background = background_,
                               .compressed = compressed_,
                               .compressing = compressing_,
                               .room_waits = room_waits_};
};

TEST_F(HeadTest, BeginsWithTheCommonFieldsWhateverTheLastOneHad) {
  const std::string common(context_.common.fields.wire());
  for (int round = 0; round < 3; ++round) {
    Head head(context_);
    EXPECT_EQ(head.fields().wire(), common) << round;
    Head nested(context_);
    EXPECT_EQ(nested.fields().wire(), common) << round;
    head.Add("a", "b").UpToDate();
    nested.Add("c", std::string(size_t{10'000}, 'x'));
    Head moved(std::move(head));
    moved.Add("d", "e");
    const Head copy = moved;
    EXPECT_EQ(copy.fields().wire(), common + "a: b\r\nstream-up-to-date: true\r\nd: e\r\n");
  }
}

TEST_F(HeadTest, TakesTheMemoryOfTheLastOne) {
  const char* memory = nullptr;
  {
    const Head head(context_);
    memory = head.fields().wire().data();
  }
  const Head head(context_);
  EXPECT_EQ(head.fields().wire().data(), memory);
}

}  // namespace
}  // namespace thalweg
