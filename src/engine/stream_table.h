// All streams of an engine by path: finding, expiring, adding and removing them under their locks.
//
// Crosses threads: what is marked "under the lock" REQUIRES that the caller holds the lock of the
// stream's partition; the rest takes locks itself, one at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/commit_start.h"
#include "engine/partition.h"
#include "engine/stream_entry.h"
#include "storage/commit_log.h"
#include "storage/stream_store.h"
#include "stream/config_pool.h"
#include "stream/record.h"
#include "thalweg/clock.h"
#include "thalweg/stats.h"

namespace thalweg {

class Publisher;

// What a command leaves to be done once its locks are released.
struct Aftermath {
  struct Change {
    Lsn lsn;
    StreamHandle stream;
  };
  bool starts_commit = false;      // of what was staged
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

// What is known about a path where no stream is in memory.
struct Absence {
  bool known = false;    // the store had none either …
  uint64_t version = 0;  // … in this version of it
};

class StreamTable {
 public:
  // `tail_bytes_max` bounds what is not checkpointed; 0: nothing does. REQUIRES: `partitions` is a
  // power of two; `store` (null: streams live in memory alone) outlives the table.
  StreamTable(const Clock& clock, CommitLog& log, Publisher& publisher, size_t partitions,
              StreamStore* store = nullptr, uint64_t tail_bytes_max = 0);
  ~StreamTable();
  StreamTable(const StreamTable&) = delete;
  StreamTable& operator=(const StreamTable&) = delete;

  Moment Now() const { return {.wall_ms = clock_.WallMs(), .steady_ms = clock_.SteadyMs()}; }
  Partition& PartitionOf(const PathKey& key) { return *partitions_[PartitionIndex(key)]; }

  // What stands at the path now in memory, soft-deleted or not; null: nothing. Removes what has
  // expired. Under the lock.
  StreamHandle Find(Partition& partition, const PathKey& key, Moment now, Aftermath& after);

  // Whether a stream stands at the path in memory, which is then taken for used. THREAD: takes the
  // lock.
  bool Has(const PathKey& key);

  // Whether nothing stands at a path where Find found nothing. False: look into the store
  // (stream_loader.h), then find again. Under the lock.
  bool IsAbsent(const Absence& absence) const {
    return store_ == nullptr || (absence.known && absence.version == store_->version());
  }

  // Removes `stream` if its time has come; one with a TTL that is watched is in use, and that is
  // noted. Under the lock.
  void ExpireIfDue(const StreamHandle& stream, Moment now, Aftermath& after);

  // A read or a write keeps `stream` alive, also over a restart once the lsn that it gives is
  // durable; 0: a restart may forget it, or there is nothing to forget. Under the lock.
  Lsn Use(const StreamHandle& stream, Moment now, Aftermath& after);

  // A watcher has come to `stream`, or has gone: a use. While there is one, uses go on. Under the
  // lock.
  void OnWatched(const StreamHandle& stream, Aftermath& after);

  // Reads change things, too: they note uses, and find streams expired. Half a change, where there
  // is no memory, would be worse than none: a stream that no checkpoint sees, a path that belongs
  // to nobody. So what can leave one is noexcept, and ends the process.

  // Puts `record` into the log; with kNow, Finish has the log begin with it. Under the lock.
  Lsn Stage(const Record& record, Aftermath& after, CommitStart start = CommitStart::kNow) noexcept;

  // The folds: what `record`, which the log holds at `lsn`, changes. Under the locks of all the
  // streams named. `memory` holds record.data, or is null.
  StreamHandle Add(const CreateRecord& record, Lsn lsn, LongAppend memory, StreamHandle source);
  void Append(const StreamHandle& stream, const AppendRecord& record, Lsn lsn, LongAppend memory,
              Aftermath& after);
  void Remove(const StreamHandle& stream, const RemoveRecord& record, Lsn lsn,
              Aftermath& after) noexcept;

  // A use that was recorded. Under the lock.
  void Touch(const StreamHandle& stream, const TouchRecord& record, Lsn lsn) noexcept;

  // The lsn that an answer about `stream` rests on, as Find returned it for `key`. Under the lock.
  Lsn RestsOn(Partition& partition, const PathKey& key, const StreamHandle& stream) const {
    return stream == nullptr ? partition.removals.At(key.hash, log_.durable()) : stream->last;
  }

  // Puts a stream that the store had where it belongs. Under the lock.
  void Insert(const StreamHandle& stream, Moment now);

  // To be called before anything of `stream` changes that the store keeps. Under the lock.
  void BeforeChange(const StreamHandle& stream) noexcept;

  // Does what `after` holds: has the log begin, publishes, and takes sources away that nothing
  // needs any more. THREAD: takes locks.
  void Finish(Aftermath& after);

  // See Engine::SweepExpired and Engine::NextExpiryInMs.
  bool Sweep(size_t limit);
  std::optional<int64_t> NextExpiryInMs();

  size_t size() const;

  // Of changes and streams.
  StoreStats Stats() const;

  // What all of them take beyond kStreamInMemoryBytes each (stream_cost.h).
  uint64_t extra_bytes() const;

  // With every partition locked and no change half done: begins a new epoch, calls `at_freeze`, and
  // gives what had changed in the one before. THREAD: one at a time.
  std::vector<StreamHandle> Freeze(const std::function<void()>& at_freeze);

  StreamStore* store() const { return store_; }
  ConfigPool& configs() { return configs_; }
  std::vector<std::unique_ptr<Partition>>& partitions() { return partitions_; }

  // The memory that streams need until they are checkpointed, and less of it by `bytes`. THREAD:
  // any, without a lock.
  uint64_t tail_bytes() const { return tail_bytes_.load(std::memory_order_relaxed); }
  void ReleaseTailBytes(uint64_t bytes) { tail_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Whether that is all that it may be: nothing that adds to it may change, before a checkpoint.
  bool IsMemoryFull() const { return tail_bytes_max_ != 0 && tail_bytes() >= tail_bytes_max_; }

 private:
  size_t PartitionIndex(const PathKey& key) const;
  bool RecordsUses() const;
  bool CanNoteUse(const StreamEntry& stream) const;
  void AddBytes(StreamEntry& stream, std::string_view data, LongAppend memory);
  void CountState(StreamEntry& stream, uint64_t bytes);
  void Schedule(StreamEntry& stream, Moment now);
  void Drop(const StreamHandle& stream, Lsn lsn, Aftermath& after) noexcept;
  void ReleaseSource(const Aftermath::Change& orphaned, Aftermath& after) noexcept;
  bool SweepPartition(Partition& partition, Moment now, size_t& budget, Aftermath& after);

  const Clock& clock_;
  CommitLog& log_;
  Publisher& publisher_;
  StreamStore* const store_;
  const uint64_t tail_bytes_max_;
  std::vector<std::unique_ptr<Partition>> partitions_;
  ConfigPool configs_;
  std::atomic<uint64_t> tail_bytes_{0};
  std::atomic<uint64_t> releases_{0};    // of sources, begun and not done
  std::atomic<uint64_t> sweep_next_{0};  // where the next sweep begins, so that none starves
};

inline const StreamState* StateOf(const StreamHandle& stream) {
  return stream == nullptr ? nullptr : &stream->state;
}

}  // namespace thalweg
