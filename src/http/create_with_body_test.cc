#include "http/create_with_body.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "testing/door.h"
#include "testing/manual_clock.h"

namespace thalweg {
namespace {

// Somebody else gets between two steps of the engine: it asks for the time in each.
class BusyClock final : public Clock {
 public:
  int64_t WallMs() const override { return 0; }
  int64_t SteadyMs() const override {
    if (asks_ != 0 && --asks_ == 0) meanwhile_();
    return 0;
  }
  void Before(int ask, std::function<void()> meanwhile) {
    asks_ = ask;
    meanwhile_ = std::move(meanwhile);
  }

 private:
  mutable int asks_ = 0;
  std::function<void()> meanwhile_;
};

class CreateWithBodyTest : public testing::Test {
 protected:
  CreateOutcome Create(const CreateCommand& command, std::string_view bytes) {
    Body body;
    return CreateWithBody(*engine_, command, bytes, CommitStart::kNow, body);
  }

  BusyClock clock_;
  std::unique_ptr<Engine> engine_ = OpenMemoryEngine(clock_);
};

TEST_F(CreateWithBodyTest, DecodesWhatTheTypeAsksFor) {
  EXPECT_EQ(Create(NewStream("/json", kJsonType), "[1, 2]").tail.value, 4);
  EXPECT_EQ(Create(NewStream("/bytes"), "[1, 2]").tail.value, 6);
  EXPECT_EQ(Create(NewStream("/bad", kJsonType), "[1").verdict, CreateVerdict::kBadJson);
}

TEST_F(CreateWithBodyTest, DecodesWhatTheSourceOfAForkHas) {
  engine_->Create(NewStream("/source", kJsonType));
  EXPECT_EQ(Create(NewFork("/fork", "/source"), "[1, 2]").tail.value, 4);
}

TEST_F(CreateWithBodyTest, RefusesAForkOfAnotherType) {
  engine_->Create(NewStream("/source", kJsonType));
  CreateCommand command = NewFork("/fork", "/source");
  command.content_type = kBytesType;
  EXPECT_EQ(Create(command, "x").verdict, CreateVerdict::kContentTypeMismatch);
}

TEST_F(CreateWithBodyTest, DecodesAnewWhereTheSourceComesMeanwhile) {
  int created = 0;
  for (int ask = 1; ask <= 4; ++ask) {
    const std::string source = "/source" + std::to_string(ask);
    clock_.Before(ask, [&] { engine_->Create(NewStream(source, kJsonType)); });
    const std::string fork = source + "/fork";
    const CreateOutcome outcome = Create(NewFork(fork, source), "[1, 2]");
    if (outcome.verdict == CreateVerdict::kSourceMissing) continue;
    ++created;
    EXPECT_EQ(outcome.verdict, CreateVerdict::kCreated) << ask;
    EXPECT_EQ(outcome.tail.value, 4) << ask << ": as JSON";
  }
  EXPECT_GT(created, 0);
}

}  // namespace
}  // namespace thalweg
