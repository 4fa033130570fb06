// A checkpoint: what changed in memory becomes a segment and a transaction of the catalog, and then
// leaves memory. It is exactly the fold of the log up to one record, so that a restart goes on
// behind that.
//
// Crosses threads: commands go on meanwhile; the steps are called by one thread at a time. In one
// instant, with all partitions locked, the last record is taken and the changed streams become the
// frozen ones. Of those, one that changes again before its turn is captured first
// (StreamTable::BeforeChange). What fails forgets nothing: the frozen streams count as changed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/stream_table.h"
#include "storage/fault.h"
#include "storage/local_log.h"
#include "storage/stream_store.h"

namespace thalweg {

class Checkpoint {
 public:
  // What comes out, for the operator.
  struct Report {
    Lsn at;
    uint64_t streams = 0;
    uint64_t bytes = 0;  // of streams, now in a segment
  };

  // REQUIRES: all outlive the checkpoint; the table's store is there.
  Checkpoint(StreamTable& table, LocalLog& log, const std::atomic<uint64_t>& last_id)
      : table_(table), log_(log), last_id_(last_id) {}

  // Freezes, and writes what is frozen into a segment. False: nothing has changed.
  // ENSURES on true: call Commit when at() is durable, or else Abandon.
  [[nodiscard]] StorageResult<bool> Write();
  Lsn at() const { return change_.checkpoint; }
  void Abandon();

  // Makes it hold, and drops what memory need not have any more. The log may be trimmed after it.
  [[nodiscard]] StorageResult<Report> Commit();

 private:
  struct Frozen {
    StreamHandle stream;
    bool gone = false;
    bool is_put = false;            // into the catalog
    uint32_t state_bytes = 0;       // counted for its state in what changes take
    Offset end;                     // of what the segment has
    std::optional<int64_t> due_ms;  // as the catalog will have it
  };

  StorageResult<void> WriteSegment();
  StorageResult<void> WriteSome(std::span<Frozen>& rest, SegmentWriter& writer);
  static DiskResult<void> WriteStream(const StreamEntry& stream, const Capture& capture,
                                      SegmentWriter& writer);
  std::optional<Capture> Take(Frozen& frozen, Moment now);
  void PutEntry(const Frozen& frozen);
  void Release(const Frozen& frozen);

  StreamTable& table_;
  LocalLog& log_;
  const std::atomic<uint64_t>& last_id_;
  std::vector<Frozen> frozen_;
  StoreChange change_;
  std::optional<SegmentFooter> segment_;
};

}  // namespace thalweg
