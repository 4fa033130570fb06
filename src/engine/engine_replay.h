// What an engine is before it serves: the fold of the log, record by record.
//
// Used by one thread, before any command. Every change is made by the same folds as live commands
// (StreamTable); a record that cannot have been decided on what came before it is a fault.
#pragma once

#include <string>

#include <tsl/robin_map.h>

#include "engine/stream_loader.h"
#include "engine/stream_table.h"
#include "storage/fault.h"
#include "stream/fit.h"

namespace thalweg {

class EngineReplay {
 public:
  EngineReplay(StreamTable& streams, StreamLoader& loader) : streams_(streams), loader_(loader) {}

  StorageResult<void> Take(Lsn lsn, const Record& record);

  // The highest id met.
  StreamId last_id() const { return last_id_; }

 private:
  StorageResult<void> Fold(Lsn lsn, const CreateRecord& record);
  StorageResult<void> Fold(Lsn lsn, const AppendRecord& record);
  StorageResult<void> Fold(Lsn lsn, const RemoveRecord& record);
  StorageResult<void> Fold(Lsn lsn, const TouchRecord& record);
  StorageResult<StreamHandle> Find(Lsn lsn, StreamId id);
  StorageResult<CreateGround> GroundOf(Lsn lsn, const CreateRecord& record,
                                       const StreamHandle& source);

  StreamTable& streams_;
  StreamLoader& loader_;
  tsl::robin_map<uint64_t, StreamHandle> by_id_;
  StreamId last_id_;
};

}  // namespace thalweg
