// All live readers of one stream on one router. It is the stream's one watcher there, so that an
// append costs one notification, however many read. (protocol 5.7, 5.8)
//
// Own thread only; owned by LiveReaders.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "engine/port.h"
#include "engine/read.h"
#include "http/live_polls.h"
#include "http/live_shared.h"
#include "http/live_sse.h"

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

  // A page of the stream, or null where the answer may not be told yet: then all readers look
  // again once it may.
  std::optional<ReadOutcome> Read(Offset from, size_t page_bytes_max);

  size_t readers() const { return polls_.size() + sse_.size(); }
  void ReaderEnded();

  // Frees the readers that have ended. REQUIRES: no reader is being called.
  void Sweep();
  void Shutdown();

 private:
  void OnStreamChanged() override;
  void LookAgain();

  LiveShared& shared_;
  const StreamHandle stream_;
  LivePolls polls_;
  LiveSse sse_;
  bool look_scheduled_ = false;
  bool sweep_scheduled_ = false;
  const std::shared_ptr<LiveHub*> self_;  // tasks hold it weakly: they may outlive us
};

}  // namespace thalweg
