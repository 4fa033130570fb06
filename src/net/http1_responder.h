// One answer of one connection: its head, its framing, and where its bytes wait for their turn.
//
// Owned by Http1Shared; given out for one request and taken back. The loop's own thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/output_queue.h"
#include "thalweg/http.h"

namespace thalweg {

class Http1Connection;
class Http1Shared;

class Http1Responder final : public Responder {
 public:
  // What of a request shapes the answer's framing.
  struct Traits {
    Method method = Method::kOther;
    bool http10 = false;
    bool keep_alive = true;
  };

  explicit Http1Responder(Http1Shared& shared) : shared_(shared) {}

  void Start(int status, const HeaderList& headers,
             std::optional<uint64_t> content_length) override;
  bool Write(Bytes bytes) override;
  bool WriteFile(FileRange range) override;
  void Finish() override;
  void Abort() override;
  void SetEvents(ResponderEvents* events) override { events_ = events; }
  bool HoldNext(bool hold) override;

  // For the connection.
  void Begin(Http1Connection& connection, Traits traits);
  // Its turn has come: what waited goes to the connection's queue, and so does what follows.
  void BecomeFirst(OutputQueue& connection_queue);
  // The connection is gone. May call OnCancel; gives itself back now, or when the handler ends it.
  void OnConnectionGone();
  // There is room again.
  void OnRoom();
  void Reset();

  const Traits& traits() const { return traits_; }
  // Whether anything of it has gone to the connection's queue.
  bool has_gone_out() const { return begun_ && first_queue_ != nullptr; }
  bool finished() const { return state_ == State::kFinished; }
  bool aborted() const { return state_ == State::kAborted; }
  bool closes_connection() const { return closes_connection_; }
  bool waits_for_room() const { return waits_for_room_; }
  bool holds_next() const { return holds_next_ && !finished(); }
  // Waits for what may never happen (ResponderEvents::IsLive).
  bool is_live() const { return events_ != nullptr && events_->IsLive() && !finished(); }

  size_t index_in_shared() const { return index_in_shared_; }
  void set_index_in_shared(size_t index) { index_in_shared_ = index; }

 private:
  enum class State : uint8_t { kIdle, kWaiting, kStarted, kFinished, kAborted };
  enum class BodyFraming : uint8_t { kNone, kLength, kChunked, kUntilClose };

  OutputQueue& out() { return first_queue_ != nullptr ? *first_queue_ : own_queue_; }
  void ChooseFraming(int status, std::optional<uint64_t> content_length);
  void AppendHead(int status, const HeaderList& headers, std::optional<uint64_t> content_length);
  bool SendShortChunk(std::string_view bytes);
  template <typename Part>
  bool AppendPart(Part part, uint64_t bytes);
  void End(State state);

  Http1Shared& shared_;
  size_t index_in_shared_ = 0;

  Http1Connection* connection_ = nullptr;  // null: gone
  OutputQueue* first_queue_ = nullptr;     // the connection's, once this answer is the first
  ResponderEvents* events_ = nullptr;
  Traits traits_;
  State state_ = State::kIdle;
  BodyFraming framing_ = BodyFraming::kNone;
  bool begun_ = false;  // Start was called
  bool closes_connection_ = false;
  bool waits_for_room_ = false;
  bool holds_next_ = false;
  bool cancelling_ = false;  // inside OnCancel
  int64_t begin_us_ = 0;
  uint64_t length_left_ = 0;
  OutputQueue own_queue_;  // last: what each Write needs stands together
};

}  // namespace thalweg
