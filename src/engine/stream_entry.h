// One incarnation of a stream: its state, its bytes, what readers may see, and who watches.
//
// Held by its partition, by the forks that read from it and by whoever reads it. Everything but
// `home` and what never changes of `state` is guarded by home.mutex.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/boxed.h"
#include "base/timer_wheel.h"
#include "engine/capture.h"
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

// A use that a record notes.
struct NotedUse {
  Lsn lsn;
  int64_t steady_ms = 0;
};

class StreamEntry {
 public:
  // A stream in the state `initial` after the record `lsn`, whose bytes from `in_memory_from` on
  // are to be in memory.
  StreamEntry(Partition& partition, StreamState initial, Lsn lsn, Offset in_memory_from,
              StreamHandle fork_source)
      : home(partition),
        state(std::move(initial)),
        own(in_memory_from),
        visible(Mark{.lsn = lsn, .tail = state.tail, .closed = state.closed}),
        last(lsn),
        source(std::move(fork_source)),
        used_steady_ms(state.accessed_steady_ms),
        noted{.lsn = lsn, .steady_ms = state.accessed_steady_ms} {}
  StreamEntry(const StreamEntry&) = delete;
  StreamEntry& operator=(const StreamEntry&) = delete;

  Partition& home;

  StreamState state;
  TailBytes
      own;  // of those from state.start on, what no segment has yet; older ones the source has
  Visibility visible;
  Lsn last;                     // of the last record that changed what clients see of it
  Lsn published;                // up to which a watcher that came had it queued for publication
  StreamHandle source;          // of a fork; null once gone
  int64_t used_steady_ms;       // last use; state.accessed_steady_ms is the last one that was noted
  NotedUse noted;               // that restarts go by for uses within an eighth of a TTL from it
  Boxed<WatchList> watched_by;  // not empty; null: by nobody
  std::unique_ptr<ExpiryTimer> timer;  // null: never expires

  // For checkpoints (checkpoint.h).
  uint64_t changed_in = 0;            // the epoch of its last change; 0: the store has all of it
  std::unique_ptr<Capture> captured;  // as it was when the checkpoint began that is under way
  std::optional<int64_t> due_ms;      // of its expiry, as the store has it
  uint32_t state_bytes = 0;           // what its state counts for among what is not checkpointed
  bool stored = false;                // the store has it, maybe older

  // A TTL does not run out while somebody watches. Under the lock.
  bool IsKeptByWatchers() const {
    return watched_by && state.config->expiry.kind == Expiry::Kind::kTtl;
  }

  // What was staged before anybody watched, is not durable, and is queued by nobody yet: who calls
  // has it published. Under the lock.
  std::vector<Lsn> TakeUnpublished(Lsn durable);

  bool used = true;   // since eviction last looked
  bool gone = false;  // has left its partition: no path leads here, no fork reads from here
};

// When its time comes by the wall clock, as whoever loads it will reckon; null: never. Under the
// lock.
std::optional<int64_t> DueMs(const StreamEntry& stream, Moment now);

// Where the wall clock was set back by less than this, no due time is put right for it.
inline constexpr int64_t kDueLateMs = 60'000;

// Whether the store, which has `stored` for the due time of a stream, is to be told `due_ms`: not
// whenever a use has moved it, but where that time has come and the stream's has not, or where it
// is too late, for the wall clock was set back.
bool IsDueStale(std::optional<int64_t> stored, std::optional<int64_t> due_ms, int64_t wall_ms);

// The stream as it stands now; takes its state_bytes. Under the lock.
Capture CaptureNow(StreamEntry& stream, Moment now);

inline std::vector<Lsn> StreamEntry::TakeUnpublished(Lsn durable) {
  std::vector<Lsn> lsns = visible.Undurable(durable);
  if (last > std::max(visible.newest(), durable)) lsns.push_back(last);
  std::erase_if(lsns, [this](Lsn lsn) { return lsn <= published; });
  published = last;
  return lsns;
}

inline void ExpiryTimer::OnTimer() { stream_.home.due.push_back(&stream_); }

}  // namespace thalweg
