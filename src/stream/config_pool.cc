// Crosses threads: see the header.
#include "stream/config_pool.h"

#include <algorithm>
#include <utility>

namespace thalweg {

std::shared_ptr<const StreamConfig> ConfigPool::Share(const CreateRecord& record) {
  if (!MayBeShared(record.expiry, record.source)) {
    return std::make_shared<const StreamConfig>(ConfigOf(record));
  }
  std::lock_guard lock(mutex_);
  const auto same = std::ranges::find_if(
      recent_, [&](const auto& known) { return known != nullptr && IsConfigOf(*known, record); });
  if (same != recent_.end()) return *same;
  recent_[next_] = std::make_shared<const StreamConfig>(ConfigOf(record));
  return recent_[std::exchange(next_, (next_ + 1) % recent_.size())];
}

}  // namespace thalweg
