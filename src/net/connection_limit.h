// How many connections all the listeners of a server hold together, however the kernel spreads them
// over their sockets.
//
// Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace thalweg {

class ConnectionLimit {
 public:
  // So many connections beyond the limit are told so; others are closed.
  static constexpr size_t kRefusedMax = 256;

  enum class Place : uint8_t { kServed, kRefused, kNone };

  // REQUIRES: served_max > 0.
  explicit ConnectionLimit(size_t served_max) : served_max_(served_max) {}

  // One more connection: it is served, or only told that there is no room, or closed. It has its
  // place until it leaves it.
  Place Take() {
    if (Add(served_, served_max_)) return Place::kServed;
    return Add(refused_, kRefusedMax) ? Place::kRefused : Place::kNone;
  }

  void Leave(Place place) {
    if (place == Place::kNone) return;
    (place == Place::kServed ? served_ : refused_).fetch_sub(1, std::memory_order_relaxed);
  }

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
  std::atomic<size_t> served_ = 0;
  std::atomic<size_t> refused_ = 0;
};

}  // namespace thalweg
