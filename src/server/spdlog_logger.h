// spdlog behind the library's Logger seam. THREAD: any.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>

#include "thalweg/logger.h"

namespace thalweg {

class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  void Write(LogLevel level, std::string_view message) override;

  spdlog::logger& spdlog() { return *logger_; }

 private:
  const std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace thalweg
