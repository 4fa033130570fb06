// Readers that read whole streams from the beginning, page by page: once, or again and again.
//
// Own thread only: that of the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/load/client_loop.h"
#include "bench/load/histogram.h"
#include "bench/load/requests.h"

namespace thalweg::bench {

// What all readers count together.
struct Replays {
  bool stopped = false;  // nothing more is asked for or counted
  uint64_t bytes = 0;    // of bodies
  uint64_t pages = 0;    // answers
  uint64_t errors = 0;   // refusals, and pages that were cut off
  size_t done = 0;       // readers that ask for nothing more
  Histogram latencies;   // of whole streams; its count is how many were read to their end
};

class ReplayReaders {
 public:
  // Connects `count` readers, which begin at once; reader i reads stream i modulo their number.
  ReplayReaders(ClientLoop& loop, const Streams& streams, size_t count, bool once);
  ~ReplayReaders();

  void StartMeasuring();
  void Stop() { replays_.stopped = true; }
  const Replays& replays() const { return replays_; }

  // Of readers that read once: each has come to the end of its stream, or was refused.
  bool all_done() const { return replays_.done == readers_.size(); }

 private:
  class Reader;

  Replays replays_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace thalweg::bench
