// The catalog's tables in LMDB: checksummed rows of catalog_codec.h, read and written in a
// transaction that the caller holds.
//
// What reads return is borrowed from the map and lives as long as the transaction, in a write
// transaction until its next change. THREAD: that of the transaction.
#pragma once

#include <lmdb.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/catalog_codec.h"

namespace thalweg {

struct LmdbTables {
  std::string path;  // of the directory, for messages
  MDB_dbi paths = 0;
  MDB_dbi ids = 0;
  MDB_dbi due = 0;
  MDB_dbi meta = 0;

  // Opens the table of what the others are like, then the others; in a fresh catalog makes them.
  // The caller commits.
  [[nodiscard]] StorageResult<void> OpenMeta(MDB_txn* txn, bool fresh);
  [[nodiscard]] StorageResult<void> OpenRest(MDB_txn* txn, bool fresh);

  MDB_dbi handle(CatalogTable table) const;
};

struct LmdbRow {
  std::string_view key;
  std::string_view body;
};

// What cannot be read: "<path>: damage in the table paths at /a: <what>".
std::unexpected<StorageFault> RowDamage(const LmdbTables& tables, CatalogTable table,
                                        std::string_view key, std::string_view what);

// Null: there is no such row. kDamage: the checksum is not that of the row.
[[nodiscard]] StorageResult<std::optional<std::string_view>> GetRow(MDB_txn* txn,
                                                                    const LmdbTables& tables,
                                                                    CatalogTable table,
                                                                    std::string_view key);

// A stream by the key of its path. Null: there is none.
[[nodiscard]] StorageResult<std::optional<CatalogEntry>> GetEntry(MDB_txn* txn,
                                                                  const LmdbTables& tables,
                                                                  std::string_view path_key);

// That `path_key`, which was not found, is missing indeed. kDamage: it may be there all the same,
// and another stream must not take its place. For a flipped bit in its key, or in one that it is
// compared with on the way, leads to a place beside that key, or among keys that do not enclose it.
[[nodiscard]] StorageResult<void> CheckMissing(MDB_txn* txn, const LmdbTables& tables,
                                               std::string_view path_key);

// Walks a table in the order of its keys.
class LmdbCursor {
 public:
  [[nodiscard]] static StorageResult<LmdbCursor> Open(MDB_txn* txn, const LmdbTables& tables,
                                                      CatalogTable table);

  // The first row at or behind `key` ("" is before all), or null.
  [[nodiscard]] StorageResult<std::optional<LmdbRow>> Seek(std::string_view key);

  // The row behind the last one returned, or null. REQUIRES: there was one.
  [[nodiscard]] StorageResult<std::optional<LmdbRow>> Next();

  // The rows on either side of where `key` would stand, with the checksums that they have.
  struct Unchecked {
    std::string_view key;
    std::string_view value;
  };
  struct Neighbours {
    std::optional<Unchecked> before;
    std::optional<Unchecked> behind;
  };
  [[nodiscard]] StorageResult<Neighbours> Beside(std::string_view key);

 private:
  struct Closer {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
  };

  LmdbCursor(const LmdbTables& tables, CatalogTable table, MDB_cursor* cursor)
      : tables_(&tables), table_(table), cursor_(cursor) {}
  StorageResult<std::optional<LmdbRow>> Step(std::string_view key, MDB_cursor_op op);
  StorageResult<std::optional<Unchecked>> Move(std::string_view key, MDB_cursor_op op);

  const LmdbTables* tables_;
  CatalogTable table_;
  std::unique_ptr<MDB_cursor, Closer> cursor_;
};

// A write transaction: undone unless committed.
class LmdbWrite {
 public:
  // Takes over `txn`.
  LmdbWrite(MDB_txn* txn, const LmdbTables& tables) : tables_(tables), txn_(txn) {}

  [[nodiscard]] StorageResult<void> Put(CatalogTable table, std::string_view key,
                                        std::string_view body);

  // One that is not there is no error.
  [[nodiscard]] StorageResult<void> Delete(CatalogTable table, std::string_view key);

  // ENSURES: on stable storage, or undone.
  [[nodiscard]] StorageResult<void> Commit();

  // A call failed because the map has no room left.
  bool map_is_full() const { return map_is_full_; }

  MDB_txn* txn() const { return txn_.get(); }
  const LmdbTables& tables() const { return tables_; }

 private:
  struct Aborter {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
  };

  StorageResult<void> Told(int code, const std::string& tried);

  const LmdbTables& tables_;
  std::unique_ptr<MDB_txn, Aborter> txn_;  // null: committed
  bool map_is_full_ = false;
};

}  // namespace thalweg
