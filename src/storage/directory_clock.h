// The time of a data directory: its steady scale goes on over restarts of the process and of the
// machine. The file `clock` says where on it the machine's own scale stands.
//
// While the machine runs on, its steady clock tells how long nobody served, whatever becomes of the
// wall clock. Where the machine was started meanwhile only the wall clock tells, and it is believed
// as long as it does not lead back. THREAD: any, but Recover, which comes before all else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/disk.h"
#include "thalweg/clock.h"

namespace thalweg {

class DirectoryClock final : public Clock {
 public:
  // REQUIRES: `machine` outlives it.
  explicit DirectoryClock(const Clock& machine) : machine_(machine) {}

  // Goes on from what the root of `disk` says. Where there is no room to say it for the next start,
  // that one will believe the wall clock.
  [[nodiscard]] DiskResult<void> Recover(Disk& disk);

  int64_t WallMs() const override { return machine_.WallMs(); }
  int64_t SteadyMs() const override { return machine_.SteadyMs() + ahead_ms_; }
  std::string SteadyScale() const override { return {}; }

 private:
  const Clock& machine_;
  int64_t ahead_ms_ = 0;
};

// One moment on both scales.
struct ClockMark {
  std::string scale;       // the machine's
  int64_t machine_ms = 0;  // on it
  int64_t ms = 0;          // on the directory's

  bool operator==(const ClockMark&) const = default;
};

// The text of the file.
std::string EncodeClockMark(const ClockMark& mark);

// Null: it is not such a text, whole.
std::optional<ClockMark> DecodeClockMark(const std::string& text);

}  // namespace thalweg
