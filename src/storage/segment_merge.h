// Makes one segment of several neighbours in age: each stream's runs become one after the other,
// its newest state stays, and streams that are gone are left out.
//
// Works in steps, so that whoever drives it can do other things in between. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/catalog.h"
#include "storage/segment_walker.h"
#include "storage/segment_writer.h"

namespace thalweg {

class SegmentMerge {
 public:
  // `after_piece` is called when a piece of them was read from the disk, as it is when one of `out`
  // was written. REQUIRES: `inputs` are neighbours, oldest first; the catalog outlives the merge.
  SegmentMerge(const Catalog& catalog, std::vector<std::shared_ptr<const Segment>> inputs,
               std::unique_ptr<SegmentWriter> out, const AfterPiece& after_piece = {});

  // Reads and writes about `bytes` more; false: nothing is left to do but Finish.
  [[nodiscard]] StorageResult<bool> Step(size_t bytes);
  // What the last Step came to.
  size_t step_bytes() const { return step_bytes_; }

  // Which input, by its place, what Step has just failed at is damage of; null: of none.
  std::optional<size_t> damaged() const { return damaged_; }

  // Completes the new segment; null: no stream is left, and the file is nobody's.
  // REQUIRES: Step has said false.
  [[nodiscard]] StorageResult<std::optional<SegmentFooter>> Finish();

 private:
  struct Input {
    SegmentWalker walker;
    std::optional<SegmentRun> run;
  };

  StorageResult<void> Start();
  StorageResult<void> EnterStream();
  StorageResult<bool> IsLive(StreamId id);
  StorageResult<void> TakeRun(Input& input);
  StorageResult<void> LeaveStream();
  std::unexpected<StorageFault> Blame(const Input& input, StorageFault fault);

  const Catalog& catalog_;
  std::vector<Input> inputs_;
  std::unique_ptr<SegmentWriter> out_;
  bool started_ = false;
  std::vector<StreamId> live_;  // some ids that live, in order …
  size_t next_live_ = 0;        // … of which those from here on are not passed yet
  StreamId live_up_to_;         // … and all up to this one are in them
  StreamId stream_;             // that we are in; 0: none
  bool keeps_ = false;          // it lives
  std::optional<Offset> end_;   // of what was taken of it
  std::string state_;
  size_t step_bytes_ = 0;
  std::optional<size_t> damaged_;
};

}  // namespace thalweg
