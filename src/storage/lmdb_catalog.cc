#include "storage/lmdb_catalog.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "storage/directory.h"
#include "storage/posix_disk.h"
#include "storage/segment_format.h"

namespace thalweg {
namespace {

constexpr const char* kFreshFile = "fresh.mdb";           // a catalog that is being made
constexpr const char* kFreshLockFile = "fresh.mdb-lock";  // LMDB's name for its lock

StorageResult<std::unique_ptr<PosixDisk>> OpenDisk(const std::string& path) {
  auto disk = PosixDisk::Open(path);
  if (!disk) return DiskFaultIn(path, disk.error());
  return std::move(*disk);
}

StorageResult<bool> Holds(Disk& disk, const std::string& path, const std::string& name) {
  const auto names = disk.List("");
  if (!names) return DiskFaultIn(path, names.error());
  return Contains(*names, name);
}

// ---- Making one

StorageResult<void> FillFresh(LmdbEnv& env, const DirectoryId& id) {
  const auto txn = env.BeginWrite();
  if (!txn) return std::unexpected(txn.error());
  LmdbTables tables;
  tables.path = env.data_path();
  LmdbWrite write(*txn, tables);
  const std::string_view id_bytes(reinterpret_cast<const char*>(id.data()), id.size());
  auto done = tables.OpenMeta(*txn, true);
  if (done) done = tables.OpenRest(*txn, true);
  if (done) done = write.Put(CatalogTable::kMeta, kVersionKey, EncodeVersion(kCatalogVersion));
  if (done) done = write.Put(CatalogTable::kMeta, kDirectoryKey, id_bytes);
  if (done) done = write.Put(CatalogTable::kMeta, kHeadKey, EncodeHead({}));
  if (done) done = write.Commit();
  return done;
}

// Under another name until it is whole.
StorageResult<void> MakeFile(Disk& disk, const std::string& path, const DirectoryId& id) {
  const auto told = [&path](const DiskError& error) { return DiskFaultIn(path, error); };
  Directory directory(disk, "");
  for (const char* const name : {kFreshFile, kFreshLockFile}) {
    if (const auto gone = directory.RemoveIfThere(name); !gone) return told(gone.error());
  }
  if (const auto file = directory.Create(kFreshFile); !file) return told(file.error());
  {
    const auto env = LmdbEnv::Open(path, kFreshFile, {.fresh = true, .map_bytes = 1 << 20});
    if (!env) return std::unexpected(env.error());
    if (const auto filled = FillFresh(**env, id); !filled) return filled;
  }
  auto done = directory.Remove(kFreshLockFile);
  if (done) done = directory.RenameInto(directory, kFreshFile, kCatalogFile);
  if (!done) return told(done.error());
  return {};
}

// ---- Opening one

StorageResult<void> CheckVersion(MDB_txn* txn, const LmdbTables& tables) {
  const auto body = GetRow(txn, tables, CatalogTable::kMeta, kVersionKey);
  if (!body) return std::unexpected(body.error());
  const auto version = *body ? DecodeVersion(**body) : std::nullopt;
  if (!version) {
    return RowDamage(tables, CatalogTable::kMeta, kVersionKey, "there is no version");
  }
  if (*version == kCatalogVersion) return {};
  return ForeignFault(tables.path + ": the catalog has version " + std::to_string(*version) +
                      ", this program knows " + std::to_string(kCatalogVersion));
}

StorageResult<void> CheckDirectory(MDB_txn* txn, const LmdbTables& tables, const DirectoryId& id) {
  const auto body = GetRow(txn, tables, CatalogTable::kMeta, kDirectoryKey);
  if (!body) return std::unexpected(body.error());
  if (!*body) {
    return RowDamage(tables, CatalogTable::kMeta, kDirectoryKey, "there is no identity");
  }
  const std::string_view id_bytes(reinterpret_cast<const char*>(id.data()), id.size());
  if (**body == id_bytes) return {};
  return ForeignFault(tables.path + ": the catalog is of another data directory");
}

StorageResult<LmdbTables> OpenTables(LmdbEnv& env, const DirectoryId& id) {
  const auto txn = env.BeginSetup();
  if (!txn) return std::unexpected(txn.error());
  LmdbTables tables;
  tables.path = env.data_path();
  LmdbWrite setup(*txn, tables);
  auto done = tables.OpenMeta(*txn, false);
  if (done) done = CheckVersion(*txn, tables);
  if (done) done = CheckDirectory(*txn, tables, id);
  if (done) done = tables.OpenRest(*txn, false);
  if (done) done = setup.Commit();
  if (!done) return std::unexpected(done.error());
  return tables;
}

// ---- Listing

// The least `limit` entries by path that were offered: paths that share the beginning which is in
// the key come in the order of their digests.
class PathOrder {
 public:
  explicit PathOrder(size_t limit) : limit_(limit) {}

  void Offer(CatalogEntry entry) {
    std::string path = entry.path;
    least_.insert_or_assign(std::move(path), std::move(entry));
    if (least_.size() > limit_) least_.erase(std::prev(least_.end()));
  }

