// One HTTP/1.x connection: reads, hands requests over in order, sends answers in order.
//
// Owned by Http1Shared. It never calls a handler from inside a Responder's call: ended answers are
// followed up in its own Run, at the latest at the end of the loop's turn. Own thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/timer_wheel.h"
#include "net/connection_limit.h"
#include "net/http1_parser.h"
#include "net/http1_responder.h"
#include "net/http1_shared.h"
#include "net/loop.h"
#include "net/output_queue.h"

namespace thalweg {

class Http1Connection final : public IoHandler, private Timer {
 public:
  // Takes over `fd`, which does not block. closed() at once where the loop cannot watch it.
  Http1Connection(Http1Shared& shared, int fd, ConnectionLimit::Place place);
  ~Http1Connection() override;

  void OnIo(uint32_t epoll_events) override;
  void OnTurnEnd();

  // The two halves of a Run, for Http1Shared, which does each with all that have received: requests
  // are read and handed over, then it is sent what came of them.
  void Handle();
  void Send();
  // Of the request that was received and will be handed over first; null: none is whole.
  std::optional<std::string_view> ReceivedPath();

  // Refuses a request that came at less than 16 KiB a second until `now_ms`, and gives back what it
  // takes. Nothing is asked of a short one.
  void RefuseIfSlow(int64_t now_ms);

  // Answers without having read a request, and closes.
  void Reject(const Rejection& rejection);
  // Closes when idle and nothing more has come, else with the answer at hand.
  void Drain();
  // Ends it now: cancels what is unfinished. The object lives until the end of the turn.
  void Close();

  // For its responders.
  void OnOutput();
  void OnEnded();
  void OnNextReleased() { ScheduleRun(); }
  // Nothing stands before what is written now, and it is not this connection that writes in its own
  // Handle or Send, which sends what comes of it together.
  bool may_send_now() const { return !running_ && writable_ && out_.empty(); }
  // Sends `bytes`; what the socket does not take is queued. False: it took nothing, and nothing is
  // queued. REQUIRES: may_send_now().
  bool SendNow(std::string_view bytes);
  bool ClosesAfter(const Http1Responder& responder) const;

  bool closed() const { return fd_ < 0; }
  ConnectionLimit::Place place() const { return place_; }
  size_t index_in_shared() const { return index_in_shared_; }
  void set_index_in_shared(size_t index) { index_in_shared_ = index; }

  // Bytes of own heap that it holds, for tests of its bounds.
  size_t held_bytes() const;

 private:
  enum class Wait : uint8_t { kNothing, kIdle, kHead, kBody, kWrite, kLinger };

  void OnTimer() override;
  void Run();
  void ScheduleRun();
  bool Receive();
  void RetainInput();
  void CountRequest();
  void DropInput();
  bool TakesMuch() const;
  void RefuseTooMuch();
  void RefuseForMemory();
  Http1Parser::Phase phase() const;
  size_t received_bytes() const;  // of the next request, or of more
  size_t ReadOnce();
  bool Dispatch();
  bool MayDispatch(Method method) const;
  void DispatchOne();
  void SendContinue();
  bool PopEnded();
  bool FlushAndRefill();
  void AfterFlush();
  bool HasInput() const;
  bool IsDoneWithEof() const;
  void StartLinger();
  void Linger();
  void Reset();
  void EndAt(const Http1Responder& aborted);
  void UpdateDeadline();
  Wait WaitsFor() const;
  int64_t TimeoutOf(Wait wait) const;
  uint64_t ProgressOf(Wait wait) const;
  bool HoldsMuch() const;

  Http1Shared& shared_;
  size_t index_in_shared_ = 0;
  int fd_;
  const ConnectionLimit::Place place_;

  std::unique_ptr<Http1Parser> parser_;  // null while nothing of a request is there
  size_t copied_bytes_ = 0;              // of the request whose responder holds back the next
  size_t counted_bytes_ = 0;             // received_bytes() and those, as the shared count has them
  OutputQueue out_;
  std::vector<Http1Responder*> pending_;  // in order; the first one writes to out_

  // The socket, as the kernel last told.
  bool readable_ = true;
  bool writable_ = true;
  bool eof_ = false;               // read to its end
  bool peer_half_closed_ = false;  // told ahead of what is still to be read

  bool dispatch_blocked_ = false;  // a request waits for earlier answers, or for room
  bool close_after_output_ = false;
  bool lingering_ = false;
  bool running_ = false;
  bool scheduled_ = false;
  std::optional<Rejection> rejection_;  // the last answer, once all earlier ones are done
  bool rejected_head_ = false;

  uint64_t linger_bytes_left_ = 0;
  int64_t linger_end_ms_ = 0;
  uint64_t bytes_in_ = 0;
  uint64_t requests_ = 0;
  uint64_t long_request_ = UINT64_MAX;  // of which much had come at …
  int64_t long_begin_ms_ = 0;
  Wait wait_ = Wait::kNothing;
  uint64_t wait_progress_ = 0;  // what had moved when the wait began
  int64_t deadline_ms_ = 0;     // the timer may fire earlier and is then set anew
  int64_t timer_ms_ = 0;
};

}  // namespace thalweg
