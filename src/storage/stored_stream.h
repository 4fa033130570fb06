// A stream as the store has it, and how it becomes a state again.
//
// Pure. THREAD: any.
#pragma once

#include <optional>
#include <string>

#include "storage/catalog.h"
#include "storage/fault.h"
#include "stream/config_pool.h"
#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

// As of the last checkpoint that has it.
struct StoredStream {
  CatalogEntry entry;
  std::string state;  // EncodeState
};

struct RestoredStream {
  StreamState state;
  Lsn last;  // of the last record in it
};

// The create record of `entry`, borrowed from it. kDamage: it is not that of this stream.
[[nodiscard]] StorageResult<CreateRecord> CreateOf(const CatalogEntry& entry);

// Configurations come from `configs`.
[[nodiscard]] StorageResult<RestoredStream> Restore(const StoredStream& stored,
                                                    ConfigPool& configs);

// Damage: `what` of the stream of `entry`, as "its state", cannot be what it is.
std::unexpected<StorageFault> StreamDamage(const CatalogEntry& entry, const std::string& what);

}  // namespace thalweg
