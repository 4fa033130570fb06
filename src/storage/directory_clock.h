// The time of a data directory: its steady scale goes on over restarts of the process and of the
// machine. The file `clock` has one moment of it on this scale and on the machine's clocks: the
// mark.
//
// While the machine runs on, its steady clock tells how long nobody served, whatever becomes of the
// wall clock. Where the machine was started meanwhile only the wall clock tells, by how far it has
// come since the mark; where it has gone back, no time has passed. So a mark holds until somebody
// sets the wall clock, and is renewed then. THREAD: any; but Recover comes before all else, and
// Mark and IsMarkStale are called by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/disk.h"
#include "thalweg/clock.h"

namespace thalweg {

// One moment on all scales.
struct ClockMark {
  std::string scale;       // the machine's
  int64_t machine_ms = 0;  // on it
  int64_t ms = 0;          // on the directory's
  int64_t wall_ms = 0;     // by the wall clock

  bool operator==(const ClockMark&) const = default;
};

// The text of the file.
std::string EncodeClockMark(const ClockMark& mark);

// Null: it is not such a text, whole. An older program's has no wall clock; that stood where the
// directory's time did, or behind.
std::optional<ClockMark> DecodeClockMark(const std::string& text);

// What stands in the root of `source` stands in that of `target`, too.
[[nodiscard]] DiskResult<void> CopyClockMark(Disk& source, Disk& target);

class DirectoryClock final : public Clock {
 public:
  // REQUIRES: `machine` outlives it.
  explicit DirectoryClock(const Clock& machine) : machine_(machine) {}

  // Goes on from the mark in the root of `disk`; where it has none, from the wall clock. REQUIRES:
  // `disk` outlives it.
  [[nodiscard]] DiskResult<void> Recover(Disk& disk);

  // Puts a mark of now on the disk. Where there is no room for it the one before stays, and is
  // stale still if it was.
  [[nodiscard]] DiskResult<void> Mark();

  // Whether the wall clock was set since the mark, by a second or more; or there is no mark.
  bool IsMarkStale() const;

  // Whether the wall clock has gone back by `least_ms` or more, all marks together, since this last
  // said so. THREAD: that of Mark.
  bool TakeSetBack(int64_t least_ms) {
    if (set_back_ms_ < least_ms) return false;
    set_back_ms_ = 0;
    return true;
  }

  int64_t WallMs() const override { return machine_.WallMs(); }
  int64_t SteadyMs() const override { return machine_.SteadyMs() + ahead_ms_; }
  int64_t SteadyUs() const override { return machine_.SteadyUs() + ahead_ms_ * 1000; }

 private:
  const Clock& machine_;
  Disk* disk_ = nullptr;  // Recover's
  int64_t ahead_ms_ = 0;
  std::optional<ClockMark> mark_;  // as the disk has it
  int64_t set_back_ms_ = 0;        // see TakeSetBack
};

}  // namespace thalweg
