#include "engine/memory_trimmer.h"

#include <malloc.h>

#include "engine/eviction.h"
#include "engine/stream_cost.h"

namespace thalweg {
namespace {

constexpr int64_t kCrowdEveryMs = 1'000;  // streams are counted
// To give memory back stops whoever allocates, for 4 ms after 30 MB.
constexpr uint64_t kWorthGivingBackBytes = 1u << 20;
constexpr int64_t kGiveBackEveryMs = 60'000;

}  // namespace

void MemoryTrimmer::Step(int64_t now_ms) {
  if (IsLookDue(now_ms) || now_ms >= crowd_at_ms_) Evict(now_ms);
  GiveBackIfDue(now_ms);
}

void MemoryTrimmer::OnCheckpoint(uint64_t bytes, int64_t now_ms) {
  freed_bytes_ += bytes;
  crowd_above_ = options_.streams_max;
  Evict(now_ms);
}

void MemoryTrimmer::Evict(int64_t now_ms) {
  crowd_at_ms_ = now_ms + kCrowdEveryMs;
  size_t evicted = 0;
  if (IsLookDue(now_ms)) {
    looked_ms_ = now_ms;
    crowd_above_ = options_.streams_max;
    evicted += engine_.EvictUnused();
  }
  const size_t count = engine_.WeightInMemory();
  if (count > crowd_above_) {
    const size_t excess = count - options_.streams_max;
    const size_t dropped = engine_.EvictSome(excess);
    // To look at all that cannot go is dear. A checkpoint lets more go, or the next look.
    if (dropped < excess) crowd_above_ = count - dropped + options_.streams_max / 4;
    evicted += dropped;
  }
  freed_bytes_ += evicted * kStreamInMemoryBytes;
}

void MemoryTrimmer::GiveBackIfDue(int64_t now_ms) {
  if (freed_bytes_ < kWorthGivingBackBytes || now_ms - gave_back_ms_ < kGiveBackEveryMs) return;
  gave_back_ms_ = now_ms;
  freed_bytes_ = 0;
  malloc_trim(0);  // of the C library's allocator; the program's does so by itself
}

}  // namespace thalweg
