// A stream as it stood at one moment, for a checkpoint: what a segment and the catalog will say of
// it that may change later. A value; shares the stream's bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/tail_bytes.h"

namespace thalweg {

struct Capture {
  std::string state;              // EncodeState
  TailBytes bytes;                // that no segment has
  std::optional<int64_t> due_ms;  // its time has not come before, by the wall clock; null: never
  uint32_t state_bytes = 0;       // counted for its state in what changes take
};

}  // namespace thalweg
