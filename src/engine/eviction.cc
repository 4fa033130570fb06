// Crosses threads: see the header.
#include "engine/eviction.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/stream_cost.h"

namespace thalweg {
namespace {

constexpr size_t kStreamsPerLook = 1'024;
// Through all partitions: the next takes of the others what some did not have. Without a bound it
// would go on where hardly any can go for as long as others are loaded.
constexpr int kRoundsMax = 3;

bool CanGo(const StreamHandle& stream) {
  return stream->changed_in == 0 && stream->captured == nullptr && stream->stored &&
         !stream->watched_by && stream.use_count() == 1 && stream->own.start() == stream->own.end();
}

size_t WeightOf(const StreamEntry& stream) {
  return 1 + ExtraBytes(stream.state) / kStreamInMemoryBytes;
}

struct Look {
  size_t evicted = 0;   // by weight
  bool at_end = false;  // of the partition; the next look begins at its front
};

// Looks at some streams of the partition and drops those that were not used since the last look,
// until they weigh `limit`.
Look EvictWithin(Partition& partition, size_t limit) {
  std::vector<StreamHandle> evicted;  // destroyed outside the lock, but for their timers
  size_t weight = 0;
  std::lock_guard lock(partition.mutex);
  auto& streams = partition.streams;
  size_t at = std::min(partition.sweep_next, streams.size());
  const size_t end = std::min(at + kStreamsPerLook, streams.size());
  for (auto it = std::next(streams.begin(), at); at < end && weight < limit; ++at, ++it) {
    if (std::exchange((*it)->used, false) || !CanGo(*it)) continue;
    evicted.push_back(*it);
    weight += WeightOf(**it);
  }
  for (const StreamHandle& stream : evicted) {
    stream->timer.reset();
    partition.extra_bytes -= ExtraBytes(stream->state);
    streams.erase(stream);
  }
  const bool at_end = at - evicted.size() >= streams.size();
  partition.sweep_next = at_end ? 0 : at - evicted.size();
  return {.evicted = weight, .at_end = at_end};
}

// Drops streams of the partition that weigh `limit`, where so many can go. Looks from where it was
// left to its end, and then twice from its front: where the first time finds everything used, the
// second time does not.
size_t EvictAround(Partition& partition, size_t limit) {
  size_t evicted = 0;
  for (int ends_left = 3; evicted < limit && ends_left != 0;) {
    const Look look = EvictWithin(partition, limit - evicted);
    evicted += look.evicted;
    if (look.at_end) --ends_left;
  }
  return evicted;
}

}  // namespace

size_t WeightInMemory(const StreamTable& table) {
  return table.size() + table.extra_bytes() / kStreamInMemoryBytes;
}

size_t EvictUnused(StreamTable& table) {
  size_t evicted = 0;
  for (const auto& partition : table.partitions()) {
    partition->sweep_next = 0;
    for (bool at_end = false; !at_end;) {
      const Look look = EvictWithin(*partition, kStreamsPerLook);
      evicted += look.evicted;
      at_end = look.at_end;
    }
  }
  return evicted;
}

size_t EvictSome(StreamTable& table, size_t count) {
  size_t evicted = 0;
  for (int round = 0; round < kRoundsMax && evicted < count; ++round) {
    size_t partitions_left = table.partitions().size();
    for (const auto& partition : table.partitions()) {
      if (evicted >= count) break;
      const size_t share = (count - evicted + partitions_left - 1) / partitions_left;
      evicted += EvictAround(*partition, share);
      --partitions_left;
    }
  }
  return evicted;
}

}  // namespace thalweg
