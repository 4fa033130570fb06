// Whether the disk answers: looks at a log every five seconds. A disk may take a write or a sync
// and never end it, without an error: appends would wait without a word to anybody.
//
// Reads no clock: what passes between two looks counts for kLookEveryMs however long it was, so a
// process that was stopped itself, or a machine that was suspended, accuses no disk. One thread's.
#pragma once

#include <cstdint>
#include <utility>

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
    kLate,     // nothing became durable for a look although something waits; it may wait for a loop
               // that is long in a turn, so the log's thread is to commit it
    kSilent,   // nor since then, for silent_ms(): told again and again
    kAnswers,  // again, after kSilent
    kGiveUp,   // silent for kGiveUpMs: what waits should not wait any longer
  };

  // REQUIRES: `log` outlives it.
  explicit LogWatch(const LocalLog& log) : log_(log) {}

  // To be called every kLookEveryMs.
  News Look();

  int64_t silent_ms() const { return late_looks_ < 2 ? 0 : (late_looks_ - 1) * kLookEveryMs; }

 private:
  const LocalLog& log_;
  Lsn durable_;             // at the last look, …
  uint64_t shortages_ = 0;  // …
  Lsn staged_;              // … and what waits since then or longer
  int64_t late_looks_ = 0;  // in a row
};

// A disk that is full has answered. One that has failed is told of by who met that.
inline LogWatch::News LogWatch::Look() {
  if (log_.failed()) return News::kNone;
  const Lsn durable = log_.durable();
  const uint64_t shortages = log_.shortages();
  const bool is_late = durable == durable_ && shortages == shortages_ && durable < staged_;
  durable_ = durable;
  shortages_ = shortages;
  staged_ = log_.staged();
  if (!is_late) return std::exchange(late_looks_, 0) < 2 ? News::kNone : News::kAnswers;
  if (++late_looks_ == 1) return News::kLate;
  if (silent_ms() >= kGiveUpMs) return News::kGiveUp;
  return silent_ms() % kTellEveryMs == kLookEveryMs ? News::kSilent : News::kNone;
}

}  // namespace thalweg
