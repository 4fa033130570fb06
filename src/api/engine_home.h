// Where the engine of a store lives: in memory, or in a data directory that is recovered and
// locked.
//
// Made and destroyed by one thread; the engine's own rules hold for the engine.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "thalweg/clock.h"
#include "thalweg/store.h"

namespace thalweg {

class EngineHome {
 public:
  // With `on_removed` streams that nobody can load are removed, and each is told. They are gone for
  // good once the home has ended.
  using OnRemoved = std::function<void(const std::string& what)>;

  // REQUIRES of both: `clock` outlives the home. The seams of `options` are not looked at but for
  // logger and on_failure.
  static std::unique_ptr<EngineHome> InMemory(const Clock& clock);
  [[nodiscard]] static std::expected<std::unique_ptr<EngineHome>, OpenError> OnDisk(
      const std::string& path, const StoreOptions& options, const Clock& clock,
      const OnRemoved& on_removed = {});

  virtual ~EngineHome() = default;
  virtual Engine& engine() = 0;
  virtual StoreStats Stats() const = 0;  // THREAD: any
};

}  // namespace thalweg
