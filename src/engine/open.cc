#include "engine/engine.h"
#include "storage/memory_log.h"
#include "thalweg/engine.h"

namespace thalweg {

void EngineDeleter::operator()(Engine* engine) const { delete engine; }

EnginePtr OpenMemoryEngine(const Clock& clock, EngineOptions options) {
  return EnginePtr(new Engine(clock, std::make_unique<MemoryLog>(), options));
}

}  // namespace thalweg
