// Crosses threads: see the header.
#include "engine/expected_streams.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/prefetch.h"

namespace thalweg {
namespace {

// Fewer, in all partitions together, stay in the processor's cache by themselves.
constexpr size_t kStreamsMin = 128;

// So many at a time: about what a core can wait for at once.
constexpr size_t kTogether = 16;

// Locks of partitions. Who holds one must not wait for another, so one that is taken is left alone.
class FreeLocks {
 public:
  FreeLocks() = default;
  FreeLocks(const FreeLocks&) = delete;
  FreeLocks& operator=(const FreeLocks&) = delete;
  ~FreeLocks() {
    for (size_t i = 0; i < count_; ++i) held_[i]->mutex.unlock();
  }

  // Whether the partition is ours. REQUIRES: called for at most kTogether of them.
  bool Take(Partition& partition) {
    const auto end = held_.begin() + static_cast<ptrdiff_t>(count_);
    if (std::find(held_.begin(), end, &partition) != end) return true;
    if (!partition.mutex.try_lock()) return false;
    held_[count_++] = &partition;
    return true;
  }

 private:
  std::array<Partition*, kTogether> held_;
  size_t count_ = 0;
};

// Each step asks for what the step before has brought the address of. To take a lock waits for all
// that was read before, so they are taken first, and the reads wait together.
void ExpectTogether(StreamTable& table, std::span<const std::string_view> paths) {
  FreeLocks locks;
  struct Look {
    Partition* partition;
    size_t hash;
  };
  std::array<Look, kTogether> looks;
  size_t count = 0;
  for (const std::string_view path : paths) {
    const PathKey key(path);
    Partition& partition = table.PartitionOf(key);
    if (locks.Take(partition)) looks[count++] = {&partition, key.hash};
  }
  std::array<const StreamEntry*, kTogether> streams;
  size_t found = 0;
  for (const Look& look : std::span(looks).first(count)) {
    const StreamSet& all = look.partition->streams;
    if (all.size() < kStreamsMin / table.partitions().size()) continue;
    const auto it = all.find(look.hash);
    if (it == all.end()) continue;
    streams[found++] = it->get();
    Prefetch(it->get(), sizeof(StreamEntry));
  }
  for (const StreamEntry* stream : std::span(streams).first(found)) {
    Prefetch(stream->state.path.data(), stream->state.path.size());
    stream->own.PrefetchEnd();
  }
}

}  // namespace

void ExpectStreams(StreamTable& table, std::span<const std::string_view> paths) {
  while (!paths.empty()) {
    const size_t count = std::min(paths.size(), kTogether);
    ExpectTogether(table, paths.first(count));
    paths = paths.subspan(count);
  }
}

}  // namespace thalweg
