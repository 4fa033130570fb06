// LmdbCatalog::Verify, in one transaction.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/little_endian.h"
#include "storage/lmdb_catalog.h"
#include "storage/lmdb_env.h"

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

// Two tables that LMDB has by itself: this one, and that of the others.
constexpr MDB_dbi kFreeTable = 0;
constexpr MDB_dbi kTableOfTables = 1;
constexpr uint64_t kFirstPage = 2;  // before it: what says where the tables begin

// The pages that LMDB will write anew, which it keeps in a table of its own, whose rows have no
// checksum. Each page of the file is used or free, and no free one stands there twice: else commits
// would overwrite what is in use.
class FreePages {
 public:
  FreePages(MDB_txn* txn, const LmdbTables& tables) : txn_(txn), tables_(tables) {
    MDB_envinfo info;
    mdb_env_info(mdb_txn_env(txn), &info);
    pages_ = info.me_last_pgno + 1;
    is_newest_ = info.me_last_txnid == mdb_txn_id(txn);
    is_free_.resize(pages_);
  }

  StorageResult<void> Verify() {
    if (const auto read = ReadRows(); !read) return read;
    uint64_t used = 0;
    for (const MDB_dbi table :
         {kFreeTable, kTableOfTables, tables_.paths, tables_.ids, tables_.due, tables_.meta}) {
      MDB_stat stat;
      if (const int code = mdb_stat(txn_, table, &stat); code != 0) return Refused(code);
      used += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    // How many there are is known of the last commit only.
    if (!is_newest_ || kFirstPage + used + free_ == pages_) return {};
    return Bad("of " + std::to_string(pages_) + " pages " + std::to_string(kFirstPage + used) +
               " are used and " + std::to_string(free_) + " free");
  }

 private:
  struct Closer {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
  };

  StorageResult<void> ReadRows() {
    MDB_cursor* opened = nullptr;
    if (const int code = mdb_cursor_open(txn_, kFreeTable, &opened); code != 0) {
      return Refused(code);
    }
    const std::unique_ptr<MDB_cursor, Closer> cursor(opened);
    MDB_val key, value;
    int code = 0;
    while ((code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) == 0) {
      const auto looked = LookAtRow({static_cast<const char*>(value.mv_data), value.mv_size});
      if (!looked) return looked;
    }
    if (code != MDB_NOTFOUND) return Refused(code);
    return {};
  }

  // How many pages, and their numbers, the greatest first.
  StorageResult<void> LookAtRow(std::string_view row) {
    constexpr size_t kNumberBytes = sizeof(uint64_t);
    if (row.size() < kNumberBytes) return Bad("a row without a number of pages");
    const auto count = Get<uint64_t>(row, 0);
    if (count > row.size() / kNumberBytes - 1) return Bad("more pages than a row has room for");
    uint64_t before = pages_;
    for (uint64_t i = 1; i <= count; ++i) {
      const auto page = Get<uint64_t>(row, i * kNumberBytes);
      if (page < kFirstPage || page >= before) {
        return Bad("page " + std::to_string(page) + " is none, or is out of order");
      }
      if (is_free_[page]) return Bad("page " + std::to_string(page) + " stands there twice");
      is_free_[page] = true;
      before = page;
    }
    free_ += count;
    return {};
  }

  std::unexpected<StorageFault> Bad(const std::string& what) const {
    return DamageFault(tables_.path + ": damage in the list of free pages: " + what);
  }

  std::unexpected<StorageFault> Refused(int code) const {
    return LmdbFault(code, tables_.path + ": read the list of free pages");
  }

  MDB_txn* const txn_;
  const LmdbTables& tables_;
  uint64_t pages_ = 0;      // of the file, that were ever written
  bool is_newest_ = false;  // the transaction sees the last commit
  std::vector<bool> is_free_;
  uint64_t free_ = 0;
};

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
    if (*ids != *streams) return MorePathsOrIds(*streams, *ids);
    const auto due = walk(CatalogTable::kDue, &Verifier::LookAtDue);
    if (!due) return std::unexpected(due.error());
    if (const auto free = FreePages(txn_, tables_).Verify(); !free) {
      return std::unexpected(free.error());
    }
    return LmdbCatalog::Census{.streams = *streams, .due = *due};
  }

 private:
  StorageResult<void> LookAtHead() const {
    const auto bad = [this](std::string_view what) {
      return RowDamage(tables_, CatalogTable::kMeta, kHeadKey, what);
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
  std::unexpected<StorageFault> MorePathsOrIds(uint64_t paths, uint64_t ids) const {
    return DamageFault(tables_.path + ": damage: there are " + std::to_string(paths) +
                       " paths, and " + std::to_string(ids) + " ids");
  }

  StorageResult<void> LookAtPath(const LmdbRow& row) const {
    const auto bad = [&](std::string_view what) {
      return RowDamage(tables_, CatalogTable::kPaths, row.key, what);
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
      return RowDamage(tables_, CatalogTable::kIds, row.key, what);
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
      return RowDamage(tables_, CatalogTable::kDue, row.key, what);
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
