// Writes one segment, from the front to the back: streams in growing order of their id, each with
// its bytes and its state. (docs/formats/segment.md)
//
// Not thread-safe; used by whoever makes a checkpoint or merges. What has not been finished is a
// file without a footer, and nobody's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/directory.h"
#include "storage/segment_format.h"

namespace thalweg {

// Segments are written piece by piece: commits of the log wait on the disk behind what is written
// at once (docs/BENCHMARKS.md). In a hurry pieces are longer, for each waits for the disk, and go
// past the system's cache, which costs less than half: appends of 64 KiB, more than could be
// written, had 2.2 times the rate. Else the cache has them for readers who come back.
inline constexpr size_t kPieceBytes = 256u << 10;
inline constexpr size_t kPieceBytesInHurry = 1u << 20;

// Called when the disk has another piece of a segment: time for who else waits for the disk.
// Returns how many bytes the next one is to have, which are whole pages.
using AfterPiece = std::function<size_t()>;

class SegmentWriter {
 public:
  // Makes the file. REQUIRES: `folder` outlives the writer.
  [[nodiscard]] static DiskResult<std::unique_ptr<SegmentWriter>> Create(
      Directory& folder, const SegmentHeader& header, AfterPiece after_piece = {});

  // The next stream, whose bytes here begin at `base`. REQUIRES: `id` is greater than the one
  // before, which was ended.
  void Begin(StreamId id, Offset base);

  // Whole appends of the stream, which end at `ends`, relative to the beginning of `bytes`. May be
  // called many times. REQUIRES: the last end is the size of `bytes`; no append is empty.
  [[nodiscard]] DiskResult<void> Append(std::string_view bytes, std::span<const uint32_t> ends);

  // The stream's newest state, as EncodeState gives it. REQUIRES: not empty.
  [[nodiscard]] DiskResult<void> End(std::string_view state);

  // ENSURES: the file is whole and on stable storage, name and bytes.
  [[nodiscard]] DiskResult<SegmentFooter> Finish();

  uint64_t number() const { return footer_.header.number; }
  uint64_t streams() const { return streams_.size(); }

  // For Create.
  SegmentWriter(std::unique_ptr<File> file, const SegmentHeader& header, AfterPiece after_piece);

 private:
  DiskResult<void> AppendOne(std::string_view bytes);
  DiskResult<void> EndRun(std::string_view state);
  DiskResult<void> EndPage();
  DiskResult<void> Put(std::string_view bytes);
  DiskResult<void> WritePiece();
  uint64_t position() const { return written_ + buffer_.size(); }

  const std::unique_ptr<File> file_;
  const AfterPiece after_piece_;
  SegmentFooter footer_;
  std::string buffer_;  // less than a piece
  size_t piece_bytes_ = kPieceBytes;
  uint64_t written_ = 0;
  SegmentRun run_;    // under construction; without an id: none
  RunTables tables_;  // of it
  std::vector<SegmentRun> page_;
  std::vector<SegmentFencePost> fence_;
  std::vector<StreamId> streams_;
};

}  // namespace thalweg
