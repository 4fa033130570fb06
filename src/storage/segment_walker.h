// Walks a segment in the order of its streams and verifies all it reads: for merges and `verify`.
//
// Reads the file from the front to the back, a mebibyte or a run at a time, of which what has to
// come from the disk piece by piece. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/segment.h"
#include "storage/segment_writer.h"

namespace thalweg {

enum class RunPart : uint8_t {
  kBytes,   // those of its blocks that are whole can be read
  kTables,  // without them nothing of the run can be read, nor the stream's state
};

class SegmentWalker {
 public:
  explicit SegmentWalker(std::shared_ptr<const Segment> segment, AfterPiece after_piece = {})
      : segment_(std::move(segment)), after_piece_(std::move(after_piece)) {}

  // Moves to the next run; null: there is none. What is found out of order is damage.
  [[nodiscard]] StorageResult<std::optional<SegmentRun>> Next();

  // The bytes and the tables of the run that Next gave.
  struct Content {
    std::string_view bytes;  // valid until the next call
    RunTables tables;
  };
  [[nodiscard]] StorageResult<Content> Read();

  // What Read found damaged; where it is both, the tables. REQUIRES: it did.
  RunPart damaged_part() const { return damaged_part_; }

  // A fault of the segment where that run stands.
  StorageFault DamageHere(const std::string& what) const;

 private:
  StorageResult<std::string_view> Window(uint64_t at, size_t bytes);
  StorageResult<void> FillWindow(uint64_t at, size_t bytes);

  const std::shared_ptr<const Segment> segment_;
  const AfterPiece after_piece_;
  size_t piece_bytes_ = kPieceBytes;
  size_t next_page_ = 0;
  std::vector<SegmentRun> runs_;  // of the page we are in
  size_t next_run_ = 0;
  SegmentRun run_;
  RunPart damaged_part_ = RunPart::kTables;
  uint64_t runs_seen_ = 0;
  std::string window_;
  uint64_t window_at_ = 0;
};

// Is told of a run that is damaged, and where.
using OnDamagedRun = std::function<void(const SegmentRun&, RunPart, const StorageFault&)>;

// Reads every byte of `segment` and checks it against every checksum and against the footer. Where
// `on_damaged` is given, it is told of each run that is damaged, and the others are read all the
// same; else the first is the fault, as what the disk refuses always is.
[[nodiscard]] StorageResult<void> VerifySegment(std::shared_ptr<const Segment> segment,
                                                const OnDamagedRun& on_damaged = {});

}  // namespace thalweg
