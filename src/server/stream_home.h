// Where a server keeps its streams: in memory, or in a data directory that is recovered and locked.
// What is to be told goes to the program's logger.
//
// Made and destroyed by main's thread; the engine's own rules hold for the engine.
#pragma once

#include <spdlog/logger.h>

#include <expected>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "server/config.h"
#include "thalweg/clock.h"
#include "thalweg/logger.h"
#include "thalweg/store.h"

namespace thalweg {

class StreamHome {
 public:
  struct Error {
    int exit_code = 0;
    std::string message;  // one line that says what to do
  };
  template <typename T>
  using Result = std::expected<T, Error>;

  // Streams that are gone when this ends. REQUIRES: `clock` outlives it.
  static std::unique_ptr<StreamHome> InMemory(const Clock& clock);

  // The streams of `config.data_dir`, which is made where only itself is missing. When the
  // disk fails later, `logger` is told and the process ends with kExitDiskFailed. REQUIRES: clock
  // and logger outlive the home.
  static Result<std::unique_ptr<StreamHome>> OnDisk(const DiskConfig& config, const Clock& clock,
                                                    spdlog::logger& logger);

  // For the two above.
  StreamHome(std::unique_ptr<Logger> logger, std::unique_ptr<Store> store)
      : logger_(std::move(logger)), store_(std::move(store)) {}

  Engine& engine() { return store_->engine(); }

 private:
  const std::unique_ptr<Logger> logger_;  // null: in memory there is nothing to tell
  const std::unique_ptr<Store> store_;
};

}  // namespace thalweg
