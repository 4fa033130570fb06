// One SSE response: where it stands, what it may still be sent, when it ends. (protocol 5.8)
//
// Own thread only. Lives in a list of its stream's LiveSse, which reads for it; a stalled reader
// holds its own few fields and what the transport has taken.
#pragma once

#include <cstdint>
#include <list>
#include <optional>

#include "base/prefetch.h"
#include "base/timer_wheel.h"
#include "http/live_shared.h"
#include "http/sse.h"
#include "stream/content_type.h"
#include "thalweg/http.h"

namespace thalweg {

class LiveSse;

class SseReader final : public Timer, private ResponderEvents {
 public:
  SseReader(LiveSse& flow, LiveShared& shared, Responder& responder, Offset offset,
            std::optional<uint64_t> client_cursor);
  ~SseReader() override;

  // Sends the head, with the fields of closure where the stream has ended where the reader stands
  // (protocol 8); `is_authorized`: the request has credentials. REQUIRES: called once, first.
  void Start(ContentKind kind, bool at_closed_end, bool is_authorized);

  // Sends an event that begins where this reader stands. The response ends with it where it
  // completes and is the last one: of the stream, after a shutdown, or a long one whose end comes
  // past the response's age.
  void Send(const SseEvent& event);

  // Ends the response; inside an event it is cut off, so that no client takes a part for the whole.
  void End();

  // The router shuts down: ends it, or inside an event as soon as that has ended, or its client
  // takes nothing of it.
  void Shutdown();

  // What a Send touches is on its way: this, with its place in the list, and the responder, which
  // is known once this is there.
  void Prefetch() const {
    thalweg::Prefetch(reinterpret_cast<const char*>(this) - kLinksBytes,
                      kLinksBytes + sizeof *this);
  }
  void PrefetchResponder() const { thalweg::Prefetch(responder_, kResponderBytes); }

  const SsePlace& place() const { return place_; }
  bool greeted() const { return greeted_; }  // has been sent a control event
  bool has_room() const { return has_room_; }
  bool ended() const { return responder_ == nullptr; }

  std::list<SseReader>::iterator self;  // in the list of `flow_`
  bool live = false;                    // stands at the tail and is sent what comes
  bool waits = false;                   // for its next page

 private:
  static constexpr size_t kLinksBytes = 2 * sizeof(void*);  // a list's, before its element
  static constexpr size_t kResponderBytes = 128;  // a transport's, whose hot fields come first

  void OnTimer() override;
  void OnTimerInside(int64_t now_ms);
  void OnWritable() override;
  void OnCancel() override;
  bool IsLive() const override { return true; }

  void WriteWithOwnCursor(const SseEvent& event);
  void Write(Bytes bytes);
  void Heartbeat(int64_t now_ms);
  void ScheduleTimer(int64_t now_ms);

  LiveSse& flow_;
  LiveShared& shared_;
  Responder* responder_;  // null: ended, or the client is gone
  SsePlace place_;
  uint64_t cursor_;  // the least that the next control event may carry
  int64_t written_ms_;
  int64_t end_ms_;
  bool greeted_ = false;
  bool has_room_ = true;
};

}  // namespace thalweg
