// Which blocks of a segment's runs fitted their checksums since the system last read them from the
// disk, as far as we know.
//
// A block is known by where it begins: of two full blocks, and of two short ones that end a run of
// full ones, no two begin in the same 64 KiB of the file. One byte for each 64 KiB.
// THREAD: any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"
#include "storage/segment_format.h"

namespace thalweg {

class VerifiedBlocks {
 public:
  explicit VerifiedBlocks(uint64_t file_bytes) : cells_(file_bytes / kSegmentBlockBytes + 1) {}

  // REQUIRES of both: the block, of `bytes` at `at`, is of a run that is longer than one block.
  bool Has(uint64_t at, size_t bytes) const {
    return (cells_[CellOf(at)].load(std::memory_order_relaxed) & BitOf(bytes)) != 0;
  }
  void Add(uint64_t at, size_t bytes) {
    cells_[CellOf(at)].fetch_or(BitOf(bytes), std::memory_order_relaxed);
  }

  // Forgets every block that has one of these bytes, or stands near.
  void Forget(uint64_t at, uint64_t bytes) {
    for (Cell& cell : CellsNear(at, bytes)) cell.store(0, std::memory_order_relaxed);
  }

  // Whether there is anything to forget.
  bool HasNear(uint64_t at, uint64_t bytes) {
    return std::ranges::any_of(CellsNear(at, bytes), [](const Cell& cell) {
      return cell.load(std::memory_order_relaxed) != 0;
    });
  }

 private:
  using Cell = std::atomic<uint8_t>;

  // A block that begins so far before a byte does not have it; and the system reads whole pages.
  static constexpr uint64_t kMarginBytes = kSegmentBlockBytes + (64u << 10);

  std::span<Cell> CellsNear(uint64_t at, uint64_t bytes) {
    const size_t first = CellOf(at - std::min<uint64_t>(at, kMarginBytes));
    const size_t last = std::min(CellOf(at + bytes + kMarginBytes), cells_.size() - 1);
    return std::span(cells_).subspan(first, last - first + 1);
  }
  static size_t CellOf(uint64_t at) { return static_cast<size_t>(at / kSegmentBlockBytes); }
  static uint8_t BitOf(size_t bytes) {
    THALWEG_ASSERT(0 < bytes && bytes <= kSegmentBlockBytes);
    return bytes == kSegmentBlockBytes ? 1 : 2;
  }

  std::vector<Cell> cells_;
};

}  // namespace thalweg
