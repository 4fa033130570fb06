// Reading through a chain of forks: what a stream inherits stands in its sources.
//
// Crosses threads: takes the lock of each stream of the chain in turn, never two at once, so
// REQUIRES that the caller holds none.
#pragma once

#include <optional>
#include <vector>

#include "engine/read.h"

namespace thalweg {

struct Stretch {
  bool boundary = true;  // false: `from` lies inside an append; nothing else is set
  std::vector<Bytes> parts;
  Offset end;
};

// Whole appends of `stream`, inherited or its own, from `from` to `limit`, at most `bytes_max`
// bytes, yet at least one. Null: a stream of the chain vanished meanwhile; look again.
// REQUIRES: `limit` is a boundary at or behind `from`.
std::optional<Stretch> ReadHistory(const StreamHandle& stream, Offset from, Offset limit,
                                   size_t bytes_max);

}  // namespace thalweg
