// Crosses threads: see the header.
#include "testing/sim_catalog.h"

#include <algorithm>

namespace thalweg {

void SimCatalog::FailNextCommit(bool is_shortage) {
  std::lock_guard lock(mutex_);
  next_fault_ = StorageFault{.kind = StorageFault::Kind::kDisk,
                             .message = "the catalog was told to fail",
                             .is_shortage = is_shortage};
}

void SimCatalog::BehindNextList(std::function<void()> meanwhile) {
  std::lock_guard lock(mutex_);
  behind_list_ = std::move(meanwhile);
}

void SimCatalog::FailFindsAfter(uint64_t finds) {
  std::lock_guard lock(mutex_);
  finds_left_ = finds;
}

StorageResult<CatalogHead> SimCatalog::Head() const {
  std::lock_guard lock(mutex_);
  return head_;
}

StorageResult<std::optional<CatalogEntry>> SimCatalog::Find(std::string_view path) const {
  std::lock_guard lock(mutex_);
  const auto it = by_path_.find(path);
  if (it == by_path_.end()) return std::nullopt;
  return by_id_.at(it->second);
}

StorageResult<std::optional<CatalogEntry>> SimCatalog::Find(StreamId id) const {
  std::lock_guard lock(mutex_);
  if (finds_left_ == 0) return DamageFault("the catalog was told to fail");
  --finds_left_;
  const auto it = by_id_.find(id.value);
  if (it == by_id_.end()) return std::nullopt;
  return it->second;
}

StorageResult<std::vector<CatalogEntry>> SimCatalog::List(std::string_view prefix,
                                                          std::string_view after,
                                                          size_t limit) const {
  std::vector<CatalogEntry> found;
  std::function<void()> meanwhile;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [path, id] : by_path_) {
      if (found.size() < limit && path.starts_with(prefix) && path > after) {
        found.push_back(by_id_.at(id));
      }
    }
    meanwhile = std::exchange(behind_list_, nullptr);
  }
  if (meanwhile) meanwhile();
  return found;
}

StorageResult<std::vector<StreamId>> SimCatalog::Ids(StreamId after, size_t limit) const {
  std::lock_guard lock(mutex_);
  std::vector<StreamId> ids;
  for (auto it = by_id_.upper_bound(after.value); it != by_id_.end() && ids.size() < limit; ++it) {
    ids.push_back(StreamId{it->first});
  }
  return ids;
}

StorageResult<uint64_t> SimCatalog::Count() const {
  std::lock_guard lock(mutex_);
  return by_id_.size();
}

StorageResult<std::vector<ExpiryDue>> SimCatalog::Due(int64_t at_ms, ExpiryDue after,
                                                      size_t limit) const {
  std::lock_guard lock(mutex_);
  std::vector<ExpiryDue> due;
  for (const auto& [id, entry] : by_id_) {
    if (!entry.due_ms || *entry.due_ms > at_ms) continue;
    const ExpiryDue one{*entry.due_ms, StreamId{id}};
    if (one > after) due.push_back(one);
  }
  std::ranges::sort(due);
  due.resize(std::min(due.size(), limit));
  return due;
}

StorageResult<void> SimCatalog::Commit(const CatalogBatch& batch) {
  std::lock_guard lock(mutex_);
  if (auto fault = std::exchange(next_fault_, std::nullopt)) {
    return std::unexpected(*std::move(fault));
  }
  for (const StreamId id : batch.removed) {
    const auto it = by_id_.find(id.value);
    if (it == by_id_.end()) continue;
    by_path_.erase(it->second.path);
    by_id_.erase(it);
  }
  for (const CatalogEntry& entry : batch.put) {
    by_path_[entry.path] = entry.id.value;
    by_id_[entry.id.value] = entry;
  }
  head_ = batch.head;
  return {};
}

}  // namespace thalweg
