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

// How many streams there are, where one that takes more than kStreamInMemoryBytes counts as so many
// more as that would hold.
size_t WeightInMemory(const StreamTable& table);

// Drops what nobody has used since the last call. Returns how many, counted so.
size_t EvictUnused(StreamTable& table);

// Drops `count` streams, counted so, or fewer where not so many can go: of each partition its share
// of what is left to drop, and there those first that were not used since they were looked at last.
// Where the last call has left off, this one goes on. Returns how many, counted so.
size_t EvictSome(StreamTable& table, size_t count);

}  // namespace thalweg
