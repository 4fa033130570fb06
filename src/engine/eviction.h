// Which streams leave memory for the store: those that nobody uses, and more where there are too
// many.
//
// Crosses threads: commands go on meanwhile; called by one thread at a time. Takes the lock of one
// partition for a part of its streams at a time. A stream that has changed since the last
// checkpoint, is watched or is held stays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/stream_table.h"

namespace thalweg {

// What a stream takes that the store has all of: about 410 bytes, its place in the table of paths
// included (docs/BENCHMARKS.md); more is counted, for paths that are longer. One that has producers
// counts as so many streams more as these take.
inline constexpr uint64_t kStreamInMemoryBytes = 448;

// How many streams there are, counted so.
size_t WeightInMemory(const StreamTable& table);

// Drops what nobody has used since the last call. Returns how many, counted so.
size_t EvictUnused(StreamTable& table);

// Drops `count` streams, counted so, or fewer where not so many can go: of each partition its share
// of what is left to drop, and there those first that were not used since they were looked at last.
// Where the last call has left off, this one goes on. Returns how many, counted so.
size_t EvictSome(StreamTable& table, size_t count);

}  // namespace thalweg
