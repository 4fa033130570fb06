// All live readers of one stream on one router. It is the stream's one watcher there, so that an
// append costs one notification, however many read. (protocol 5.7, 5.8)
//
// Crosses threads: what would wait for the disk is read on a worker, all else is the executor's
// own. Owned by LiveReaders.
#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>

#include "engine/port.h"
#include "engine/read.h"
#include "http/live_polls.h"
#include "http/live_shared.h"
#include "http/live_sse.h"
#include "http/way_back.h"

namespace thalweg {

class LiveHub final : private Watcher {
 public:
  // Watches from here on: what a read after this does not show will be told.
  LiveHub(LiveShared& shared, StreamHandle stream);
  ~LiveHub() override;
  LiveHub(const LiveHub&) = delete;
  LiveHub& operator=(const LiveHub&) = delete;

  LivePolls& polls() { return polls_; }
  LiveSse& sse() { return sse_; }
  LiveShared& shared() { return shared_; }
  const StreamHandle& stream() const { return stream_; }
  StreamInfo info() const;

  // A page of the stream, or null where it is not in memory or may not be told yet: then those who
  // wait for it look again once it is there, and all readers once it may.
  std::optional<ReadOutcome> Read(Offset from, const PageRequest& request);

  size_t readers() const { return polls_.size() + sse_.size(); }
  void ReaderEnded();

  // Frees the readers that have ended. REQUIRES: no reader is being called.
  void Sweep();
  void Shutdown();

 private:
  struct PageKey {
    Offset from;
    PageRequest request;
    auto operator<=>(const PageKey&) const = default;
  };
  struct Arrived {
    PageKey page;
    ReadOutcome outcome;
  };

  void OnStreamChanged() override;
  void LookAgain();
  ReadOutcome Look(const PageKey& page);
  void Fetch(const PageKey& page);
  void Arrive(const Arrived& arrived);

  LiveShared& shared_;
  const StreamHandle stream_;
  LivePolls polls_;
  LiveSse sse_;
  bool look_scheduled_ = false;
  bool sweep_scheduled_ = false;
  std::set<PageKey> fetching_;        // by workers, and not there yet
  const Arrived* arrived_ = nullptr;  // while it is looked at
  const std::shared_ptr<WayBack<LiveHub>> way_back_;
};

}  // namespace thalweg
