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

// How much the system has begun to read from disks for this thread, in blocks of 512 bytes: what
// was read between two calls that tell the same was in memory. Of file systems without a disk here
// (FUSE, 9p) nothing is told. Costs a call of the system; to look with IsCached costs twenty times
// as much, and replays of what is in memory took a tenth more CPU.
uint64_t DiskReadsOfThread();

}  // namespace thalweg
