// Has streams leave memory in time (eviction.h), and the allocator give back what they took.
//
// Works in steps, called by one thread at a time while commands go on. Part of StoreKeeper.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/engine.h"

namespace thalweg {

struct MemoryTrimmerOptions {
  // Streams leave when they were not used for that age to twice of it; sooner where there are more
  // than so many, as eviction.h counts them.
  int64_t age_ms_max;
  size_t streams_max;
};

class MemoryTrimmer {
 public:
  // REQUIRES: `engine` outlives the trimmer. What is not used was looked for at `looked_ms`, last.
  MemoryTrimmer(Engine& engine, MemoryTrimmerOptions options, int64_t looked_ms)
      : engine_(engine),
        options_(options),
        looked_ms_(looked_ms),
        crowd_above_(options.streams_max) {}

  // Does what is due. All times are of the steady clock.
  void Step(int64_t now_ms);

  // A checkpoint has moved `bytes` to the store, and whose they were may leave.
  void OnCheckpoint(uint64_t bytes, int64_t now_ms);

 private:
  bool IsLookDue(int64_t now_ms) const { return now_ms - looked_ms_ >= options_.age_ms_max; }
  void Evict(int64_t now_ms);
  void GiveBackIfDue(int64_t now_ms);

  Engine& engine_;
  const MemoryTrimmerOptions options_;
  int64_t looked_ms_;                     // for what nobody uses, last
  int64_t crowd_at_ms_ = INT64_MIN;       // streams are counted: not before
  size_t crowd_above_;                    // they are too many that are more, and some can go
  int64_t gave_back_ms_ = INT64_MIN / 2;  // last
  uint64_t freed_bytes_ = 0;              // since then, about
};

}  // namespace thalweg
