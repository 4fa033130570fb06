// Tells the operator: what happened, and not again and again.
//
// THREAD: any.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "thalweg/clock.h"
#include "thalweg/logger.h"

namespace thalweg {

// Messages go to the logger, where there is one. A value.
class Teller {
 public:
  explicit Teller(Logger* logger) : logger_(logger) {}

  template <typename... Args>
  void Say(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (logger_ != nullptr) logger_->Write(level, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  Logger* const logger_;
};

// Lets one message through in so long a time, and counts the others.
class Seldom {
 public:
  // REQUIRES: `clock` outlives it.
  explicit Seldom(const Clock& clock, int64_t every_ms = 1'000)
      : clock_(clock), every_ms_(every_ms) {}

  // How many were held back since the last; null: so is this one.
  std::optional<uint64_t> Next() {
    const int64_t now_ms = clock_.SteadyMs();
    int64_t next_ms = next_ms_.load();
    if (now_ms >= next_ms && next_ms_.compare_exchange_strong(next_ms, now_ms + every_ms_)) {
      return held_back_.exchange(0);
    }
    ++held_back_;
    return std::nullopt;
  }

 private:
  const Clock& clock_;
  const int64_t every_ms_;
  std::atomic<int64_t> next_ms_{INT64_MIN};
  std::atomic<uint64_t> held_back_{0};
};

}  // namespace thalweg
