// A data directory that nobody serves from, for those who only look: its lock, what its catalog
// says, and the streams of its last checkpoint.
//
// Changes nothing. THREAD: one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "storage/data_directory.h"
#include "storage/data_directory_view.h"
#include "storage/lmdb_catalog.h"
#include "storage/stream_store.h"
#include "stream/offset.h"
#include "stream/state.h"

namespace thalweg {

class DirectoryAtRest {
 public:
  // The directory at `path` of the machine, which is the root of `disk`. kForeign: it is served
  // from, or not ours. REQUIRES: `disk` outlives it.
  [[nodiscard]] static StorageResult<std::unique_ptr<DirectoryAtRest>> Open(
      Disk& disk, const std::string& path);

  DataDirectoryView& view() { return view_; }
  const DirectoryId& id() const { return directory_->id(); }

  // Opens the catalog. Null: there is none, and nothing was checkpointed yet.
  [[nodiscard]] StorageResult<std::unique_ptr<LmdbCatalog>> OpenCatalog();

  // Opens catalog and segments. Null: there are none.
  [[nodiscard]] StorageResult<std::unique_ptr<StreamStore>> OpenStore();

  // For Open.
  DirectoryAtRest(Disk& disk, std::string path) : view_(disk), path_(std::move(path)) {}

 private:
  DataDirectoryView view_;
  const std::string path_;
  std::unique_ptr<DataDirectory> directory_;
};

// Calls `look` (StorageResult<void>(const StoredStream&)) with every stream of `store`.
template <typename Look>
[[nodiscard]] StorageResult<void> ForEachStream(const StreamStore& store, const Look& look) {
  return ForEachId(store.catalog(), [&](StreamId id) -> StorageResult<void> {
    const auto stored = store.Find(id);
    if (!stored) return std::unexpected(stored.error());
    return look(**stored);
  });
}

// Calls `look` (void(Offset, std::string_view)) with the stretches of whole appends that segments
// have of a stream's own bytes, each as long as `bytes_max` lets it be. kDamage: some are nowhere.
template <typename Look>
[[nodiscard]] StorageResult<void> ForEachStretch(const StreamStore& store,
                                                 const CatalogEntry& entry,
                                                 const StreamState& state, size_t bytes_max,
                                                 const Look& look) {
  for (Offset at = state.start; at < state.tail;) {
    const auto stretch = store.Read(entry.id, at, state.tail, {.bytes_max = bytes_max});
    if (!stretch) return std::unexpected(stretch.error());
    if (!*stretch || !(*stretch)->boundary) {
      return StreamDamage(entry, "no segment has its bytes from " + FormatOffset(at) + " on");
    }
    look(at, (*stretch)->bytes.view());
    at = (*stretch)->end;
  }
  return {};
}

}  // namespace thalweg
