// What a disk does to commands: the refusals that a store in a test cannot be brought to.
#include "api/store_commands.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/store_test_support.h"
#include "engine/checkpoint.h"
#include "testing/delayed_log.h"
#include "testing/stored_engine.h"

namespace thalweg {
namespace {

// Over a log that has as much room as a test says, and a stream `a`.
class StoreCommandsOverALog : public testing::Test {
 protected:
  StoreCommandsOverALog() { EXPECT_TRUE(commands_.Create("a", {}).result); }

  const ManualClock clock_;
  DelayedLog* const log_ = new DelayedLog;  // the engine's
  Engine engine_{clock_, std::unique_ptr<CommitLog>(log_), EngineOptions{.partitions = 1}};
  const StoreCommands commands_{engine_, clock_};
};

TEST_F(StoreCommandsOverALog, AFullDiskRefusesBytesAndNothingElse) {
  log_->SetRoom(false);
  EXPECT_EQ(CodeOf(commands_.Append("a", "x", {}).result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands_.Create("b", {}).result), StoreErrc::kDiskFull);
  EXPECT_TRUE(commands_.Append("a", {}, {.close = true}).result);
  EXPECT_TRUE(commands_.Remove("a").result.value());
}

TEST_F(StoreCommandsOverALog, WhereNotEvenADeleteHasRoomItIsRefusedAndWhatChangesNothingIsNot) {
  ASSERT_TRUE(commands_.Create("closed", {.closed = true}).result);
  const Lsn staged = log_->staged();
  log_->SetRoom(false, false);
  EXPECT_EQ(CodeOf(commands_.Append("a", {}, {.close = true}).result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands_.Remove("a").result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands_.Clear().result), StoreErrc::kDiskFull);
  EXPECT_EQ(log_->staged(), staged);
  EXPECT_TRUE(commands_.Append("closed", {}, {.close = true}).result);
  EXPECT_TRUE(commands_.Create("a", {}).result);
  EXPECT_FALSE(commands_.Remove("none").result.value());
}

TEST(StoreCommands, WhatTheyTellRestsOnTheRecordThatMadeItSo) {
  const ManualClock clock;
  Engine engine(clock, std::make_unique<DelayedLog>(), EngineOptions{.partitions = 1});
  const StoreCommands commands(engine, clock);
  const Lsn created = commands.Create("a", {}).rests_on;
  EXPECT_NE(created, Lsn{});
  EXPECT_EQ(commands.Create("a", {}).rests_on, created);
  EXPECT_EQ(commands.Read("a", {}).rests_on, created);
  EXPECT_EQ(commands.Get("a").rests_on, created);
  EXPECT_EQ(commands.CurrentOffset("a").rests_on, created);
  EXPECT_EQ(commands.Touch("a").rests_on, created);
  EXPECT_EQ(commands.List({}, {}, 9).rests_on, created);
  EXPECT_EQ(commands.LookForMessages("a", "-1").found.has_value(), false);
  const Lsn appended = commands.Append("a", "x", {}).rests_on;
  EXPECT_GT(appended, created);
  EXPECT_EQ(commands.Read("a", {}).result->messages.size(), 0u) << "not durable, not seen";
  const Lsn removed = commands.Remove("a").rests_on;
  EXPECT_EQ(commands.Remove("a").rests_on, removed);
  EXPECT_EQ(commands.Get("a").rests_on, removed);
  EXPECT_EQ(commands.Append("a", "x", {}).rests_on, removed);
  EXPECT_EQ(commands.Clear().rests_on, removed);
}

TEST(StoreCommands, FullMemoryRefusesBytes) {
  StoredEngine stored;
  stored.Start(1);
  const StoreCommands commands(stored.engine(), stored.clock());
  ASSERT_TRUE(commands.Create("a", {}).result);
  EXPECT_EQ(CodeOf(commands.Append("a", "x", {}).result), StoreErrc::kMemoryFull);
}

TEST(StoreCommands, AStreamThatCannotBeReadHoldsUpNoOther) {
  StoredEngine stored;
  const StoreCommands before(stored.engine(), stored.clock());
  ASSERT_TRUE(before.Create("a", {.initial_data = "x"}).result);
  stored.Commit();
  auto checkpoint = stored.engine().NewCheckpoint(stored.log());
  ASSERT_TRUE(checkpoint->Write().value());
  ASSERT_TRUE(checkpoint->Commit());
  checkpoint.reset();
  stored.Start();
  stored.disk().FailNth({.op = DiskOp::kRead, .path_part = "segments/"}, 1, {.times = 1'000});
  const StoreCommands commands(stored.engine(), stored.clock());
  ASSERT_TRUE(commands.Create("b", {}).result);
  EXPECT_EQ(CodeOf(commands.Read("a", {}).result), StoreErrc::kUnreadable);
  EXPECT_EQ(CodeOf(commands.Append("a", "y", {}).result), StoreErrc::kUnreadable);
  EXPECT_EQ(CodeOf(commands.Create("a", {}).result), StoreErrc::kUnreadable);
  EXPECT_EQ(CodeOf(commands.Get("a").result), StoreErrc::kUnreadable);
  EXPECT_EQ(commands.List({}, {}, 9).result, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(CodeOf(commands.Clear().result), StoreErrc::kUnreadable);
  EXPECT_EQ(CodeOf(commands.Get("b").result), StoreErrc::kNotFound) << "cleared all the same";
}

}  // namespace
}  // namespace thalweg
