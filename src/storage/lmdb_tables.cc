#include "storage/lmdb_tables.h"

#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "storage/lmdb_env.h"

namespace thalweg {
namespace {

// LMDB's values are mutable by type, and are only read by what we call.
MDB_val ValueOf(std::string& bytes) { return {bytes.size(), bytes.data()}; }

std::string_view ViewOf(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::string InTable(const LmdbTables& tables, CatalogTable table) {
  return tables.path + ": the table " + NameOf(table);
}

// Whether a row whose checksum is wrong stands under its own key all the same, by its id.
StorageResult<bool> HasItsKey(MDB_txn* txn, const LmdbTables& tables,
                              const LmdbCursor::Unchecked& row) {
  const auto id = IdInPathRow(row.value);
  if (!id) return false;
  const auto its_key = GetRow(txn, tables, CatalogTable::kIds, KeyOfId(*id));
  if (!its_key) return std::unexpected(its_key.error());
  return *its_key && **its_key == row.key;
}

}  // namespace

StorageResult<void> LmdbTables::OpenMeta(MDB_txn* txn, bool fresh) {
  const int code = mdb_dbi_open(txn, NameOf(CatalogTable::kMeta), fresh ? MDB_CREATE : 0u, &meta);
  if (code != 0) return LmdbFault(code, InTable(*this, CatalogTable::kMeta));
  return {};
}

StorageResult<void> LmdbTables::OpenRest(MDB_txn* txn, bool fresh) {
  const std::pair<CatalogTable, MDB_dbi*> rest[] = {
      {CatalogTable::kPaths, &paths}, {CatalogTable::kIds, &ids}, {CatalogTable::kDue, &due}};
  for (const auto& [table, handle] : rest) {
    const int code = mdb_dbi_open(txn, NameOf(table), fresh ? MDB_CREATE : 0u, handle);
    if (code != 0) return LmdbFault(code, InTable(*this, table));
  }
  return {};
}

MDB_dbi LmdbTables::handle(CatalogTable table) const {
  switch (table) {
    case CatalogTable::kPaths: return paths;
    case CatalogTable::kIds: return ids;
    case CatalogTable::kDue: return due;
    case CatalogTable::kMeta: return meta;
  }
  THALWEG_ASSERT(false);
}

std::unexpected<StorageFault> RowDamage(const LmdbTables& tables, CatalogTable table,
                                        std::string_view key, std::string_view what) {
  std::string message = tables.path + ": damage in the table " + NameOf(table) + " at ";
  message.append(PrintKey(key)).append(": ").append(what);
  return DamageFault(std::move(message));
}

StorageResult<std::optional<std::string_view>> GetRow(MDB_txn* txn, const LmdbTables& tables,
                                                      CatalogTable table, std::string_view key) {
  std::string key_bytes(key);
  MDB_val wanted = ValueOf(key_bytes);
  MDB_val found;
  const int code = mdb_get(txn, tables.handle(table), &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return LmdbFault(code, InTable(tables, table));
  const auto body = OpenRow(table, key, ViewOf(found));
  if (!body) return RowDamage(tables, table, key, "its checksum is wrong");
  return *body;
}

StorageResult<std::optional<CatalogEntry>> GetEntry(MDB_txn* txn, const LmdbTables& tables,
                                                    std::string_view path_key) {
  const auto body = GetRow(txn, tables, CatalogTable::kPaths, path_key);
  if (!body) return std::unexpected(body.error());
  if (!*body) return std::nullopt;
  auto entry = DecodePathBody(path_key, **body);
  if (!entry) {
    return RowDamage(tables, CatalogTable::kPaths, path_key, "not an entry");
  }
  return entry;
}

StorageResult<void> CheckMissing(MDB_txn* txn, const LmdbTables& tables,
                                 std::string_view path_key) {
  constexpr CatalogTable kTable = CatalogTable::kPaths;
  auto cursor = LmdbCursor::Open(txn, tables, kTable);
  if (!cursor) return std::unexpected(cursor.error());
  const auto beside = cursor->Beside(path_key);
  if (!beside) return std::unexpected(beside.error());
  const auto& [before, behind] = *beside;
  if ((before && before->key >= path_key) || (behind && behind->key <= path_key)) {
    return RowDamage(tables, kTable, path_key, "keys are out of order");
  }
  for (const auto& row : {before, behind}) {
    if (!row || OpenRow(kTable, row->key, row->value)) continue;
    const auto has_its_key = HasItsKey(txn, tables, *row);
    if (!has_its_key) return std::unexpected(has_its_key.error());
    if (*has_its_key) continue;
    return RowDamage(
        tables, kTable, row->key,
        "its checksum is wrong, and " + PrintKey(path_key) + " may be there, but is not found");
  }
  return {};
}

StorageResult<LmdbCursor> LmdbCursor::Open(MDB_txn* txn, const LmdbTables& tables,
                                           CatalogTable table) {
  MDB_cursor* cursor = nullptr;
  const int code = mdb_cursor_open(txn, tables.handle(table), &cursor);
  if (code != 0) return LmdbFault(code, InTable(tables, table));
  return LmdbCursor(tables, table, cursor);
}

StorageResult<std::optional<LmdbRow>> LmdbCursor::Seek(std::string_view key) {
  return Step(key, key.empty() ? MDB_FIRST : MDB_SET_RANGE);
}

StorageResult<std::optional<LmdbRow>> LmdbCursor::Next() { return Step({}, MDB_NEXT); }

StorageResult<LmdbCursor::Neighbours> LmdbCursor::Beside(std::string_view key) {
  const auto behind = Move(key, MDB_SET_RANGE);
  if (!behind) return std::unexpected(behind.error());
  const auto before = Move({}, *behind ? MDB_PREV : MDB_LAST);
  if (!before) return std::unexpected(before.error());
  return Neighbours{.before = *before, .behind = *behind};
}

StorageResult<std::optional<LmdbRow>> LmdbCursor::Step(std::string_view key, MDB_cursor_op op) {
  const auto row = Move(key, op);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const auto body = OpenRow(table_, (*row)->key, (*row)->value);
  if (body) return LmdbRow{.key = (*row)->key, .body = *body};
  return RowDamage(*tables_, table_, (*row)->key, "its checksum is wrong");
}

StorageResult<std::optional<LmdbCursor::Unchecked>> LmdbCursor::Move(std::string_view key,
                                                                     MDB_cursor_op op) {
  std::string key_bytes(key);
  MDB_val at = ValueOf(key_bytes);
  MDB_val value;
  const int code = mdb_cursor_get(cursor_.get(), &at, &value, op);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return LmdbFault(code, InTable(*tables_, table_));
  return Unchecked{.key = ViewOf(at), .value = ViewOf(value)};
}

StorageResult<void> LmdbWrite::Put(CatalogTable table, std::string_view key,
                                   std::string_view body) {
  THALWEG_ASSERT(!key.empty() && key.size() <= kCatalogKeyBytesMax);
  std::string key_bytes(key);
  std::string value_bytes = SealRow(table, key, body);
  MDB_val at = ValueOf(key_bytes);
  MDB_val value = ValueOf(value_bytes);
  errno = 0;
  return Told(mdb_put(txn(), tables_.handle(table), &at, &value, 0), InTable(tables_, table));
}

StorageResult<void> LmdbWrite::Delete(CatalogTable table, std::string_view key) {
  std::string key_bytes(key);
  MDB_val at = ValueOf(key_bytes);
  errno = 0;
  const int code = mdb_del(txn(), tables_.handle(table), &at, nullptr);
  return Told(code == MDB_NOTFOUND ? 0 : code, InTable(tables_, table));
}

StorageResult<void> LmdbWrite::Commit() {
  errno = 0;
  return Told(mdb_txn_commit(txn_.release()), tables_.path + ": commit");
}

// Also before the commit: what is too large for memory is written ahead. A file system that gets
// full takes a part of a write, which LMDB calls EIO. No call of the system has failed with it,
// then.
StorageResult<void> LmdbWrite::Told(int code, const std::string& tried) {
  if (code == 0) return {};
  map_is_full_ = code == MDB_MAP_FULL;
  const bool was_cut_short = code == EIO && errno != EIO;
  return LmdbFault(was_cut_short ? ENOSPC : code, tried);
}

}  // namespace thalweg
