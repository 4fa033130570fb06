// The streams of a directory without their bytes: the fold of its log by the rules of stream/.
//
// Used by one thread. Judges each record by what came before it, as a server's start does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/fault.h"
#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

struct FoldedStream {
  StreamState state;
  Lsn last;              // of the last record about it
  uint64_t appends = 0;  // that brought bytes of its own
};

class StreamFold {
 public:
  StorageResult<void> Take(Lsn lsn, const Record& record);

  // Those that are there: by path; and by id; soft-deleted ones among them.
  const std::map<std::string, StreamId, std::less<>>& paths() const { return paths_; }
  const FoldedStream* Find(StreamId id) const;
  uint64_t records() const { return records_; }

 private:
  StorageResult<void> Fold(Lsn lsn, const CreateRecord& record);
  StorageResult<void> Fold(Lsn lsn, const AppendRecord& record);
  StorageResult<void> Fold(Lsn lsn, const RemoveRecord& record);
  StorageResult<void> Fold(Lsn lsn, const TouchRecord& record);
  FoldedStream* Find(StreamId id);
  void Drop(StreamId id);

  std::unordered_map<uint64_t, FoldedStream> streams_;
  std::map<std::string, StreamId, std::less<>> paths_;
  uint64_t records_ = 0;
};

}  // namespace thalweg
