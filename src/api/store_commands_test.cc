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

TEST(StoreCommands, AFullDiskRefusesBytesAndNothingElse) {
  const ManualClock clock;
  auto owned = std::make_unique<DelayedLog>();
  DelayedLog& log = *owned;
  Engine engine(clock, std::move(owned), EngineOptions{.partitions = 1});
  const StoreCommands commands(engine, clock);
  ASSERT_TRUE(commands.Create("a", {}).result);
  log.SetRoom(false);
  EXPECT_EQ(CodeOf(commands.Append("a", "x", {}).result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands.Create("b", {}).result), StoreErrc::kDiskFull);
  EXPECT_TRUE(commands.Append("a", {}, {.close = true}).result);
  EXPECT_TRUE(commands.Remove("a").result.value());
}

TEST(StoreCommands, WhereNotEvenADeleteHasRoomItIsRefusedAndWhatChangesNothingIsNot) {
  const ManualClock clock;
  auto owned = std::make_unique<DelayedLog>();
  DelayedLog& log = *owned;
  Engine engine(clock, std::move(owned), EngineOptions{.partitions = 1});
  const StoreCommands commands(engine, clock);
  ASSERT_TRUE(commands.Create("a", {}).result);
  ASSERT_TRUE(commands.Create("closed", {.closed = true}).result);
  const Lsn staged = log.staged();
  log.SetRoom(false, false);
  EXPECT_EQ(CodeOf(commands.Append("a", {}, {.close = true}).result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands.Remove("a").result), StoreErrc::kDiskFull);
  EXPECT_EQ(CodeOf(commands.Clear().result), StoreErrc::kDiskFull);
  EXPECT_EQ(log.staged(), staged);
  EXPECT_TRUE(commands.Append("closed", {}, {.close = true}).result);
  EXPECT_TRUE(commands.Create("a", {}).result);
  EXPECT_FALSE(commands.Remove("none").result.value());
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
