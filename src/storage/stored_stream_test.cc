#include "storage/stored_stream.h"

#include <gtest/gtest.h>

#include "stream/apply.h"
#include "stream/state_codec.h"

namespace thalweg {
namespace {

CreateRecord Create() {
  CreateRecord record;
  record.id = {7};
  record.path = "a";
  record.content_type = "text/plain";
  record.requested.fork_source = "s";
  record.source = {1};
  record.start = {5};
  return record;
}

StoredStream Stored(const CreateRecord& create, uint64_t tail) {
  StoredStream stored;
  stored.entry = {.id = {7}, .path = "a", .create = "", .due_ms = {}};
  EncodeRecord(create, stored.entry.create);
  StreamState state = ApplyCreate(create);
  state.tail = {tail};
  state.closed = true;
  EncodeState(state, Lsn{9}, stored.state);
  return stored;
}

TEST(StoredStream, BecomesTheStateThatWasStored) {
  ConfigPool configs;
  const auto restored = Restore(Stored(Create(), 8), configs);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->last, Lsn{9});
  EXPECT_EQ(restored->state.tail, Offset{8});
  EXPECT_EQ(restored->state.path, "a");
  EXPECT_TRUE(restored->state.closed);
}

TEST(StoredStream, IsDamagedWhereTheCatalogOrTheStateIsNotItsOwn) {
  CreateRecord other_id = Create();
  other_id.id = {8};
  CreateRecord other_path = Create();
  other_path.path = "b";
  StoredStream no_record = Stored(Create(), 8);
  no_record.entry.create = "no record";
  StoredStream no_state = Stored(Create(), 8);
  no_state.state += "more";
  ConfigPool configs;
  for (const StoredStream& stored :
       {Stored(other_id, 8), Stored(other_path, 8), Stored(Create(), 4), no_record, no_state}) {
    const auto restored = Restore(stored, configs);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().kind, StorageFault::Kind::kDamage);
    EXPECT_TRUE(restored.error().message.starts_with("stream 7 at a: "));
  }
}

}  // namespace
}  // namespace thalweg
