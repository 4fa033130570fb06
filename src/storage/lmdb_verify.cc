// LmdbCatalog::Verify, in one transaction.
#include <set>

#include "storage/lmdb_catalog.h"

namespace thalweg {
namespace {

// Calls `look` (StorageResult<void>(LmdbRow)) with every row of `table`; returns their number.
template <typename Look>
StorageResult<uint64_t> Walk(MDB_txn* txn, const LmdbTables& tables, CatalogTable table,
                             const Look& look) {
  auto cursor = LmdbCursor::Open(txn, tables, table);
  if (!cursor) return std::unexpected(cursor.error());
  uint64_t count = 0;
  auto row = cursor->Seek("");
  for (; row && *row; row = cursor->Next()) {
    if (const auto looked = look(**row); !looked) return std::unexpected(looked.error());
    ++count;
  }
  if (!row) return std::unexpected(row.error());
  return count;
}

class Verifier {
 public:
  Verifier(MDB_txn* txn, const LmdbTables& tables, const CatalogHead& head)
      : txn_(txn), tables_(tables), head_(head) {}

  StorageResult<LmdbCatalog::Census> Run() const {
    const auto walk = [this](CatalogTable table, auto look) {
      return Walk(txn_, tables_, table,
                  [this, look](const LmdbRow& row) { return (this->*look)(row); });
    };
    if (const auto sane = LookAtHead(); !sane) return std::unexpected(sane.error());
    const auto streams = walk(CatalogTable::kPaths, &Verifier::LookAtPath);
    if (!streams) return std::unexpected(streams.error());
    const auto ids = walk(CatalogTable::kIds, &Verifier::LookAtId);
    if (!ids) return std::unexpected(ids.error());
    if (*ids != *streams) return std::unexpected(MorePathsOrIds(*streams, *ids));
    const auto due = walk(CatalogTable::kDue, &Verifier::LookAtDue);
    if (!due) return std::unexpected(due.error());
    return LmdbCatalog::Census{.streams = *streams, .due = *due};
  }

 private:
  StorageResult<void> LookAtHead() const {
    const auto bad = [this](std::string_view what) {
      return std::unexpected(RowDamage(tables_, CatalogTable::kMeta, kHeadKey, what));
    };
    std::set<uint64_t> numbers;
    for (const SegmentInfo& segment : head_.segments) {
      if (segment.number == 0 || segment.number > head_.last_segment) {
        return bad("a segment has a number that was never given");
      }
      if (!numbers.insert(segment.number).second) return bad("a segment stands there twice");
      if (segment.dead_bytes > segment.data_bytes || segment.data_bytes > segment.file_bytes) {
        return bad("a segment holds more bytes than it has");
      }
    }
    return {};
  }

  // Each id has a path of its own, and each path an id: so a page is passed by, or met twice.
  StorageFault MorePathsOrIds(uint64_t paths, uint64_t ids) const {
    return {StorageFault::Kind::kDamage, tables_.path + ": damage: there are " +
                                             std::to_string(paths) + " paths, and " +
                                             std::to_string(ids) + " ids"};
  }

  StorageResult<void> LookAtPath(const LmdbRow& row) const {
    const auto bad = [&](std::string_view what) {
      return std::unexpected(RowDamage(tables_, CatalogTable::kPaths, row.key, what));
    };
    const auto entry = DecodePathBody(row.key, row.body);
    if (!entry) return bad("not an entry");
    if (KeyOfPath(entry->path) != row.key) return bad("the key is not that of the path");
    if (entry->id > head_.last_id) return bad("the id was never given");
    const auto path_key = GetRow(txn_, tables_, CatalogTable::kIds, KeyOfId(entry->id));
    if (!path_key) return std::unexpected(path_key.error());
    if (!*path_key || **path_key != row.key) return bad("its id leads elsewhere");
    if (!entry->due_ms) return {};
    const std::string due_key = KeyOfDue({.at_ms = *entry->due_ms, .id = entry->id});
    const auto due = GetRow(txn_, tables_, CatalogTable::kDue, due_key);
    if (!due) return std::unexpected(due.error());
    if (!*due) return bad("its due time is not in its table");
    return {};
  }

  StorageResult<void> LookAtId(const LmdbRow& row) const {
    const auto bad = [&](std::string_view what) {
      return std::unexpected(RowDamage(tables_, CatalogTable::kIds, row.key, what));
    };
    const auto id = DecodeIdKey(row.key);
    if (!id) return bad("not an id");
    const auto entry = GetEntry(txn_, tables_, row.body);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry || (*entry)->id != *id) return bad("its path is not of this stream");
    return {};
  }

  StorageResult<void> LookAtDue(const LmdbRow& row) const {
    const auto bad = [&](std::string_view what) {
      return std::unexpected(RowDamage(tables_, CatalogTable::kDue, row.key, what));
    };
    const auto due = DecodeDueKey(row.key);
    if (!due || !row.body.empty()) return bad("not a due key");
    const auto path_key = GetRow(txn_, tables_, CatalogTable::kIds, KeyOfId(due->id));
    if (!path_key) return std::unexpected(path_key.error());
    if (!*path_key) return bad("no stream has its id");
    const auto entry = GetEntry(txn_, tables_, **path_key);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry || (*entry)->due_ms != due->at_ms) return bad("its stream is due at another time");
    return {};
  }

  MDB_txn* const txn_;
  const LmdbTables& tables_;
  const CatalogHead& head_;
};

}  // namespace

StorageResult<LmdbCatalog::Census> LmdbCatalog::Verify() const {
  const auto read = env_->BeginRead();
  if (!read) return std::unexpected(read.error());
  const auto head = ReadHead(read->txn());
  if (!head) return std::unexpected(head.error());
  return Verifier(read->txn(), tables_, *head).Run();
}

}  // namespace thalweg
