// All streams of an engine by path: finding, expiring, adding and removing them under their locks.
//
// Crosses threads: what is marked "under the lock" REQUIRES that the caller holds the lock of the
// stream's partition; the rest takes locks itself, one at a time.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/partition.h"
#include "engine/stream_entry.h"
#include "storage/commit_log.h"
#include "stream/command.h"
#include "stream/record.h"
#include "thalweg/clock.h"

namespace thalweg {

class Publisher;

// What a command leaves to be done once its locks are released.
struct Aftermath {
  struct Change {
    Lsn lsn;
    StreamHandle stream;
  };
  std::vector<Change> changed;     // watched streams, to be published
  std::vector<Change> orphaned;    // sources that lost a fork by the removal at lsn
  std::vector<TailBytes> dropped;  // bytes nobody reads any more, to be freed outside the lock
};

// Locks one partition, or two in the order of their index.
class PartitionLocks {
 public:
  PartitionLocks(Partition& a, Partition& b);

 private:
  std::unique_lock<std::mutex> first_;
  std::unique_lock<std::mutex> second_;
};

class StreamTable {
 public:
  // REQUIRES: `partitions` is a power of two.
  StreamTable(const Clock& clock, CommitLog& log, Publisher& publisher, size_t partitions);
  ~StreamTable();
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  Moment Now() const { return {.wall_ms = clock_.WallMs(), .steady_ms = clock_.SteadyMs()}; }
  Partition& PartitionOf(const PathKey& key) { return *partitions_[PartitionIndex(key)]; }

  // What stands at the path now, soft-deleted or not; null: nothing. Removes what has expired.
  // Under the lock.
  StreamHandle Find(Partition& partition, const PathKey& key, Moment now, Aftermath& after);

  // Removes `stream` if its time has come. Under the lock.
  void ExpireIfDue(const StreamHandle& stream, Moment now, Aftermath& after);

  // A read or a write keeps `stream` alive. Under the lock.
  void Use(StreamEntry& stream, Moment now);

  // The folds: what `record`, which the log holds at `lsn`, changes. Under the locks of all the
  // streams named. `copy` is CopyIfLong(record.data).
  StreamHandle Add(const CreateRecord& record, Lsn lsn, LongAppend copy, StreamHandle source);
  void Append(const StreamHandle& stream, const AppendRecord& record, Lsn lsn, LongAppend copy,
              Aftermath& after);
  void Remove(const StreamHandle& stream, const RemoveRecord& record, Lsn lsn, Aftermath& after);

  // Does what `after` holds: publishes, and takes sources away that nothing needs any more.
  void Finish(Aftermath& after);

  // See Engine::SweepExpired.
  bool Sweep(size_t limit);

  size_t size() const;

 private:
  size_t PartitionIndex(const PathKey& key) const;
  void Schedule(StreamEntry& stream, Moment now);
  void Drop(const StreamHandle& stream, Lsn lsn, Aftermath& after);
  void ReleaseSource(const Aftermath::Change& orphaned, Aftermath& after);
  bool SweepPartition(Partition& partition, Moment now, size_t& budget, Aftermath& after);

  const Clock& clock_;
  CommitLog& log_;
  Publisher& publisher_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  std::atomic<uint64_t> sweep_next_{0};  // where the next sweep begins, so that none starves
};

// The lsn that an answer about `stream`, as Find returned it, rests on. Under the lock.
inline Lsn RestsOn(const Partition& partition, const StreamHandle& stream) {
  return stream == nullptr ? partition.removed : stream->last;
}

inline const StreamState* StateOf(const StreamHandle& stream) {
  return stream == nullptr ? nullptr : &stream->state;
}

}  // namespace thalweg
