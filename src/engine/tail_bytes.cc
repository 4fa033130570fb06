#include "engine/tail_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "base/little_endian.h"
#include "base/prefetch.h"

namespace thalweg {
namespace {

constexpr uint32_t kPrefetchedBytes = 256;  // longer appends are copied as fast as memory goes

// Shorter bodies are copied to where others of their stream stand: a chunk of its own for each
// would cost more.
constexpr size_t kAdoptedBytesMin = 16u << 10;

constexpr size_t kEndBytes = sizeof(uint32_t);

// Of a chunk for so many bytes: one more end for each 64 of them, so that appends of 64 bytes or
// more fill it without a rest.
size_t CapacityFor(size_t bytes) { return bytes + bytes / kChunkBytesMin * kEndBytes; }

}  // namespace

LongAppend CopyIfLong(std::string_view data) {
  if (data.size() <= kChunkBytesMax) return nullptr;
  auto copy = std::make_shared_for_overwrite<char[]>(data.size());
  std::memcpy(copy.get(), data.data(), data.size());
  return copy;
}

LongAppend AdoptIfLong(std::string& text) {
  if (text.size() < kAdoptedBytesMin || text.capacity() - text.size() > text.size() / 16) {
    return nullptr;
  }
  const auto owner = std::make_shared<std::string>(std::move(text));
  return {owner, owner->data()};
}

size_t TailBytes::Chunk::EndPlace(uint32_t index) const {
  return capacity - (index + 1) * kEndBytes;
}

uint32_t TailBytes::Chunk::EndOf(uint32_t index) const {
  return index + 1 == appends ? used : Get<uint32_t>({data.get(), capacity}, EndPlace(index));
}

uint32_t TailBytes::Chunk::FirstEndingBehind(uint64_t bytes) const {
  uint32_t first = 0;
  for (uint32_t count = appends; count > 0;) {
    const uint32_t half = count / 2;
    if (EndOf(first + half) > bytes) {
      count = half;
    } else {
      first += half + 1;
      count -= half + 1;
    }
  }
  return first;
}

uint32_t TailBytes::Chunk::BoundaryWithin(uint64_t bytes) const {
  const uint32_t after = FirstEndingBehind(bytes);
  return after == 0 ? 0 : EndOf(after - 1);
}

uint32_t TailBytes::Chunk::BoundaryAfter(uint32_t begin) const {
  const uint32_t after = FirstEndingBehind(begin);
  THALWEG_ASSERT(after < appends);
  return EndOf(after);
}

void TailBytes::Chunk::CollectEnds(uint32_t begin, uint32_t end, std::vector<Offset>& out) const {
  for (uint32_t i = FirstEndingBehind(begin); i < appends && EndOf(i) <= end; ++i) {
    out.push_back({base + EndOf(i)});
  }
}

bool TailBytes::Chunk::HasRoom(size_t bytes) const {
  return !is_full && used + bytes + appends * kEndBytes <= capacity;
}

void TailBytes::Append(std::string_view data, LongAppend memory, TailArena* arena) {
  THALWEG_ASSERT(!data.empty());
  THALWEG_ASSERT(data.size() <= std::numeric_limits<uint32_t>::max());
  const bool is_there = memory != nullptr;
  if (is_there || !last_.HasRoom(data.size())) BeginChunk(data.size(), std::move(memory), arena);
  Chunk& chunk = last_;
  if (!is_there) std::memcpy(chunk.data.get() + chunk.used, data.data(), data.size());
  if (chunk.appends != 0) {
    Put<uint32_t>(chunk.data.get(), chunk.EndPlace(chunk.appends - 1), chunk.used);
  }
  chunk.used += static_cast<uint32_t>(data.size());
  ++chunk.appends;
}

void TailBytes::PrefetchBegin() const {
  if (chunks() == 0) return;
  const Chunk& first = ChunkOf(0);
  const uint64_t begin = start_.value - std::min(start_.value, first.base);
  Prefetch(first.data.get() + begin, std::min<uint64_t>(first.used - begin, kPrefetchedBytes));
}

void TailBytes::PrefetchEnd() const {
  if (last_.used >= last_.capacity) return;
  Prefetch(last_.data.get() + last_.used, std::min(last_.capacity - last_.used, kPrefetchedBytes));
}

void TailBytes::BeginChunk(size_t append_bytes, LongAppend memory, TailArena* arena) {
  size_t capacity = 0;
  if (memory == nullptr) {
    const size_t grown = last_.is_full ? 0 : size_t{last_.capacity} * 2;
    const size_t bytes = std::clamp(grown, kChunkBytesMin, kChunkBytesMax);
    capacity = CapacityFor(std::max(bytes, std::bit_ceil(append_bytes)));
    memory =
        arena != nullptr ? arena->Take(capacity) : std::make_shared_for_overwrite<char[]>(capacity);
  }
  const uint64_t base = last_.end().value;
  if (last_.data != nullptr) earlier_.Made().push_back(std::move(last_));
  last_ =
      Chunk{.data = std::move(memory), .base = base, .capacity = static_cast<uint32_t>(capacity)};
}

// The chunk that holds the byte behind `at`; the number of chunks where `at` is the end.
size_t TailBytes::ChunkAt(Offset at) const {
  if (at == end()) return chunks();
  if (at.value >= last_.base) return earlier_count();
  auto after = std::upper_bound(earlier_->begin(), earlier_->end(), at.value,
                                [](uint64_t value, const Chunk& c) { return value < c.base; });
  THALWEG_ASSERT(after != earlier_->begin());
  return static_cast<size_t>(after - earlier_->begin()) - 1;
}

bool TailBytes::IsBoundary(Offset at) const {
  THALWEG_ASSERT(start_ <= at && at <= end());
  if (at == end()) return true;
  const Chunk& chunk = ChunkOf(ChunkAt(at));
  return chunk.BoundaryWithin(at.value - chunk.base) == at.value - chunk.base;
}

TailBytes::Collected TailBytes::Collect(Offset from, Offset limit, Portion portion,
                                        std::vector<Bytes>& parts,
                                        std::vector<Offset>* ends) const {
  THALWEG_ASSERT(start_ <= from && from <= limit && limit <= end());
  bool is_cut = false;
  for (size_t i = ChunkAt(from); from < limit; ++i) {
    const Chunk& chunk = ChunkOf(i);
    const auto begin = static_cast<uint32_t>(from.value - chunk.base);
    const uint64_t room = std::min<uint64_t>(limit.value - from.value, portion.bytes_max);
    uint32_t end = chunk.BoundaryWithin(begin + room);
    if (end <= begin) {
      if (!parts.empty()) break;
      end = chunk.BoundaryAfter(begin);
      is_cut = portion.part_bytes_max != 0 && end - begin > portion.part_bytes_max;
      if (is_cut) end = begin + static_cast<uint32_t>(portion.part_bytes_max);
    }
    parts.emplace_back(chunk.data, std::string_view(chunk.data.get() + begin, end - begin));
    if (ends != nullptr) chunk.CollectEnds(begin, end, *ends);
    from.value += end - begin;
    portion.bytes_max -= std::min<size_t>(portion.bytes_max, end - begin);
    if (end < chunk.used) break;
  }
  return {from, is_cut};
}

void TailBytes::Visit(const std::function<bool(const Piece&)>& visit) const {
  std::vector<uint32_t> ends;
  for (size_t i = 0; i < chunks(); ++i) {
    const Chunk& chunk = ChunkOf(i);
    const auto begin = static_cast<uint32_t>(std::max(start_.value, chunk.base) - chunk.base);
    if (begin == chunk.used) continue;
    ends.clear();
    for (uint32_t append = chunk.FirstEndingBehind(begin); append < chunk.appends; ++append) {
      ends.push_back(chunk.EndOf(append) - begin);
    }
    const std::string_view bytes(chunk.data.get() + begin, chunk.used - begin);
    if (!visit({.bytes = bytes, .ends = ends})) return;
  }
}

TailBytes TailBytes::DropTo(Offset at) {
  THALWEG_ASSERT(start_ <= at && at <= end() && IsBoundary(at));
  if (at == end()) return std::exchange(*this, TailBytes(at));
  TailBytes dropped(std::exchange(start_, at));
  const size_t count = ChunkAt(at);
  if (count == 0) return dropped;
  auto& chunks = earlier_.Made();
  const auto first_kept = chunks.begin() + static_cast<ptrdiff_t>(count);
  dropped.last_ = std::move(*(first_kept - 1));
  dropped.earlier_.Made().assign(std::make_move_iterator(chunks.begin()),
                                 std::make_move_iterator(first_kept - 1));
  chunks.erase(chunks.begin(), first_kept);
  return dropped;
}

}  // namespace thalweg
