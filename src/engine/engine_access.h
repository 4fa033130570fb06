// How commands come to a stream: under its lock, after it was brought into memory.
// For the engine's own sources.
//
// Crosses threads: as engine.h.
#pragma once

#include <mutex>
#include <utility>

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/stream_loader.h"
#include "engine/stream_table.h"
#include "engine/tail_bytes.h"
#include "stream/command.h"

namespace thalweg {

// What is to hold the bytes of `payload` where they are a long append.
inline LongAppend MemoryFor(const Payload& payload) {
  THALWEG_ASSERT(payload.memory == nullptr || payload.memory.get() == payload.wire.data());
  return payload.memory != nullptr ? payload.memory : CopyIfLong(payload.wire);
}

template <typename Step>
bool Engine::WithStream(const PathKey& key, Absence& absence, Step step) {
  Partition& partition = streams_->PartitionOf(key);
  for (;;) {
    // To load a stream may take long, and its TTL counts from when it is used.
    const Moment now = streams_->Now();
    Aftermath after;
    bool done = false;
    {
      std::lock_guard lock(partition.mutex);
      const StreamHandle stream = streams_->Find(partition, key, now, after);
      done = stream != nullptr || streams_->IsAbsent(absence);
      if (done) step(partition, stream, now, after);
    }
    streams_->Finish(after);
    if (done) return true;
    const auto loaded = loader_->Load(key);
    if (!loaded) {
      TellUnreadable(key.path, loaded.error());
      return false;
    }
    absence = *loaded;
  }
}

template <typename Step>
bool Engine::WithStream(const PathKey& key, Step step) {
  Absence absence;
  return WithStream(key, absence, std::move(step));
}

}  // namespace thalweg
