// Readers that wait at the tails of streams, by long-poll or by server-sent events, and how long
// each message took from when it was due to be sent until a reader had it.
//
// Own thread only: that of the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/client_loop.h"
#include "bench/load/histogram.h"
#include "bench/load/requests.h"

namespace thalweg::bench {

enum class Live : uint8_t { kLongPoll, kSse };

// What all readers count together.
struct Deliveries {
  bool counting = true;
  int64_t from_ns = 0;      // latencies are of messages due since then
  uint64_t all = 0;         // messages delivered, ever
  uint64_t counted = 0;     // of them, while it was counted
  uint64_t errors = 0;      // answers that are refusals
  uint64_t reconnects = 0;  // connections that the server ended
  size_t ready = 0;         // readers that stand at their tail
  Histogram latencies;
};

class LiveReaders {
 public:
  // Connects `count` readers; reader i follows stream i modulo their number.
  LiveReaders(ClientLoop& loop, const Streams& streams, Live live, size_t count);
  ~LiveReaders();

  // From here on deliveries count.
  void StartMeasuring(int64_t now_ns);

  // Deliveries do not count any more; their latencies still do.
  void Stop() { deliveries_.counting = false; }

  bool all_ready() const { return deliveries_.ready >= readers_.size(); }
  const Deliveries& deliveries() const { return deliveries_; }

  // What must be delivered once all that `appends` built has been appended.
  uint64_t Expected(const AppendRequests& appends) const;

 private:
  class Reader;

  const Streams streams_;
  Deliveries deliveries_;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace thalweg::bench
