// How many connections all the listeners of a server hold together, however the kernel spreads them
// over their sockets.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"

namespace thalweg {

class ConnectionLimit {
 public:
  static constexpr size_t kRefusedMax = 256;

  enum class Place : uint8_t { kServed, kRefused, kNone };

  // Beyond `served_max`, `refused_max` connections are told so; others are closed.
  explicit ConnectionLimit(size_t served_max, size_t refused_max = kRefusedMax)
      : served_max_(served_max), refused_max_(refused_max) {}

  // One more connection: it is served, or only told that there is no room, or closed. It has its
  // place until it leaves it.
  Place Take() {
    if (Add(served_, served_max_)) return Place::kServed;
    return Add(refused_, refused_max_) ? Place::kRefused : Place::kNone;
  }

  void Leave(Place place) {
    if (place == Place::kNone) return;
    std::atomic<size_t>& count = place == Place::kServed ? served_ : refused_;
    THALWEG_ASSERT(count.fetch_sub(1, std::memory_order_relaxed) > 0);
  }

  size_t served() const { return served_.load(std::memory_order_relaxed); }
  size_t served_max() const { return served_max_; }

 private:
  // Relaxed: they are numbers, nobody is told of anything else by them.
  static bool Add(std::atomic<size_t>& count, size_t max) {
    size_t counted = count.load(std::memory_order_relaxed);
    while (counted < max) {
      if (count.compare_exchange_weak(counted, counted + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  const size_t served_max_;
  const size_t refused_max_;
  std::atomic<size_t> served_ = 0;
  std::atomic<size_t> refused_ = 0;
};

}  // namespace thalweg
