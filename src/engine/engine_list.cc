// Lists streams by path: those in memory first, then those that only the store has. One that was
// in neither when it was looked there has come or gone meanwhile: streams leave memory for the
// store, and a checkpoint takes out of the store only what was removed.
#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "engine/engine_access.h"
#include "storage/stored_stream.h"
#include "stream/expiry.h"

namespace thalweg {
namespace {

constexpr size_t kCatalogPage = 1'024;

bool IsAlive(const StreamEntry& stream, Moment now) {
  return !stream.gone && !stream.state.soft_deleted &&
         (stream.IsKeptByWatchers() ||
          !IsExpired(stream.state.config->expiry, stream.used_steady_ms, now));
}

// The same of the stream `id`, which only the store has.
StorageResult<bool> IsAlive(StreamStore& store, StreamId id, ConfigPool& configs, Moment now) {
  const auto stored = store.Find(id);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return false;  // removed meanwhile
  const auto restored = Restore(**stored, configs);
  if (!restored) return std::unexpected(restored.error());
  const StreamState& state = restored->state;
  const int64_t used_ms = LatestUseMs(state.config->expiry, state.accessed_steady_ms);
  return !state.soft_deleted && !IsExpired(state.config->expiry, used_ms, now);
}

// Whether a listing shows `stream`, which stands in memory. `rests_on` is raised to what that rests
// on: its creation, or the removal of one that is held by forks alone.
bool IsListedInMemory(StreamEntry& stream, Moment now, Lsn durable, Lsn& rests_on) {
  if (stream.state.soft_deleted) rests_on = std::max(rests_on, stream.last);
  if (!IsAlive(stream, now)) return false;
  rests_on = std::max(rests_on, stream.visible.At(durable).lsn);
  return true;
}

// The first `limit` paths, in order and each once, of those that were offered.
class FirstPaths {
 public:
  explicit FirstPaths(size_t limit) : limit_(limit) {}

  void Offer(const std::string& path) {
    if (!Wants(path)) return;
    paths_.insert(path);
    if (paths_.size() > limit_) paths_.erase(std::prev(paths_.end()));
  }

  // Whether `path` or one behind it could still be among them.
  bool Wants(std::string_view path) const {
    return paths_.size() < limit_ || (limit_ != 0 && path < *paths_.rbegin());
  }

  std::vector<std::string> Take() {
    std::vector<std::string> paths;
    paths.reserve(paths_.size());
    while (!paths_.empty()) paths.push_back(std::move(paths_.extract(paths_.begin()).value()));
    return paths;
  }

 private:
  const size_t limit_;
  std::set<std::string> paths_;
};

template <typename IsListed>
StorageResult<void> OfferStored(const Catalog& catalog, std::string_view prefix,
                                std::string_view after, IsListed is_listed, FirstPaths& first) {
  std::string behind(after);
  for (;;) {
    const auto page = catalog.List(prefix, behind, kCatalogPage);
    if (!page) return std::unexpected(page.error());
    for (const CatalogEntry& entry : *page) {
      if (!first.Wants(entry.path)) return {};
      if (is_listed(entry)) first.Offer(entry.path);
    }
    if (page->size() < kCatalogPage) return {};
    behind = page->back().path;
  }
}

}  // namespace

// Whether `entry`, which the catalog has, is of a stream that is there. One that cannot be read is.
// `rests_on` is raised to what that rests on.
bool Engine::IsListed(const CatalogEntry& entry, Moment now, Lsn& rests_on) {
  const PathKey key(entry.path);
  Partition& partition = streams_->PartitionOf(key);
  {
    std::lock_guard lock(partition.mutex);
    const auto it = partition.streams.find(key);
    if (it != partition.streams.end()) return IsListedInMemory(**it, now, durable(), rests_on);
    if (partition.gone.contains(entry.id.value)) {
      rests_on = std::max(rests_on, partition.removals.last());
      return false;
    }
  }
  const auto is_alive = IsAlive(*store_.streams, entry.id, streams_->configs(), now);
  if (is_alive) return *is_alive;
  TellUnreadable(key.path, is_alive.error());
  return true;
}

ListOutcome Engine::List(std::string_view prefix, std::string_view after, size_t limit) {
  const Moment now = streams_->Now();
  ListOutcome outcome;
  FirstPaths first(limit);
  for (const auto& partition : streams_->partitions()) {
    std::vector<StreamHandle> found;
    {
      std::lock_guard lock(partition->mutex);
      outcome.rests_on = std::max(outcome.rests_on, partition->removals.last());
      for (const StreamHandle& stream : partition->streams) {
        const std::string& path = stream->state.path;
        if (!path.starts_with(prefix) || path <= after) continue;
        if (IsListedInMemory(*stream, now, durable(), outcome.rests_on)) found.push_back(stream);
      }
    }
    for (const StreamHandle& stream : found) first.Offer(stream->state.path);
  }
  if (store_.streams != nullptr) {
    const auto offered = OfferStored(
        store_.streams->catalog(), prefix, after,
        [&](const CatalogEntry& entry) { return IsListed(entry, now, outcome.rests_on); }, first);
    if (!offered) {
      TellUnreadable(offered.error());
      outcome.trouble = Trouble::kUnreadable;
    }
  }
  outcome.paths = first.Take();
  return outcome;
}

}  // namespace thalweg
