// A number that one thread at a time changes and any reads.
//
// Crosses threads: who changes it holds a lock, or is the only one; then a change takes no locked
// instruction, as fetch_add does.
#pragma once

#include <atomic>
#include <cstdint>

namespace thalweg {

class Counter {
 public:
  void Add(uint64_t number = 1) { Set(value() + number); }
  void Subtract(uint64_t number = 1) { Set(value() - number); }
  void Set(uint64_t number) { value_.store(number, std::memory_order_relaxed); }

  // THREAD: any.
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace thalweg
