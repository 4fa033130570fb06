// The catalog as a seam: what changes rarely about every stream there is, by path and by id, and
// which segments hold their bytes. One transaction per checkpoint, one per merge. The real one is
// lmdb_catalog.h; every implementation passes catalog_suite.h. (docs/formats/catalog.md)
//
// THREAD: reads may come from any thread at any time and see one whole transaction; Commit comes
// from one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/fault.h"
#include "stream/ids.h"

namespace thalweg {

// A live segment file and where it stands among its like.
struct SegmentInfo {
  uint64_t number = 0;      // names the file; never used twice
  uint32_t level = 0;       // 0: of a checkpoint; merging segments of one level gives the next
  uint64_t file_bytes = 0;  // the whole file
  uint64_t data_bytes = 0;  // of streams' own bytes in it
  uint64_t dead_bytes = 0;  // of those, bytes of streams that are gone
  bool operator==(const SegmentInfo&) const = default;
};

// What one transaction replaces as a whole.
struct CatalogHead {
  Lsn checkpoint{};                     // all up to here stands in catalog and segments
  StreamId last_id{};                   // no stream that was ever stored has a greater one
  uint64_t last_segment = 0;            // the highest number ever given
  std::vector<SegmentInfo> segments{};  // oldest first
  bool operator==(const CatalogHead&) const = default;
};

// A stream as the catalog has it. `create` is the encoding of its create record without bytes
// (record.h): configuration, path, source, start.
struct CatalogEntry {
  StreamId id;
  std::string path;
  std::string create;
  std::optional<int64_t> due_ms;  // wall clock: its time has not come before, unless that was set
                                  // back since; null: never comes
  bool operator==(const CatalogEntry&) const = default;
};

// When somebody has to look whether a stream's time has come.
struct ExpiryDue {
  int64_t at_ms = 0;  // wall clock
  StreamId id;
  auto operator<=>(const ExpiryDue&) const = default;
};

// One transaction. Removals come first, so that a path may be given to a new stream.
struct CatalogBatch {
  std::vector<StreamId> removed{};  // unknown ids are no error
  std::vector<CatalogEntry> put{};  // in place of what stands at the id; the path of an id never
                                    // changes, and no other id that is left stands at the path
  CatalogHead head{};
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  [[nodiscard]] virtual StorageResult<CatalogHead> Head() const = 0;
  [[nodiscard]] virtual StorageResult<std::optional<CatalogEntry>> Find(
      std::string_view path) const = 0;
  [[nodiscard]] virtual StorageResult<std::optional<CatalogEntry>> Find(StreamId id) const = 0;

  // Streams whose path begins with `prefix` and stands behind `after`, in path order, at most
  // `limit`.
  [[nodiscard]] virtual StorageResult<std::vector<CatalogEntry>> List(std::string_view prefix,
                                                                      std::string_view after,
                                                                      size_t limit) const = 0;

  // Ids behind `after` in growing order, at most `limit`: which streams live, for merges.
  [[nodiscard]] virtual StorageResult<std::vector<StreamId>> Ids(StreamId after,
                                                                 size_t limit) const = 0;

  // How many streams there are.
  [[nodiscard]] virtual StorageResult<uint64_t> Count() const = 0;

  // Those due at or before `at_ms` that stand behind `after`, in order, at most `limit`.
  [[nodiscard]] virtual StorageResult<std::vector<ExpiryDue>> Due(int64_t at_ms, ExpiryDue after,
                                                                  size_t limit) const = 0;

  // Gives back memory that only makes reads faster. THREAD: any.
  virtual void ForgetCached() const {}

  // ENSURES: on stable storage when it returns, wholly or (on an error) not at all.
  [[nodiscard]] virtual StorageResult<void> Commit(const CatalogBatch& batch) = 0;

  // How often this thread has waited for the disk in reads like those of this catalog; where it has
  // grown meanwhile, they did. Always 0: they never wait. THREAD: any.
  virtual uint64_t WaitsOfThread() const { return 0; }
};

// Calls `look` (StorageResult<void>(StreamId)) with every id, in growing order.
template <typename Look>
[[nodiscard]] StorageResult<void> ForEachId(const Catalog& catalog, const Look& look) {
  constexpr size_t kAtOnce = 1'000;
  for (StreamId after;;) {
    const auto ids = catalog.Ids(after, kAtOnce);
    if (!ids) return std::unexpected(ids.error());
    if (ids->empty()) return {};
    for (const StreamId id : *ids) {
      if (const auto looked = look(id); !looked) return looked;
    }
    after = ids->back();
  }
}

}  // namespace thalweg
