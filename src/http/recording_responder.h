// A Responder for tests: remembers what it was told and checks that it was told in order.
//
// Plays the transport: Cancel is the client leaving, set_room is a full buffer, MakeRoom its end.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "thalweg/http.h"

namespace thalweg {

class RecordingResponder final : public Responder {
 public:
  void Start(int status, const HeaderList& headers,
             std::optional<uint64_t> content_length) override {
    THALWEG_ASSERT(status_ == 0 && !ended());
    status_ = status;
    headers_ = headers;
    content_length_ = content_length;
  }

  bool Write(Bytes bytes) override {
    THALWEG_ASSERT(status_ != 0 && !ended());
    ++writes_;
    body_ += bytes.view();
    last_written_ = bytes;
    return TakeRoom(bytes.size());
  }

  bool WriteFile(FileRange range) override {
    std::string text(range.length, '\0');
    const ssize_t got = pread(range.fd, text.data(), text.size(), static_cast<off_t>(range.begin));
    THALWEG_ASSERT(got == static_cast<ssize_t>(text.size()));
    return Write(Bytes::Own(std::move(text)));
  }

  void Finish() override {
    THALWEG_ASSERT(status_ != 0 && !ended());
    // A head alone (HEAD, 304) may name a length without a body.
    THALWEG_ASSERT(!content_length_ || body_.empty() || *content_length_ == body_.size());
    finished_ = true;
  }

  void Abort() override {
    THALWEG_ASSERT(!ended());
    aborted_ = true;
  }

  void SetEvents(ResponderEvents* events) override {
    THALWEG_ASSERT(!cancelled_);
    events_ = events;
  }

  bool HoldNext(bool hold) override {
    THALWEG_ASSERT(!ended());
    holds_next_ = hold && can_hold_;
    return can_hold_;
  }

  // The client goes away; whoever uses the responder after this trips an assertion.
  void Cancel() {
    THALWEG_ASSERT(!ended());
    if (events_ != nullptr) events_->OnCancel();
    events_ = nullptr;
    cancelled_ = true;
  }

  // Whether the transport can hold back what comes behind the request.
  void set_can_hold(bool can_hold) { can_hold_ = can_hold; }
  bool holds_next() const { return holds_next_; }

  // How many more bytes the transport takes before Write answers false; null: any number.
  void set_room(std::optional<uint64_t> bytes) { room_ = bytes; }

  // Gives room and says so, as a transport does once its client has read on.
  void MakeRoom(std::optional<uint64_t> bytes = std::nullopt) {
    room_ = bytes;
    if (events_ != nullptr && !ended()) events_->OnWritable();
  }

  int status() const { return status_; }  // 0: not started
  std::optional<uint64_t> content_length() const { return content_length_; }
  const std::string& body() const { return body_; }
  bool finished() const { return finished_; }
  bool aborted() const { return aborted_; }
  int writes() const { return writes_; }
  const Bytes& last_written() const { return last_written_; }  // held, as a transport does

  // The value of the header called `name`; "" where there is none.
  std::string Header(std::string_view name) const {
    return std::string(headers_.Find(name).value_or(""));
  }
  bool HasHeader(std::string_view name) const { return headers_.Find(name).has_value(); }

  // What was written since the last call; for following an SSE response.
  std::string TakeBody() { return std::exchange(body_, {}); }

 private:
  bool ended() const { return finished_ || aborted_ || cancelled_; }

  bool TakeRoom(uint64_t bytes) {
    if (!room_) return true;
    const bool fits = bytes < *room_;
    *room_ -= fits ? bytes : *room_;
    return fits;
  }

  int status_ = 0;
  HeaderList headers_;
  std::optional<uint64_t> content_length_;
  std::string body_;
  Bytes last_written_;
  int writes_ = 0;
  bool finished_ = false;
  bool aborted_ = false;
  bool cancelled_ = false;
  bool can_hold_ = false;
  bool holds_next_ = false;
  std::optional<uint64_t> room_;
  ResponderEvents* events_ = nullptr;
};

}  // namespace thalweg
