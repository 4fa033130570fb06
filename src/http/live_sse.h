// The SSE readers of one stream: those at the tail are sent each event as it comes, encoded once;
// the others catch up by reads of their own. (protocol 5.8)
//
// Own thread only; owned by the stream's hub.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include "engine/read.h"
#include "http/sse.h"
#include "http/sse_reader.h"

namespace thalweg {

class LiveHub;

// Of one event: what a stalled reader may hold beyond what its transport had room for. A longer
// append is one event all the same, which those who hold it share.
inline constexpr size_t kSsePageBytesMax = 32u << 10;

class LiveSse {
 public:
  explicit LiveSse(LiveHub& hub) : hub_(hub) {}

  // Begins a response at `offset`. REQUIRES: `offset` is a boundary of the stream.
  void Add(Responder& responder, Offset offset, std::optional<uint64_t> client_cursor);

  // Sends what is new to those at the tail.
  void Publish();

  // Goes on with `reader`, which is behind and has room again; or with all such readers.
  void Resume(SseReader& reader);
  void ResumeBehind();

  // `reader` is sent nothing more until Resume.
  void FellBehind(SseReader& reader);

  // Ends all responses.
  void EndAll();

  // `reader` has ended: it is freed with the next Sweep.
  void Forget(SseReader& reader);
  void Sweep() { ended_.clear(); }

  size_t size() const { return live_.size() + behind_.size(); }

 private:
  // A long event that was encoded for a reader that caught up, as long as a transport holds it: who
  // comes to the same place meanwhile shares it, so that a long append is not in memory once for
  // each reader that does not take it.
  struct Shared {
    std::weak_ptr<const void> owner;  // of `text`
    std::string_view text;
    size_t data_bytes = 0;
    Offset start;
    SseControl control;
  };

  bool SendNext(SseReader& reader);
  SseEvent EventFor(SseReader& reader, const Page& page);
  void JoinLive(SseReader& reader);
  void SendToLive(const SseEvent& event);
  void PrefetchNext();

  LiveHub& hub_;
  Offset position_;            // what the live ones have been sent
  std::list<SseReader> live_;  // each at position_, or past it where it read on by itself
  std::list<SseReader> behind_;
  std::list<SseReader> ended_;
  Shared shared_;
};

}  // namespace thalweg
