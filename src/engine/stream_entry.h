// One incarnation of a stream: its state, its bytes, what readers may see, and who watches.
//
// Held by its partition, by the forks that read from it and by whoever reads it. Everything but
// `info` and `home` is guarded by home.mutex.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/timer_wheel.h"
#include "engine/partition.h"
#include "engine/port_mailbox.h"
#include "engine/read.h"
#include "engine/tail_bytes.h"
#include "engine/visibility.h"
#include "stream/expiry.h"
#include "stream/state.h"

namespace thalweg {

// Tells the partition to look whether its stream's time has come.
class ExpiryTimer final : public Timer {
 public:
  explicit ExpiryTimer(StreamEntry& stream) : stream_(stream) {}
  void OnTimer() override;

 private:
  StreamEntry& stream_;
};

class StreamEntry {
 public:
  StreamEntry(Partition& partition, StreamState created, Lsn lsn, StreamHandle fork_source)
      : info{.id = created.id,
             .content_type = created.content_type,
             .kind = created.kind,
             .expiry = created.expiry},
        home(partition),
        state(std::move(created)),
        own(state.start),
        visible(Mark{.lsn = lsn, .tail = state.tail, .closed = state.closed}),
        last(lsn),
        source(std::move(fork_source)),
        used_steady_ms(state.accessed_steady_ms) {}
  StreamEntry(const StreamEntry&) = delete;
  StreamEntry& operator=(const StreamEntry&) = delete;

  const StreamInfo info;
  Partition& home;

  StreamState state;
  TailBytes own;  // from state.start on; what is before belongs to the source
  Visibility visible;
  Lsn last;                // of the last record that changed what clients see of it
  StreamHandle source;     // of a fork; null once gone
  int64_t used_steady_ms;  // last use; state.accessed_steady_ms is the last one that was recorded
  bool gone = false;       // has left its partition: no path leads here, no fork reads from here
  WatchList watched_by;
  std::unique_ptr<ExpiryTimer> timer;  // null: never expires
};

inline void ExpiryTimer::OnTimer() { stream_.home.due.push_back(&stream_); }

}  // namespace thalweg
