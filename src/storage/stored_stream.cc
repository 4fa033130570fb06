#include "storage/stored_stream.h"

#include <utility>
#include <variant>

#include "stream/apply.h"
#include "stream/state_codec.h"

namespace thalweg {

std::unexpected<StorageFault> StreamDamage(const CatalogEntry& entry, const std::string& what) {
  return DamageFault("stream " + std::to_string(entry.id.value) + " at " + entry.path + ": " +
                     what);
}

StorageResult<CreateRecord> CreateOf(const CatalogEntry& entry) {
  const std::optional<Record> record = DecodeRecord(entry.create);
  const auto* create = record ? std::get_if<CreateRecord>(&*record) : nullptr;
  if (create == nullptr || create->id != entry.id || create->path != entry.path) {
    return StreamDamage(entry, "the catalog has no create record of it");
  }
  return *create;
}

StorageResult<RestoredStream> Restore(const StoredStream& stored, ConfigPool& configs) {
  const auto create = CreateOf(stored.entry);
  if (!create) return std::unexpected(create.error());
  auto changes = DecodeState(stored.state);
  if (!changes || changes->tail < create->start) {
    return StreamDamage(stored.entry, "its state cannot be read");
  }
  RestoredStream restored{.state = ApplyCreate(*create, configs.Share(*create)),
                          .last = changes->last};
  RestoreChanges(restored.state, *std::move(changes));
  return restored;
}

}  // namespace thalweg
