// A partition: a lock and the streams it guards.
//
// Crosses threads: every member is guarded by the mutex. A command locks at most two partitions, a
// checkpoint all of them for an instant; always in the order of their index.
#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <tsl/robin_set.h>

#include "base/keyed_hash.h"
#include "base/timer_wheel.h"
#include "engine/read.h"
#include "engine/removals.h"
#include "engine/tail_arena.h"
#include "thalweg/stats.h"

namespace thalweg {

// A path with its hash, which is computed once and outside any lock. Borrows the path.
struct PathKey {
  explicit PathKey(std::string_view text) : path(text), hash(KeyedHash(text)) {}
  bool operator==(const PathKey& other) const { return path == other.path; }

  std::string_view path;
  size_t hash;
};

// A stream is found by its path, which stands in it.
struct HashOfPath {
  size_t operator()(const PathKey& key) const { return key.hash; }
  size_t operator()(size_t hash) const { return hash; }
  size_t operator()(const StreamHandle& stream) const;
};
struct SamePath {
  using is_transparent = void;
  bool operator()(const StreamHandle& a, const StreamHandle& b) const;
  bool operator()(const StreamHandle& a, const PathKey& b) const;
  bool operator()(const PathKey& a, const StreamHandle& b) const { return (*this)(b, a); }
  // By its hash alone, which takes no memory but the table's: almost always the stream that is
  // meant.
  bool operator()(const StreamHandle& /*a*/, size_t /*hash*/) const { return true; }
  bool operator()(size_t /*hash*/, const StreamHandle& /*b*/) const { return true; }
};

// One probe of memory tells that a path is not there: hashes stand beside the handles.
using StreamSet =
    tsl::robin_set<StreamHandle, HashOfPath, SamePath, std::allocator<StreamHandle>, true>;

// The table takes 30 to 60 bytes for a stream; with 0.5, 48 to 96, and was no faster.
inline constexpr float kLoadFactorMax = 0.8f;

inline constexpr int64_t kExpiryResolutionMs = 100;

struct Partition {
  Partition(size_t partition_index, int64_t steady_ms)
      : index(partition_index), expiries(kExpiryResolutionMs, steady_ms) {
    streams.max_load_factor(kLoadFactorMax);
  }

  const size_t index;
  mutable std::mutex mutex;
  TimerWheel expiries;            // outlives the streams: their timers stand in it
  std::vector<StreamEntry*> due;  // filled while `expiries` advances
  StreamSet streams;
  uint64_t extra_bytes = 0;  // ExtraBytes of all of them
  ChangeStats changes;       // of commands, not of what was replayed
  int64_t grown_by = 0;      // streams that came, less those that vanished, replayed or not
  Removals removals;         // of streams that vanished from here

  // For checkpoints (checkpoint.h); without them, none of it is used.
  TailArena tails;                    // of what changes in this epoch
  uint64_t epoch = 0;                 // grows with each one; 0: there are none
  std::vector<StreamHandle> changed;  // in this epoch, each once
  std::unordered_set<uint64_t> gone;  // ids that vanished and that the store may still have
  size_t sweep_next = 0;              // of `streams`: where eviction goes on
};

}  // namespace thalweg
