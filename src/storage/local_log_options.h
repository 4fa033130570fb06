// How a local log is set up: where it stands, what its files are like, how long its batches are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/log_format.h"

namespace thalweg {

class Clock;

struct LocalLogOptions {
  DirectoryId directory{};
  uint64_t file_bytes = 64u << 20;  // a file is longer where one batch is
  // How many trimmed files may wait to be used again. A log that is trimmed by this many files at a
  // time makes none anew, and to write where a file was written before takes each sync a third less
  // time (docs/BENCHMARKS.md).
  size_t spares_max = 2;
  // A batch that has so much takes no more records: what else is staged is for the one after it.
  size_t batch_bytes_max = kLogPayloadBytesMax / 4;
  uint64_t salt_seed = 0;  // of the files' salts; random in production, for each start
  // Of LoopPause, and of how long batches take; outlives the log; set by DurableEngine::Open.
  const Clock* clock = nullptr;
};

}  // namespace thalweg