  bool full() const { return least_.size() >= limit_; }

  std::vector<CatalogEntry> Take() {
    std::vector<CatalogEntry> entries;
    entries.reserve(least_.size());
    for (auto& [path, entry] : least_) entries.push_back(std::move(entry));
    return entries;
  }

 private:
  const size_t limit_;
  std::map<std::string, CatalogEntry> least_;
};

bool SharesBeginning(std::string_view key, std::string_view group) {
  return !group.empty() && key.substr(0, kPathKeyBytes) == group;
}

// The shared beginning if `key` is of a long path; else nothing.
std::string GroupOf(std::string_view key) {
  return IsLongPathKey(key) ? std::string(key.substr(0, kPathKeyBytes)) : "";
}

// ---- Committing

// Every row of `id`, if it lives.
StorageResult<void> RemoveId(LmdbWrite& write, StreamId id) {
  const std::string id_key = KeyOfId(id);
  const auto body = GetRow(write.txn(), write.tables(), CatalogTable::kIds, id_key);
  if (!body) return std::unexpected(body.error());
  if (!*body) return {};
  const std::string path_key(**body);
  const auto entry = GetEntry(write.txn(), write.tables(), path_key);
  if (!entry) return std::unexpected(entry.error());
  if (*entry && (*entry)->due_ms) {
    const std::string due_key = KeyOfDue({.at_ms = *(*entry)->due_ms, .id = id});
    if (auto done = write.Delete(CatalogTable::kDue, due_key); !done) return done;
  }
  auto done = write.Delete(CatalogTable::kPaths, path_key);
  if (done) done = write.Delete(CatalogTable::kIds, id_key);
  return done;
}

StorageResult<void> PutEntry(LmdbWrite& write, const CatalogEntry& entry) {
  const std::string path_key = KeyOfPath(entry.path);
  auto done = RemoveId(write, entry.id);
  if (done) done = write.Put(CatalogTable::kPaths, path_key, EncodePathBody(entry));
  if (done) done = write.Put(CatalogTable::kIds, KeyOfId(entry.id), path_key);
  if (!done || !entry.due_ms) return done;
  return write.Put(CatalogTable::kDue, KeyOfDue({.at_ms = *entry.due_ms, .id = entry.id}), "");
}

StorageResult<void> Apply(LmdbWrite& write, const CatalogBatch& batch) {
  for (const StreamId id : batch.removed) {
    if (const auto done = RemoveId(write, id); !done) return done;
  }
  for (const CatalogEntry& entry : batch.put) {
    if (const auto done = PutEntry(write, entry); !done) return done;
  }
  return write.Put(CatalogTable::kMeta, kHeadKey, EncodeHead(batch.head));
}

}  // namespace

StorageResult<std::unique_ptr<LmdbCatalog>> LmdbCatalog::Open(const std::string& path,
                                                              const DirectoryId& id,
                                                              const Options& options) {
  const auto disk = OpenDisk(path);
  if (!disk) return std::unexpected(disk.error());
  const auto there = Holds(**disk, path, options.file);
  if (!there) return std::unexpected(there.error());
  if (!*there && options.mode != Mode::kWrite) {
    return DamageFault(path + "/" + options.file + " is missing");
  }
  if (!*there) {
    if (const auto made = MakeFile(**disk, path, id); !made) return std::unexpected(made.error());
  }
  auto env =
      LmdbEnv::Open(path, options.file, {.mode = options.mode, .map_bytes = options.map_bytes});
  if (!env) return std::unexpected(env.error());
  auto tables = OpenTables(**env, id);
  if (!tables) return std::unexpected(tables.error());
  return std::make_unique<LmdbCatalog>(std::move(*env), std::move(*tables), options.mode);
}

StorageResult<CatalogHead> LmdbCatalog::Head() const {
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  return ReadHead(read->txn());
}

StorageResult<CatalogHead> LmdbCatalog::ReadHead(MDB_txn* txn) const {
  const auto body = GetRow(txn, tables_, CatalogTable::kMeta, kHeadKey);
  if (!body) return std::unexpected(body.error());
  auto head = *body ? DecodeHead(**body) : std::nullopt;
  if (!head) {
    return RowDamage(tables_, CatalogTable::kMeta, kHeadKey, "not a head");
  }
  return *std::move(head);
}

StorageResult<std::optional<CatalogEntry>> LmdbCatalog::Find(std::string_view path) const {
  if (path.empty()) return std::nullopt;
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  const std::string path_key = KeyOfPath(path);
  auto entry = GetEntry(read->txn(), tables_, path_key);
  if (!entry) return entry;
  if (*entry) return (*entry)->path == path ? std::move(entry) : std::nullopt;
  if (const auto missing = CheckMissing(read->txn(), tables_, path_key); !missing) {
    return std::unexpected(missing.error());
  }
  return std::nullopt;
}

StorageResult<std::optional<CatalogEntry>> LmdbCatalog::Find(StreamId id) const {
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  const std::string id_key = KeyOfId(id);
  const auto path_key = GetRow(read->txn(), tables_, CatalogTable::kIds, id_key);
  if (!path_key) return std::unexpected(path_key.error());
  if (!*path_key) return std::nullopt;
  auto entry = GetEntry(read->txn(), tables_, **path_key);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry || (*entry)->id != id) {
    return RowDamage(tables_, CatalogTable::kIds, id_key, "its path is not of this stream");
  }
  return entry;
}

