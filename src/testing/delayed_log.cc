#include "testing/delayed_log.h"

#include "base/assert.h"

namespace thalweg {

Lsn DelayedLog::Stage(const Record&) noexcept { return Lsn{staged_.fetch_add(1) + 1}; }

void DelayedLog::CommitSilently(Lsn lsn) {
  THALWEG_ASSERT(lsn <= staged());
  if (lsn > durable()) durable_.store(lsn.value);
}

void DelayedLog::CommitUpTo(Lsn lsn) {
  CommitSilently(lsn);
  if (listener_ != nullptr) listener_->OnDurable(durable());
}

}  // namespace thalweg
