// Brings streams from the store into memory: at their first use, with the sources they read from.
//
// Crosses threads: any thread may call; takes partition locks, one at a time, and reads the disk
// under none, so REQUIRES that the caller holds none.
#pragma once

#include <optional>
#include <vector>

#include "engine/stream_table.h"
#include "storage/fault.h"
#include "storage/stream_store.h"

namespace thalweg {

class StreamLoader {
 public:
  explicit StreamLoader(StreamTable& table) : table_(table) {}

  // Loads what the store has at the path. What comes back is known only if
  // nothing does; else find again. REQUIRES: the table has a store.
  [[nodiscard]] StorageResult<Absence> Load(const PathKey& key);

  // The stream called `id`, loaded where it was not; null: there is none.
  // REQUIRES: the table has a store.
  [[nodiscard]] StorageResult<StreamHandle> Find(StreamId id);

  // In place of a stream whose state cannot be read, to be entered and removed: as it was created,
  // without bytes, with its source where that can be loaded. REQUIRES: the table has a store.
  [[nodiscard]] StorageResult<StreamHandle> StandIn(const CatalogEntry& entry);

  // Puts a stream that was built in this version of the store where it belongs. False: that is
  // stale, or somebody else was quicker. Under the lock of its partition.
  bool Enter(const StreamHandle& stream, uint64_t version);

 private:
  // The streams that a fork reads from, each from the next, up to one that is in memory.
  struct Chain {
    std::vector<StreamId> stored;
    StreamHandle in_memory;  // null: the last one that is stored is no fork
  };

  StorageResult<std::optional<Absence>> TryLoad(const PathKey& key);
  StorageResult<std::optional<Chain>> FindSources(const CatalogEntry& loaded);
  StreamHandle InMemory(std::string_view path);
  bool IsGone(const PathKey& key, StreamId id);
  StorageResult<StreamHandle> BuildAndEnter(const StoredStream& stored, StreamHandle source,
                                            uint64_t version);
  StreamHandle Build(const CatalogEntry& entry, StreamState state, Lsn last, StreamHandle source);

  StreamTable& table_;
};

}  // namespace thalweg
