#include "storage/memory_log.h"

namespace thalweg {

void MemoryLog::Attach(CommitListener*) {}

Lsn MemoryLog::Stage(const Record&) noexcept { return Lsn{staged_.fetch_add(1) + 1}; }

Lsn MemoryLog::durable() const { return Lsn{staged_.load()}; }

}  // namespace thalweg
