// The bytes of a stream that are in memory, and where its appends end. What is before them stands
// in segments, or in the stream's source.
//
// Bytes stand in chunks that grow geometrically and are only ever written behind what was
// published, so that pages and copies share them while writers go on. A chunk holds whole appends
// and is one allocation: bytes from its front, where appends end from its back. What an append to
// the last chunk needs to know stands here, so that it waits for no memory but this: with the
// chunk and a vector of ends elsewhere, an append to one of 15,000 streams took 0.8 us more.
//
// A value; a copy holds what the original held then. Guarded by the partition of its stream; copies
// and the Bytes given out may go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/boxed.h"
#include "engine/tail_arena.h"
#include "stream/offset.h"
#include "thalweg/bytes.h"

namespace thalweg {

inline constexpr size_t kChunkBytesMin = 64;
inline constexpr size_t kChunkBytesMax = 64u << 10;

// The memory of a long append alone, made before any lock is taken; null for what fits a chunk.
using LongAppend = std::shared_ptr<char[]>;
LongAppend CopyIfLong(std::string_view data);
// The memory of `text`, moved away from it, where that may serve as an append's: views of it stay
// valid. Null, and `text` as it was, where it would not pay: for what is short, or has much more
// memory than bytes.
LongAppend AdoptIfLong(std::string& text);

class TailBytes {
 public:
  explicit TailBytes(Offset start) : start_(start), last_{.data = nullptr, .base = start.value} {}

  Offset start() const { return start_; }
  Offset end() const { return last_.end(); }

  // Adds one append. REQUIRES: not empty; `memory` holds it, or is null. Chunks come from `arena`;
  // null: each is allocated.
  void Append(std::string_view data, LongAppend memory = nullptr, TailArena* arena = nullptr);

  // What Visit is to show first is on its way into the processor's cache; so much of it, at least,
  // that what follows is fetched by the processor itself.
  void PrefetchBegin() const;

  // Where the next append is to stand is on its way into the processor's cache.
  void PrefetchEnd() const;

  // The next append begins a chunk.
  void EndChunk() { last_.is_full = true; }

  // Whether `at` is the start or the end of an append. REQUIRES: start() <= at <= end().
  bool IsBoundary(Offset at) const;

  // How much Collect is to give, and where what it gave ends.
  struct Portion {
    size_t bytes_max = 0;       // yet at least one append where there are no parts before it
    size_t part_bytes_max = 0;  // but of a longer one only so much; 0: all of it
  };

  struct Collected {
    Offset end;
    bool ends_inside = false;  // an append
  };

  // Adds to `parts` whole appends from `from` to `limit`, or a part of a long one. `ends` (null:
  // not asked for) gets where each append ends. `from` may lie inside an append. REQUIRES: `limit`
  // is a boundary, start() <= from <= limit <= end().
  Collected Collect(Offset from, Offset limit, Portion portion, std::vector<Bytes>& parts,
                    std::vector<Offset>* ends = nullptr) const;

  // Appends that stand together; `ends` are relative to the beginning of `bytes`.
  struct Piece {
    std::string_view bytes;
    std::span<const uint32_t> ends;
  };

  // Calls `visit` with everything from start() to end(), until it says no.
  void Visit(const std::function<bool(const Piece&)>& visit) const;

  // Forgets what is before `at`. Returns the chunks that nobody needs any more, to be freed outside
  // the lock.
  // REQUIRES: a boundary, start() <= at <= end().
  [[nodiscard]] TailBytes DropTo(Offset at);

 private:
  struct Chunk {
    Offset end() const { return {base + used}; }
    // Where the append `index` ends, relative to base. REQUIRES: index < appends.
    uint32_t EndOf(uint32_t index) const;
    // The first append that ends behind `bytes`; `appends` where none does.
    uint32_t FirstEndingBehind(uint64_t bytes) const;
    // Where the last append within the first `bytes` ends; 0: none does.
    uint32_t BoundaryWithin(uint64_t bytes) const;
    // Where the append that begins at `begin` ends.
    uint32_t BoundaryAfter(uint32_t begin) const;
    // Adds where the appends between `begin` and `end` end.
    void CollectEnds(uint32_t begin, uint32_t end, std::vector<Offset>& out) const;
    // Whether there is room for one more append, of these bytes.
    bool HasRoom(size_t bytes) const;
    // Of what EndOf reads. The last append has no place: it ends where the bytes do.
    size_t EndPlace(uint32_t index) const;

    std::shared_ptr<char[]> data;  // null: there is no chunk
    uint64_t base = 0;             // offset of its first byte
    uint32_t used = 0;
    uint32_t appends = 0;
    uint32_t capacity = 0;  // bytes and ends; 0 where `data` is the memory of one append
    bool is_full = false;   // takes no more, whatever room it has
  };

  void BeginChunk(size_t append_bytes, LongAppend memory, TailArena* arena);
  size_t chunks() const { return earlier_count() + (last_.data != nullptr ? 1 : 0); }
  size_t earlier_count() const { return earlier_ ? earlier_->size() : 0; }
  const Chunk& ChunkOf(size_t index) const {
    return index < earlier_count() ? (*earlier_)[index] : last_;
  }
  size_t ChunkAt(Offset at) const;

  Offset start_;
  Chunk last_;                         // is being filled
  Boxed<std::vector<Chunk>> earlier_;  // the first may hold bytes that were forgotten
};

}  // namespace thalweg
