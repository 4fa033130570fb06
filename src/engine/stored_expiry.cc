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
  const auto due = store.catalog().Due(now.wall_ms, looked_at_, limit);
  if (!due) return std::unexpected(due.error());
  for (const ExpiryDue& one : *due) {
    looked_at_ = one;
    const auto stream = loader_.Find(one.id);
    if (!stream) return std::unexpected(stream.error());
    if (*stream != nullptr) Look(*stream, now);
  }
  return !due->empty();
}

// One that is due later after all counts as changed, so that the next checkpoint tells the catalog.
void StoredExpiry::Look(const StreamHandle& stream, Moment now) {
  Aftermath after;
  {
    std::lock_guard lock(stream->home.mutex);
    table_.ExpireIfDue(stream, now, after);
    if (!stream->gone && stream->due_ms && *stream->due_ms <= now.wall_ms) {
      table_.BeforeChange(stream);
    }
  }
  table_.Finish(after);
}

}  // namespace thalweg
