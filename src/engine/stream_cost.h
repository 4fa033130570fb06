// What a stream takes in memory beside its data, as the budgets of memory count it, in bytes.
//
// Pure.
#pragma once

#include <cstdint>

#include "stream/state.h"

namespace thalweg {

// What a stream takes that the store has all of: about 410 bytes, its place in the table of paths
// included (docs/BENCHMARKS.md).
inline constexpr uint64_t kStreamInMemoryBytes = 448;

// What one that changed takes until it is checkpointed: about 700 were measured
// (docs/BENCHMARKS.md).
inline constexpr uint64_t kChangedStreamBytes = 1'024;

// Both cover a path and a configuration of so many bytes together.
inline constexpr uint64_t kTextBytesCovered = 64;

// What a configuration takes beside its texts that no other stream can share (config_pool.h).
inline constexpr uint64_t kOwnConfigBytes = 448;

// What a producer takes beside its id: a node of the table of its stream's producers.
inline constexpr uint64_t kProducerBytes = 128;

// What a Stream-Seq takes, or the stamp of who closed the stream, beside its text.
inline constexpr uint64_t kBoxedTextBytes = 96;

// What appends make longer: the producers, the Stream-Seq, the stamp.
inline uint64_t GrowingBytes(const StreamState& state) {
  uint64_t bytes = state.producers.id_bytes() + state.producers.states().size() * kProducerBytes;
  if (state.seq_last) bytes += kBoxedTextBytes + state.seq_last->size();
  if (state.closed_by) bytes += kBoxedTextBytes + state.closed_by->producer_id.size();
  return bytes;
}

// Of a path and a configuration, beyond what is covered.
uint64_t LongTextBytes(const StreamState& state);

// All that the state takes beyond what is covered.
uint64_t ExtraBytes(const StreamState& state);

}  // namespace thalweg