StorageResult<std::vector<CatalogEntry>> LmdbCatalog::List(std::string_view prefix,
                                                           std::string_view after,
                                                           size_t limit) const {
  if (limit == 0) return std::vector<CatalogEntry>{};
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  auto cursor = LmdbCursor::Open(read->txn(), tables_, CatalogTable::kPaths);
  if (!cursor) return std::unexpected(cursor.error());
  const std::string_view prefix_in_key = prefix.substr(0, kPathKeyBytes);
  PathOrder order(limit);
  std::string group;  // of the long paths we are in; nothing outside of them
  auto row = cursor->Seek(std::max(prefix, after).substr(0, kPathKeyBytes));
  for (; row && *row; row = cursor->Next()) {
    const std::string_view key = (*row)->key;
    if (!key.starts_with(prefix_in_key)) break;
    if (order.full() && !SharesBeginning(key, group)) break;
    group = GroupOf(key);
    auto entry = DecodePathBody(key, (*row)->body);
    if (!entry) {
      return RowDamage(tables_, CatalogTable::kPaths, key, "not an entry");
    }
    if (entry->path.starts_with(prefix) && entry->path > after) order.Offer(*std::move(entry));
  }
  if (!row) return std::unexpected(row.error());
  return order.Take();
}

StorageResult<std::vector<StreamId>> LmdbCatalog::Ids(StreamId after, size_t limit) const {
  std::vector<StreamId> ids;
  if (limit == 0 || after.value == UINT64_MAX) return ids;
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  auto cursor = LmdbCursor::Open(read->txn(), tables_, CatalogTable::kIds);
  if (!cursor) return std::unexpected(cursor.error());
  auto row = cursor->Seek(KeyOfId({after.value + 1}));
  for (; row && *row && ids.size() < limit; row = cursor->Next()) {
    const auto id = DecodeIdKey((*row)->key);
    if (!id) {
      return RowDamage(tables_, CatalogTable::kIds, (*row)->key, "not an id");
    }
    ids.push_back(*id);
  }
  if (!row) return std::unexpected(row.error());
  return ids;
}

StorageResult<uint64_t> LmdbCatalog::Count() const {
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  MDB_stat stat{};
  const int code = mdb_stat(read->txn(), tables_.ids, &stat);
  if (code != 0) return LmdbFault(code, tables_.path + ": count streams");
  return stat.ms_entries;
}

StorageResult<std::vector<ExpiryDue>> LmdbCatalog::Due(int64_t at_ms, ExpiryDue after,
                                                       size_t limit) const {
  std::vector<ExpiryDue> all;
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  auto cursor = LmdbCursor::Open(read->txn(), tables_, CatalogTable::kDue);
  if (!cursor) return std::unexpected(cursor.error());
  auto row = cursor->Seek(KeyOfDue(after));
  for (; row && *row && all.size() < limit; row = cursor->Next()) {
    const auto due = DecodeDueKey((*row)->key);
    if (!due) {
      return RowDamage(tables_, CatalogTable::kDue, (*row)->key, "not a due key");
    }
    if (due->at_ms > at_ms) break;
    if (*due > after) all.push_back(*due);
  }
  if (!row) return std::unexpected(row.error());
  return all;
}

StorageResult<void> LmdbCatalog::Commit(const CatalogBatch& batch) {
  THALWEG_ASSERT(mode_ == Mode::kWrite);
  for (;;) {
    const auto txn = env_->BeginWrite();
    if (!txn) return std::unexpected(txn.error());
    {
      LmdbWrite write(*txn, tables_);
      auto done = Apply(write, batch);
      if (done) done = write.Commit();
      if (done || !write.map_is_full()) return done;
    }  // undone
    if (const auto grown = env_->Grow(); !grown) return grown;
  }
}

StorageResult<void> LmdbCatalog::CopyTo(File& file) const {
  if (auto copied = env_->CopyTo(file); !copied) return copied;
  if (const auto synced = file.Sync(); !synced) return DiskFault(synced.error());
  return {};
}

// In this order: a server that has just begun makes the catalog first.
StorageResult<bool> CatalogIsThere(Disk& data_directory) {
  const auto segments = data_directory.List(kSegmentsFolder);
  if (!segments) return DiskFault(segments.error());
  const auto names = data_directory.List(kCatalogFolder);
  if (!names) return DiskFault(names.error());
  if (Contains(*names, kCatalogFile)) return true;
  const auto segment = std::ranges::find_if(
      *segments, [](const std::string& name) { return SegmentFileNumber(name).has_value(); });
  if (segment == segments->end()) return false;
  return DamageFault(std::string(kCatalogFolder) + "/" + kCatalogFile +
                     " is missing, yet segments/ holds " + *segment);
}

}  // namespace thalweg
