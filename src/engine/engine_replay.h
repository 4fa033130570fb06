// What an engine is before it serves: the fold of the log, record by record.
//
// Used by one thread, before any command. Every change is made by the same folds as live commands
// (StreamTable); a record that cannot have been decided on what came before it is a fault. Records
// of streams that were removed because nobody can load them are left out.
#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <utility>

#include <tsl/robin_map.h>

#include "engine/stream_loader.h"
#include "engine/stream_table.h"
#include "engine/unreadable_streams.h"
#include "storage/fault.h"
#include "stream/fit.h"

namespace thalweg {

class EngineReplay {
 public:
  // `on_left_out` is told of each stream that is removed, or not made, because it cannot be read.
  using OnLeftOut = std::function<void(const StorageFault&)>;
  EngineReplay(StreamTable& streams, StreamLoader& loader, OnLeftOut on_left_out)
      : streams_(streams), loader_(loader), on_left_out_(std::move(on_left_out)) {}

  // Removes the streams of the store that nobody can load. REQUIRES: it comes before all records.
  StorageResult<void> LeaveOutUnreadable();

  // As LogReplay (storage/log_recovery.h).
  StorageResult<void> Take(Lsn lsn, const Record& record);

  // The highest id met.
  StreamId last_id() const { return last_id_; }

 private:
  StorageResult<void> Fold(Lsn lsn, const CreateRecord& record);
  StorageResult<void> Fold(Lsn lsn, const AppendRecord& record);
  StorageResult<void> Fold(Lsn lsn, const RemoveRecord& record);
  StorageResult<void> Fold(Lsn lsn, const TouchRecord& record);
  StorageResult<StreamHandle> Find(StreamId id);
  // The stream that `record` is of; damage: it does not fit.
  template <typename R>
  StorageResult<StreamHandle> FindFor(const R& record);
  StorageResult<CreateGround> GroundOf(const CreateRecord& record, const StreamHandle& source);
  StorageResult<void> LeaveOut(const UnreadableStream& unreadable);
  bool IsLeftOut(const Record& record);

  StreamTable& streams_;
  StreamLoader& loader_;
  tsl::robin_map<uint64_t, StreamHandle> by_id_;
  const OnLeftOut on_left_out_;
  std::unordered_set<uint64_t> left_out_;  // ids
  StreamId last_id_;
};

}  // namespace thalweg
