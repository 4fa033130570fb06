// Whether the disk answers: looks at a log every five seconds. A disk may take a write or a sync
// and never end it, without an error: appends would wait without a word to anybody.
//
// Reads no clock: what passes between two looks counts for kLookEveryMs however long it was, so a
// process that was stopped itself, or a machine that was suspended, accuses no disk. One thread's.
#pragma once

#include <cstdint>

#include "storage/local_log.h"

namespace thalweg {

class LogWatch {
 public:
  static constexpr int64_t kLookEveryMs = 5'000;
  static constexpr int64_t kTellEveryMs = 60'000;
  // Disks that come back do so sooner: the system itself gives most commands up after a few
  // minutes.
  static constexpr int64_t kGiveUpMs = 600'000;

  enum class News : uint8_t {
    kNone,
    kSilent,   // nothing became durable for silent_ms() although something waits: told again and
               // again
    kAnswers,  // again, after kSilent
    kGiveUp,   // silent for kGiveUpMs: what waits should not wait any longer
  };

  // REQUIRES: `log` outlives it.
  explicit LogWatch(LocalLog& log) : log_(log) {}

  // To be called every kLookEveryMs.
  News Look();

  int64_t silent_ms() const { return silent_ms_; }

 private:
  LocalLog& log_;
  Lsn durable_;  // at the last look, …
  Lsn staged_;   // … and what waits since then or longer
  int64_t silent_ms_ = 0;
};

// What waits for space is told by who looks for it, and the disk has answered.
inline LogWatch::News LogWatch::Look() {
  const Lsn durable = log_.durable();
  const bool is_silent = durable == durable_ && durable < staged_ && log_.HasRoomForBatch();
  durable_ = durable;
  staged_ = log_.staged();
  if (!is_silent) {
    const bool was_silent = silent_ms_ != 0;
    silent_ms_ = 0;
    return was_silent ? News::kAnswers : News::kNone;
  }
  silent_ms_ += kLookEveryMs;
  if (silent_ms_ >= kGiveUpMs) return News::kGiveUp;
  return silent_ms_ % kTellEveryMs == kLookEveryMs ? News::kSilent : News::kNone;
}

}  // namespace thalweg
