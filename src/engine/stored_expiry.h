// Ends streams whose time has come while they were not in memory.
//
// Crosses threads: commands go on meanwhile; Step is called by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/stream_loader.h"
#include "engine/stream_table.h"
#include "storage/fault.h"

namespace thalweg {

class StoredExpiry {
 public:
  // REQUIRES: both outlive it.
  StoredExpiry(StreamTable& table, StreamLoader& loader) : table_(table), loader_(loader) {}

  // Looks at up to `limit` more streams that are due by the catalog, which says only that their
  // time has not come before. False: there was none. A fault: some of them cannot be read; the
  // others were looked at, and the next call goes on behind them. REQUIRES: the table has a store.
  [[nodiscard]] StorageResult<bool> Step(size_t limit);

  // The wall clock was set back: of what was stored before, the catalog says a time too late. Step
  // then also looks once at whatever has a due time, so that it is put right. THREAD: Step's.
  void LookAtAll() { all_looked_at_ = kFirst; }

 private:
  static constexpr ExpiryDue kFirst{.at_ms = INT64_MIN, .id = {}};

  StorageResult<bool> LookAtSome(int64_t at_ms, ExpiryDue& looked_at, Moment now, size_t limit);
  void Look(const StreamHandle& stream, Moment now);

  StreamTable& table_;
  StreamLoader& loader_;
  ExpiryDue looked_at_ = kFirst;            // the last one …
  uint64_t version_ = 0;                    // … in this version of the store
  std::optional<ExpiryDue> all_looked_at_;  // of all, the last one; null: all that is needed
};

}  // namespace thalweg
