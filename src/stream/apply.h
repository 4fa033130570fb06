// The fold: how a record changes the state of its stream. Live commands and replay call the same.
//
// Pure. Bytes are kept by the engine; here only where they end.
#pragma once

#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

// The state of a stream just created. REQUIRES: `config` holds ConfigOf(record), or null: it is
// made.
StreamState ApplyCreate(const CreateRecord& record,
                        std::shared_ptr<const StreamConfig> config = nullptr);

// Whether `record` can have been decided on `state`.
bool Fits(const StreamState& state, const AppendRecord& record);

// REQUIRES: Fits(state, record).
void ApplyAppend(StreamState& state, const AppendRecord& record);
void ApplyTouch(StreamState& state, const TouchRecord& record);

// A fork came to read from `source`.
void ApplyForkAdded(StreamState& source);

enum class Fate : uint8_t {
  kKept,  // soft-deleted: forks still read from it
  kGone,  // drop it, and release its own source if it has one
};

Fate ApplyRemove(StreamState& state, const RemoveRecord& record);

// A fork that read from `source` is gone.
Fate ApplyForkReleased(StreamState& source);

}  // namespace thalweg
