// What of a stream's state changes after its creation, as a segment keeps it: the rest is in the
// catalog's create record. (docs/formats/state.md)
//
// Pure. THREAD: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stream/state.h"

namespace thalweg {

// The fields of StreamState that records after the create change. A value that borrows nothing.
struct StateChanges {
  Lsn last;  // of the last record in it
  Offset tail;
  bool closed = false;
  Boxed<ClosingStamp> closed_by;
  bool soft_deleted = false;
  uint64_t forks = 0;
  Boxed<std::string> seq_last;
  ProducerTable producers;
  int64_t accessed_steady_ms = 0;
  bool operator==(const StateChanges&) const = default;
};

// Makes the state of a stream just created (ApplyCreate) what it was after `changes.last`.
void RestoreChanges(StreamState& state, StateChanges changes);

// Whether a stream can be in this state: offsets fit their text, only a closed stream has somebody
// who closed it.
bool IsValid(const StateChanges& changes);

// Appends the encoding of what changed in `state`, up to the record `last`, to `out`. REQUIRES:
// what changed is valid.
void EncodeState(const StreamState& state, Lsn last, std::string& out);

// Decodes exactly `bytes`; null where they are not the one encoding of a valid state.
std::optional<StateChanges> DecodeState(std::string_view bytes);

}  // namespace thalweg
