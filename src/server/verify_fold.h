// The streams of a directory without their bytes: those of the last checkpoint, and on top of them
// the fold of the log by the rules of stream/.
//
// Used by one thread. Judges each record by what came before it, as a server's start does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/fault.h"
#include "storage/stored_stream.h"
#include "stream/config_pool.h"
#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

class StreamFold {
 public:
  // A stream that the checkpoint has. REQUIRES: before any record, each once.
  void Put(RestoredStream stream);

  // What of the streams put so far cannot be; empty: nothing.
  std::vector<std::string> Objections() const;

  // As LogReplay (storage/log_recovery.h).
  StorageResult<void> Take(Lsn lsn, const Record& record);

  // Those that are there: by path; and by id; soft-deleted ones among them.
  const std::map<std::string, StreamId, std::less<>>& paths() const { return paths_; }
  const RestoredStream* Find(StreamId id) const;
  uint64_t records() const { return records_; }
  ConfigPool& configs() { return configs_; }

 private:
  StorageResult<void> Fold(Lsn lsn, const CreateRecord& record);
  StorageResult<void> Fold(Lsn lsn, const AppendRecord& record);
  StorageResult<void> Fold(Lsn lsn, const RemoveRecord& record);
  StorageResult<void> Fold(Lsn lsn, const TouchRecord& record);
  RestoredStream* Find(StreamId id);
  // The stream that `record` is of; damage: it does not fit.
  template <typename R>
  StorageResult<RestoredStream*> FindFor(const R& record);
  void Drop(StreamId id);

  std::unordered_map<uint64_t, RestoredStream> streams_;
  std::map<std::string, StreamId, std::less<>> paths_;
  ConfigPool configs_;
  uint64_t records_ = 0;
};

}  // namespace thalweg
