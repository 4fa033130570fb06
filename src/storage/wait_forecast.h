// Whether something that is done again and again is to be expected to wait for the disk: from a
// time that it did until a thousand times in a row did not. So it comes as a surprise once in a
// thousand times at most, and who must not wait may rely on that.
//
// Crosses threads: any may call.
#pragma once

#include <atomic>
#include <cstdint>

namespace thalweg {

class WaitForecast {
 public:
  static constexpr uint32_t kQuickInARow = 1'000;

  bool expects_to_wait() const { return quick_to_go_.load(std::memory_order_relaxed) != 0; }

  void Note(bool waited) {
    if (waited) return quick_to_go_.store(kQuickInARow, std::memory_order_relaxed);
    // Where nothing waits, nobody writes what all read; and of two at once one may not count.
    uint32_t left = quick_to_go_.load(std::memory_order_relaxed);
    if (left != 0) {
      quick_to_go_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed);
    }
  }

 private:
  std::atomic<uint32_t> quick_to_go_{0};
};

}  // namespace thalweg
