#include "engine/tail_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace thalweg {

LongAppend CopyIfLong(std::string_view data) {
  if (data.size() <= kChunkBytesMax) return nullptr;
  auto copy = std::make_shared_for_overwrite<char[]>(data.size());
  std::memcpy(copy.get(), data.data(), data.size());
  return copy;
}

uint32_t TailBytes::Chunk::BoundaryWithin(uint64_t bytes) const {
  auto after = std::upper_bound(ends.begin(), ends.end(), bytes);
  return after == ends.begin() ? 0 : *(after - 1);
}

uint32_t TailBytes::Chunk::BoundaryAfter(uint32_t begin) const {
  auto after = std::upper_bound(ends.begin(), ends.end(), begin);
  THALWEG_ASSERT(after != ends.end());
  return *after;
}

void TailBytes::Chunk::CollectEnds(uint32_t begin, uint32_t end, std::vector<Offset>& out) const {
  const auto first = std::upper_bound(ends.begin(), ends.end(), begin);
  for (auto it = first; it != ends.end() && *it <= end; ++it) out.push_back({base + *it});
}

void TailBytes::Append(std::string_view data, LongAppend copy) {
  THALWEG_ASSERT(!data.empty());
  THALWEG_ASSERT(data.size() <= std::numeric_limits<uint32_t>::max());
  const bool copied = copy != nullptr;
  if (copied || chunks_.empty() || chunks_.back().capacity - chunks_.back().used() < data.size()) {
    AddChunk(data.size(), std::move(copy));
  }
  Chunk& chunk = chunks_.back();
  const uint32_t begin = chunk.used();
  if (!copied) std::memcpy(chunk.data.get() + begin, data.data(), data.size());
  chunk.ends.push_back(begin + static_cast<uint32_t>(data.size()));
  end_.value += data.size();
  THALWEG_ASSERT(chunk.base + chunk.used() == end_.value);
}

void TailBytes::AddChunk(size_t append_bytes, LongAppend copy) {
  size_t capacity = append_bytes;
  if (copy == nullptr) {
    const size_t grown = chunks_.empty() ? 0 : size_t{chunks_.back().capacity} * 2;
    capacity = std::clamp(grown, kChunkBytesMin, kChunkBytesMax);
    capacity = std::max(capacity, std::bit_ceil(append_bytes));
    copy = std::make_shared_for_overwrite<char[]>(capacity);
  }
  chunks_.push_back(Chunk{.data = std::move(copy),
                          .base = end_.value,
                          .capacity = static_cast<uint32_t>(capacity),
                          .ends = {}});
}

// The chunk that holds the byte behind `at`; the number of chunks where `at` is the end.
size_t TailBytes::ChunkAt(Offset at) const {
  if (at == end_) return chunks_.size();
  auto after = std::upper_bound(chunks_.begin(), chunks_.end(), at.value,
                                [](uint64_t value, const Chunk& c) { return value < c.base; });
  THALWEG_ASSERT(after != chunks_.begin());
  return static_cast<size_t>(after - chunks_.begin()) - 1;
}

bool TailBytes::IsBoundary(Offset at) const {
  THALWEG_ASSERT(start_ <= at && at <= end_);
  if (at == end_) return true;
  const Chunk& chunk = chunks_[ChunkAt(at)];
  return chunk.BoundaryWithin(at.value - chunk.base) == at.value - chunk.base;
}

Offset TailBytes::Collect(Offset from, Offset limit, size_t bytes_max, std::vector<Bytes>& parts,
                          std::vector<Offset>* ends) const {
  THALWEG_ASSERT(start_ <= from && from <= limit && limit <= end_);
  for (size_t i = ChunkAt(from); from < limit; ++i) {
    const Chunk& chunk = chunks_[i];
    const auto begin = static_cast<uint32_t>(from.value - chunk.base);
    const uint64_t room = std::min<uint64_t>(limit.value - from.value, bytes_max);
    uint32_t end = chunk.BoundaryWithin(begin + room);
    if (end <= begin) {
      if (!parts.empty()) break;
      end = chunk.BoundaryAfter(begin);
    }
    parts.emplace_back(chunk.data, std::string_view(chunk.data.get() + begin, end - begin));
    if (ends != nullptr) chunk.CollectEnds(begin, end, *ends);
    from.value += end - begin;
    bytes_max -= std::min<size_t>(bytes_max, end - begin);
    if (end < chunk.used()) break;
  }
  return from;
}

std::vector<TailPiece> TailBytes::Share() const {
  std::vector<TailPiece> pieces;
  for (const Chunk& chunk : chunks_) {
    // Only the first may hold bytes that were forgotten.
    const auto begin = static_cast<uint32_t>(std::max(start_.value, chunk.base) - chunk.base);
    if (begin == chunk.used()) continue;
    TailPiece& piece = pieces.emplace_back();
    piece.bytes =
        Bytes(chunk.data, std::string_view(chunk.data.get() + begin, chunk.used() - begin));
    const auto first = std::upper_bound(chunk.ends.begin(), chunk.ends.end(), begin);
    piece.ends.reserve(static_cast<size_t>(chunk.ends.end() - first));
    for (auto end = first; end != chunk.ends.end(); ++end) piece.ends.push_back(*end - begin);
  }
  return pieces;
}

std::vector<TailBytes::Chunk> TailBytes::DropTo(Offset at) {
  THALWEG_ASSERT(start_ <= at && at <= end_ && IsBoundary(at));
  std::vector<Chunk> dropped;
  start_ = at;
  if (at == end_) {
    dropped.swap(chunks_);
    return dropped;
  }
  const auto first_kept = chunks_.begin() + static_cast<ptrdiff_t>(ChunkAt(at));
  dropped.assign(std::make_move_iterator(chunks_.begin()), std::make_move_iterator(first_kept));
  chunks_.erase(chunks_.begin(), first_kept);
  return dropped;
}

}  // namespace thalweg
