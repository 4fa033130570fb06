// Files that limit programs write and sync: their space is there before it is measured, so that a
// sync has data to write and neither a new length nor new blocks.
#pragma once

#include <cstddef>

namespace thalweg::bench {

// An empty file of `bytes` that has its space, which was never written; a log file is made so.
// -1, and errno: it cannot be.
int OpenAllocated(const char* path, size_t bytes);

// The same, each byte written, so that a sync need not even note that a block was written first.
int OpenFilledWithZeros(const char* path, size_t bytes);

}  // namespace thalweg::bench
