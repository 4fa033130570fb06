// Reading what is not at hand: what a stream inherits stands in its sources, and what is
// checkpointed in the store.
//
// Crosses threads: takes the lock of each stream of the chain in turn, never two at once, and reads
// the disk under none, so REQUIRES that the caller holds none.
#pragma once

#include <cstdint>

#include "engine/read.h"
#include "storage/fault.h"
#include "storage/stream_store.h"

namespace thalweg {

enum class HistoryVerdict : uint8_t {
  kRead,
  kNotABoundary,  // the page would begin inside an append
  kVanished,      // a stream of the chain, meanwhile: look again
};

// Fills `page`, which begins at `page.start` and is empty, with what `request` asks of `stream`,
// inherited or its own, up to `limit`; where it stands in the stream is the caller's to say. Else
// than kRead nothing of it is meant. `store` is null where all is in memory. REQUIRES: `limit` is a
// boundary at or behind `page.start`.
[[nodiscard]] StorageResult<HistoryVerdict> ReadHistory(const StreamStore* store,
                                                        const StreamHandle& stream, Offset limit,
                                                        const PageRequest& request, Page& page);

}  // namespace thalweg
