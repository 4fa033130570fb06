// The SSE readers of one stream: those at the tail are sent each event as it comes, encoded once;
// the others catch up by reads of their own. (protocol 5.8)
//
// Own thread only; owned by the stream's hub.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "engine/read.h"
#include "http/sse.h"
#include "http/sse_reader.h"

namespace thalweg {

class LiveHub;

// Of the stream in one event: what a stalled reader may hold beyond what its transport had room
// for.
inline constexpr size_t kSsePageBytesMax = 32u << 10;

// An append longer than that is one event all the same, whole up to this and beyond it piece by
// piece: 64 MiB of newlines become 400 MiB, which took a loop 1.1 s in one.
inline constexpr size_t kSsePartBytesMax = 128u << 10;

inline constexpr PageRequest kSsePage{.bytes_max = kSsePageBytesMax,
                                      .part_bytes_max = kSsePartBytesMax};

class LiveSse {
 public:
  explicit LiveSse(LiveHub& hub) : hub_(hub) {}

  // Begins a response where `first` does, which was read for it, to a request with credentials
  // where `is_authorized`. What follows is read anew.
  void Add(Responder& responder, const Page& first, std::optional<uint64_t> client_cursor,
           bool is_authorized);

  // Sends what is new to those at the tail.
  void Publish();

  // Goes on with `reader`, which is behind and has room again; or with all such readers.
  void Resume(SseReader& reader);
  void ResumeBehind();

  // The same with those that wait for a page from `place` on, and no others: 1,000 readers at as
  // many places of a stream that is on the disk took 1.4 times the CPU when all looked each time.
  void ResumeWaitingAt(Offset place);

  // `reader` is sent nothing more until Resume.
  void FellBehind(SseReader& reader);

  // Ends all responses; those that are inside an event once it is complete.
  void Shutdown();

  // `reader` has ended: it is freed with the next Sweep.
  void Forget(SseReader& reader);
  void Sweep() { ended_.clear(); }

  size_t size() const { return live_.size() + behind_.size(); }

 private:
  struct Encoded {
    SseEvent event;  // without its bytes
    std::weak_ptr<const void> owner;
    std::string_view bytes;
  };

  std::optional<ReadOutcome> Read(const SsePlace& from);
  bool SendNext(SseReader& reader);
  void StopWaiting(SseReader& reader);
  SseEvent EventFor(const SseReader& reader, const Page& page);
  std::optional<SseEvent> FindEncoded(const Page& page) const;
  void KeepEncoded(const SseEvent& event);
  void ForgetEncodedUnlessBehind();
  void JoinLive(SseReader& reader);
  void SendToLive(const SseEvent& event);
  void PrefetchNext();
  void EndAll();

  LiveHub& hub_;
  SsePlace place_;             // what the live ones have been sent
  std::list<SseReader> live_;  // each at place_, or past it where it read on by itself
  std::list<SseReader> behind_;
  std::list<SseReader> ended_;
  std::set<std::pair<Offset, SseReader*>> waiting_;  // of behind_: for a page, by where it begins
  // Long events by where they begin, while any reader is behind and as long as somebody holds them:
  // who catches up and comes to the same place shares them, so that a long append is not in memory
  // once for each reader that does not take it.
  std::map<Offset, Encoded> encoded_;
  size_t encoded_max_ = 0;  // then those that nobody holds are forgotten
  Bytes newest_;            // of them, held by us: more readers may come for it
};

}  // namespace thalweg
