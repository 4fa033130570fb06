#include "server/stream_home.h"

#include <unistd.h>

#include <utility>

#include "base/assert.h"
#include "server/exit_codes.h"

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
  THALWEG_ASSERT(false);
}

class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(spdlog::logger& logger) : logger_(logger) {}
  void Write(LogLevel level, std::string_view message) override {
    logger_.log(LevelOf(level), message);
  }

 private:
  spdlog::logger& logger_;
};

int ExitCodeFor(OpenError::Code code) {
  switch (code) {
    case OpenError::Code::kDisk: return kExitCannotStart;
    case OpenError::Code::kForeign: return kExitForeign;
    case OpenError::Code::kDamage: return kExitDamaged;
  }
  THALWEG_ASSERT(false);
}

StoreOptions OptionsOf(const DiskConfig& config, const Clock& clock, Logger& told,
                       spdlog::logger& logger) {
  StoreOptions options;
  options.log_file_bytes = config.log_file_bytes;
  options.checkpoint_log_bytes = config.keeper.log_bytes_max;
  options.checkpoint_age_ms = config.keeper.age_ms_max;
  options.tail_bytes_max = config.keeper.tail_bytes_max;
  options.merge_bytes_per_s = config.keeper.merge_bytes_per_s;
  options.clock = &clock;
  options.logger = &told;
  options.on_failure = [&logger](const std::string&) {
    logger.flush();
    _exit(kExitDiskFailed);
  };
  return options;
}

}  // namespace

std::unique_ptr<StreamHome> StreamHome::InMemory(const Clock& clock) {
  StoreOptions options;
  options.clock = &clock;
  return std::make_unique<StreamHome>(nullptr, Store::InMemory(std::move(options)));
}

StreamHome::Result<std::unique_ptr<StreamHome>> StreamHome::OnDisk(const DiskConfig& config,
                                                                   const Clock& clock,
                                                                   spdlog::logger& logger) {
  auto told = std::make_unique<SpdlogLogger>(logger);
  auto store = Store::Open(config.data_dir, OptionsOf(config, clock, *told, logger));
  if (!store) {
    return std::unexpected(
        Error{ExitCodeFor(store.error().code), std::move(store.error().message)});
  }
  return std::make_unique<StreamHome>(std::move(told), *std::move(store));
}

}  // namespace thalweg
