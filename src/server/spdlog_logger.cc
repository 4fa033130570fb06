#include "server/spdlog_logger.h"

namespace thalweg {
namespace {

spdlog::level::level_enum LevelOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
    case LogLevel::kCritical: return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

}  // namespace

void SpdlogLogger::Write(LogLevel level, std::string_view message) {
  logger_->log(LevelOf(level), "{}", message);
}

}  // namespace thalweg
