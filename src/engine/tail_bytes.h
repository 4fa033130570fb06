// The bytes of a stream that are in memory, and where its appends end. What is before them stands
// in segments, or in the stream's source.
//
// Bytes stand in chunks that grow geometrically and are only ever written behind what was
// published, so that pages share them without a copy while writers go on. A chunk holds whole
// appends. Guarded by the partition of its stream; the Bytes given out may go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "stream/offset.h"
#include "thalweg/bytes.h"

namespace thalweg {

inline constexpr size_t kChunkBytesMin = 64;
inline constexpr size_t kChunkBytesMax = 64u << 10;

// A long append, copied before any lock is taken; null for what fits a chunk.
using LongAppend = std::shared_ptr<char[]>;
LongAppend CopyIfLong(std::string_view data);

// Appends that stand together in memory, shared: `ends` are relative to the beginning of `bytes`.
struct TailPiece {
  Bytes bytes;
  std::vector<uint32_t> ends;
};

class TailBytes {
 public:
  // Appends that stand together. Opaque to others, who may only destroy it.
  struct Chunk {
    uint32_t used() const { return ends.empty() ? 0 : ends.back(); }
    // Where the last append within the first `bytes` ends; 0: none does.
    uint32_t BoundaryWithin(uint64_t bytes) const;
    // Where the append that begins at `begin` ends.
    uint32_t BoundaryAfter(uint32_t begin) const;
    // Adds where the appends between `begin` and `end` end.
    void CollectEnds(uint32_t begin, uint32_t end, std::vector<Offset>& out) const;

    std::shared_ptr<char[]> data;
    uint64_t base = 0;  // offset of its first byte
    uint32_t capacity = 0;
    std::vector<uint32_t> ends;  // of the appends, relative to base; never empty
  };

  explicit TailBytes(Offset start) : start_(start), end_(start) {}

  Offset start() const { return start_; }
  Offset end() const { return end_; }

  // Adds one append. REQUIRES: not empty; `copy` is null or CopyIfLong(data).
  void Append(std::string_view data, LongAppend copy = nullptr);

  // Whether `at` is the start or the end of an append. REQUIRES: start() <= at <= end().
  bool IsBoundary(Offset at) const;

  // Adds to `parts` whole appends from `from` to `limit`, at most `bytes_max` bytes, yet at least
  // one where `parts` is empty; returns where they end. `ends` (null: not asked for) gets where
  // each append ends. REQUIRES: both are boundaries, start() <= from <= limit <= end().
  Offset Collect(Offset from, Offset limit, size_t bytes_max, std::vector<Bytes>& parts,
                 std::vector<Offset>* ends = nullptr) const;

  // Everything from start() to end().
  std::vector<TailPiece> Share() const;

  // Forgets what is before `at`. Returns the memory that held it, to be freed outside the lock.
  // REQUIRES: a boundary, start() <= at <= end().
  [[nodiscard]] std::vector<Chunk> DropTo(Offset at);

 private:
  void AddChunk(size_t append_bytes, LongAppend copy);
  size_t ChunkAt(Offset at) const;

  Offset start_;
  Offset end_;
  std::vector<Chunk> chunks_;
};

}  // namespace thalweg
