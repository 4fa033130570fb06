// Which requests meet which fault: by path and method, so many times, by chance. THREAD: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "thalweg/fault_injection.h"
#include "thalweg/http.h"

namespace thalweg {

// Why no request could meet `fault` at `path`; null: all is well.
std::optional<std::string> CheckFault(std::string_view path, const Fault& fault);

class FaultTable {
 public:
  explicit FaultTable(uint64_t seed) : random_(seed) {}

  // In place of the one before. REQUIRES: CheckFault has no objection.
  void Set(std::string_view path, Fault fault);
  void Clear();

  // What one request has met, with all that chance decides.
  struct Met {
    Fault fault;
    int64_t delay_ms = 0;
    uint64_t seed = 0;
  };

  // Null: none, and nothing is counted.
  std::optional<Met> Meet(std::string_view path, Method method);

 private:
  double Roll();  // from 0 up to, not including, 1

  std::mutex mutex_;
  std::mt19937_64 random_;                             // guarded by mutex_
  std::map<std::string, Fault, std::less<>> by_path_;  // guarded by mutex_; counts what is left
  std::atomic<bool> is_empty_ = true;  // so that a server without faults never locks
};

}  // namespace thalweg
