// The engine: all streams of one server or one embedder. Shared by any number of Routers.
#pragma once

#include <memory>

#include "thalweg/clock.h"
#include "thalweg/export.h"
#include "thalweg/options.h"

namespace thalweg {

class Engine;

struct THALWEG_API EngineDeleter {
  void operator()(Engine* engine) const;
};
using EnginePtr = std::unique_ptr<Engine, EngineDeleter>;

// An engine that keeps everything in memory and nothing after it ends. THREAD: any.
// REQUIRES: `clock` outlives the engine; options.partitions is a power of two, else this asserts.
THALWEG_API EnginePtr OpenMemoryEngine(const Clock& clock, EngineOptions options = {});

}  // namespace thalweg
