// How commands come to a stream: under its lock, after it was brought into memory.
// For the engine's own sources.
//
// Crosses threads: as engine.h.
#pragma once

#include <mutex>
#include <utility>

#include "engine/engine.h"
#include "engine/stream_loader.h"
#include "engine/stream_table.h"

namespace thalweg {

template <typename Step>
bool Engine::WithStream(const PathKey& key, Moment now, Absence& absence, Step step) {
  Partition& partition = streams_->PartitionOf(key);
  for (;;) {
    Aftermath after;
    bool done = false;
    {
      std::lock_guard lock(partition.mutex);
      const StreamHandle stream = streams_->Find(partition, key, now, after);
      done = stream != nullptr || streams_->IsAbsent(absence);
      if (done) step(partition, stream, after);
    }
    streams_->Finish(after);
    if (done) return true;
    const auto looked = loader_->Look(key);
    if (!looked) {
      TellUnreadable(key.path, looked.error());
      return false;
    }
    absence = *looked;
  }
}

template <typename Step>
bool Engine::WithStream(const PathKey& key, Moment now, Step step) {
  Absence absence;
  return WithStream(key, now, absence, std::move(step));
}

}  // namespace thalweg
