// Crosses threads: see the header.
#include "engine/durable_engine.h"

#include <utility>

namespace thalweg {

StorageResult<std::unique_ptr<DurableEngine>> DurableEngine::Open(
    Disk& disk, const LocalLogOptions& log_options, const Clock& clock, EngineOptions options,
    OnFailure on_failure) {
  auto owned_log = std::make_unique<LocalLog>(disk, log_options);
  LocalLog& log = *owned_log;
  auto engine = std::make_unique<Engine>(clock, std::move(owned_log), options);
  auto recovered = log.Recover(
      Lsn{0}, [&engine](Lsn lsn, const Record& record) { return engine->Replay(lsn, record); });
  if (!recovered) return std::unexpected(recovered.error());
  engine->EndReplay();
  return std::make_unique<DurableEngine>(std::move(engine), log, std::move(*recovered),
                                         std::move(on_failure));
}

}  // namespace thalweg
