// Reading what is not at hand: what a stream inherits stands in its sources, and what is
// checkpointed in the store.
//
// Crosses threads: takes the lock of each stream of the chain in turn, never two at once, and reads
// the disk under none, so REQUIRES that the caller holds none.
#pragma once

#include <optional>
#include <vector>

#include "engine/read.h"
#include "storage/fault.h"
#include "storage/stream_store.h"

namespace thalweg {

struct Stretch {
  bool boundary = true;  // false: `from` lies inside an append; nothing else is set
  std::vector<Bytes> parts;
  Offset end;
  bool ends_inside = false;  // an append
  std::vector<FilePart> files{};
  std::vector<Offset> ends{};  // of each append, where they were asked for
};

// What `request` asks of `stream`, inherited or its own, from `from` to `limit`. Null: a stream of
// the chain vanished meanwhile; look again. `store` is null where all is in memory. REQUIRES:
// `limit` is a boundary at or behind `from`.
[[nodiscard]] StorageResult<std::optional<Stretch>> ReadHistory(const StreamStore* store,
                                                                const StreamHandle& stream,
                                                                Offset from, Offset limit,
                                                                const StretchRequest& request);

}  // namespace thalweg
