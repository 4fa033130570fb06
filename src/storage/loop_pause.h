// Whether loops leave a log to its thread for a while, because their writes have ended late.
//
// A thread of the kernel ends such a write, and it may stand in line for a processor until the next
// tick (4 ms). Where other programs take all of them, a client that waits for each of its appends
// gets 20 times as many of them from the log's thread (docs/BENCHMARKS.md, "Where the processors
// are taken by others"). Late is also what a slow disk writes, and what a loop is told of behind a
// long turn: there the thread costs it a little, and other loops hear sooner.
//
// Times are of a steady clock; of one that always says the same there is none. THREAD: one at a
// time.
#pragma once

#include <cstdint>

namespace thalweg {

class LoopPause {
 public:
  static constexpr int64_t kLateMs = 3;  // between 2 and 3, with a clock of milliseconds
  static constexpr int kLateInARow = 2;  // one alone may be the disk's
  static constexpr int64_t kPauseMs = 1'000;

  bool is_on(int64_t now_ms) const { return now_ms < until_ms_; }

  // A loop's write begins, and has ended. Behind a pause a single late one begins the next.
  void OnBegin(int64_t now_ms) { began_ms_ = now_ms; }
  void OnEnd(int64_t now_ms) {
    late_ = now_ms - began_ms_ >= kLateMs ? late_ + 1 : 0;
    if (late_ < kLateInARow) return;
    late_ = kLateInARow - 1;
    until_ms_ = now_ms + kPauseMs;
  }

 private:
  int64_t began_ms_ = 0;
  int64_t until_ms_ = 0;
  int late_ = 0;  // in a row
};

}  // namespace thalweg
