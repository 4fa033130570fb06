// A logger that keeps what it is told, for tests. THREAD: any.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thalweg/logger.h"

namespace thalweg {

class LineLogger final : public Logger {
 public:
  void Write(LogLevel level, std::string_view message) override {
    std::lock_guard lock(mutex_);
    lines_.emplace_back(level, message);
  }

  // Those told at `level`, oldest first.
  std::vector<std::string> lines(LogLevel level) {
    std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& [told_at, message] : lines_) {
      if (told_at == level) found.push_back(message);
    }
    return found;
  }
  std::vector<std::string> warnings() { return lines(LogLevel::kWarning); }

  void Forget() {
    std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

}  // namespace thalweg
