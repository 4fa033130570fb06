// Which streams of a store nobody can load, because what segments have of their state is damaged.
//
// THREAD: any; reads the state of every stream.
#pragma once

#include <vector>

#include "storage/catalog.h"
#include "storage/fault.h"
#include "storage/stream_store.h"

namespace thalweg {

struct UnreadableStream {
  CatalogEntry entry;
  StorageFault fault;  // kDamage, with the stream and the place
};

// Those of `store`, by id, also forks whose source is among them: what they inherited goes with it.
// A stream with damage in its bytes alone is none of them. A fault: the disk refuses to be read,
// which may pass, or the catalog is damaged.
[[nodiscard]] StorageResult<std::vector<UnreadableStream>> FindUnreadable(const StreamStore& store);

}  // namespace thalweg
