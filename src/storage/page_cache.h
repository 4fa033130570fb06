// What the system keeps in memory of a file, by descriptor. -1, a file of a simulated disk, is
// wholly there.
//
// Hints and snapshots: pages come and go at any time. THREAD: any; no state.
#pragma once

#include <cstdint>
#include <span>

namespace thalweg {

// Whether reading these bytes would not wait for the disk.
bool IsCached(int fd, uint64_t at, uint64_t bytes);

// Fills `out` where that waits for nothing; false: it would, or the file cannot be read.
bool ReadIfCached(int fd, uint64_t at, std::span<char> out);

// From now on reads bring only what they ask for to memory, and nothing that stands behind it.
void ExpectRandomReads(int fd);

// Begins to bring these bytes to memory.
void BeginToCache(int fd, uint64_t at, uint64_t bytes);

// How often this thread has waited for the disk because it touched a page of a mapped file that was
// not in memory. Costs a call of the system, 140 ns.
uint64_t MapWaitsOfThread();

}  // namespace thalweg
