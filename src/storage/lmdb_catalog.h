// The catalog in LMDB. (docs/formats/catalog.md)
//
// Owns the files of one directory: data.mdb, lock.mdb. Other processes may open it read-only while
// one writes; one process must not open it twice. THREAD: as Catalog says; Verify and CopyTo: any.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "storage/catalog.h"
#include "storage/folder_names.h"
#include "storage/lmdb_env.h"
#include "storage/lmdb_tables.h"
#include "storage/log_format.h"
#include "storage/page_cache.h"

namespace thalweg {

class LmdbCatalog final : public Catalog {
 public:
  using Mode = LmdbEnv::Mode;
  struct Options {
    Mode mode = Mode::kWrite;                 // else Commit is not allowed
    uint64_t map_bytes = uint64_t{64} << 20;  // to begin with; doubled whenever it is full
    std::string file = kCatalogFile;          // another only at rest
  };

  // What Verify counted.
  struct Census {
    uint64_t streams = 0;
    uint64_t due = 0;
    bool operator==(const Census&) const = default;
  };

  // In the folder `path` of the machine, which exists, for the data directory `id`. Where there is
  // none, and to be written, makes an empty one; a crash leaves a whole one or none. kForeign: of
  // another data directory, or of another version. kDamage: missing or cut.
  [[nodiscard]] static StorageResult<std::unique_ptr<LmdbCatalog>> Open(const std::string& path,
                                                                        const DirectoryId& id,
                                                                        const Options& options);

  // For Open.
  LmdbCatalog(std::unique_ptr<LmdbEnv> env, LmdbTables tables, Mode mode)
      : env_(std::move(env)), tables_(std::move(tables)), mode_(mode) {}

  [[nodiscard]] StorageResult<CatalogHead> Head() const override;
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(
      std::string_view path) const override;
  [[nodiscard]] StorageResult<std::optional<CatalogEntry>> Find(StreamId id) const override;
  [[nodiscard]] StorageResult<std::vector<CatalogEntry>> List(std::string_view prefix,
                                                              std::string_view after,
                                                              size_t limit) const override;
  [[nodiscard]] StorageResult<std::vector<StreamId>> Ids(StreamId after,
                                                         size_t limit) const override;
  [[nodiscard]] StorageResult<uint64_t> Count() const override;
  [[nodiscard]] StorageResult<std::vector<ExpiryDue>> Due(int64_t at_ms, ExpiryDue after,
                                                          size_t limit) const override;
  [[nodiscard]] StorageResult<void> Commit(const CatalogBatch& batch) override;
  uint64_t WaitsOfThread() const override { return MapWaitsOfThread(); }
  void ForgetCached() const override { env_->ForgetPages(); }

  // Reads every row: checksums, paths and ids that agree, a sane head, due ids that live.
  [[nodiscard]] StorageResult<Census> Verify() const;

  // Writes what is committed now, compacted, to a file that is empty, and syncs it. May run while
  // this or another process writes; a Commit of this process that has to grow waits for it.
  [[nodiscard]] StorageResult<void> CopyTo(File& file) const;

 private:
  StorageResult<CatalogHead> ReadHead(MDB_txn* txn) const;

  const std::unique_ptr<LmdbEnv> env_;
  const LmdbTables tables_;
  const Mode mode_;
};

// Whether a catalog stands in catalog/ of a data directory. kDamage: none does, yet segments/ holds
// something: it has been lost.
[[nodiscard]] StorageResult<bool> CatalogIsThere(Disk& data_directory);

}  // namespace thalweg
