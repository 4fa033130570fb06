#include "http/way_back.h"

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "testing/manual_executor.h"

namespace thalweg {
namespace {

struct Owner {
  int called = 0;
};

class WayBackTest : public testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{clock_};
  Owner owner_;
  const std::shared_ptr<WayBack<Owner>> way_back_ =
      std::make_shared<WayBack<Owner>>(owner_, executor_);
};

TEST_F(WayBackTest, LeadsToTheOwnerInOrder) {
  way_back_->Post([](Owner& owner) { owner.called = owner.called * 10 + 1; });
  way_back_->Post([](Owner& owner) { owner.called = owner.called * 10 + 2; });
  EXPECT_EQ(owner_.called, 0);
  executor_.RunAll();
  EXPECT_EQ(owner_.called, 12);
}

TEST_F(WayBackTest, HoldsNothingOnceTheOwnerHasEnded) {
  const auto held = std::make_shared<int>(1);
  way_back_->Post([held](Owner& owner) { ++owner.called; });
  way_back_->Close();
  EXPECT_EQ(held.use_count(), 1) << "though the executor has not run yet";
  way_back_->Post([held](Owner& owner) { ++owner.called; });
  EXPECT_EQ(held.use_count(), 1);
  executor_.RunAll();
  EXPECT_EQ(owner_.called, 0);
}

}  // namespace
}  // namespace thalweg
