// Crosses threads: see the header.
#include "engine/stored_expiry.h"

#include <mutex>

namespace thalweg {

StorageResult<bool> StoredExpiry::Step(size_t limit) {
  const StreamStore& store = *table_.store();
  if (const uint64_t version = store.version(); version != version_) {
    version_ = version;
    looked_at_ = kFirst;
  }
  const Moment now = table_.Now();
  const auto more = LookAtSome(now.wall_ms, looked_at_, now, limit);
  if ((more && *more) || !all_looked_at_) return more;
  // What is put right meanwhile moves to the front, and is not to be looked at again: this goes on
  // over versions of the store.
  const auto more_of_all = LookAtSome(INT64_MAX, *all_looked_at_, now, limit);
  if (more_of_all && !*more_of_all) all_looked_at_.reset();
  return more ? more_of_all : more;
}

// Those that the catalog has at or before `at_ms`, behind `looked_at`, which goes on with them.
StorageResult<bool> StoredExpiry::LookAtSome(int64_t at_ms, ExpiryDue& looked_at, Moment now,
                                             size_t limit) {
  const auto due = table_.store()->catalog().Due(at_ms, looked_at, limit);
  if (!due) return std::unexpected(due.error());
  StorageResult<bool> more = !due->empty();
  for (const ExpiryDue& one : *due) {
    looked_at = one;
    const auto stream = loader_.Find(one.id);
    if (!stream) {
      more = std::unexpected(stream.error());  // and holds up no other
    } else if (*stream != nullptr) {
      Look(*stream, now);
    }
  }
  return more;
}

// One whose due time does not hold counts as changed, so that the next checkpoint tells the
// catalog.
void StoredExpiry::Look(const StreamHandle& stream, Moment now) {
  Aftermath after;
  {
    std::lock_guard lock(stream->home.mutex);
    table_.ExpireIfDue(stream, now, after);
    if (!stream->gone && IsDueStale(stream->due_ms, DueMs(*stream, now), now.wall_ms)) {
      table_.BeforeChange(stream);
    }
  }
  table_.Finish(after);
}

}  // namespace thalweg
