// Answers that are spoiled on their way: cut short, with other bytes, or with an event in front.
//
// Stands between a handler and the transport's responder, for one answer; framing stays right, so
// that only the client's reading of the body is put to the test. Own thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "thalweg/http.h"

namespace thalweg {

// What is done to an answer. Bodies are spoiled as they go on the wire, compressed or not, and only
// those of a GET's 200 that is not SSE; the event goes to SSE only.
struct Spoil {
  std::optional<uint64_t> truncate_body_bytes{};
  bool corrupt_body = false;
  std::string sse_event{};  // whole, as it is sent first; empty: none
  uint64_t seed = 0;        // of where the body is corrupted
};

class SpoiledResponder final : public Responder, private ResponderEvents {
 public:
  // A responder that spoils what `inner` gets. It ends by itself with the answer, and where the
  // handler hears of it with the client.
  static Responder& Wrap(Responder& inner, Method method, Spoil spoil);

  SpoiledResponder(Responder& inner, Method method, Spoil spoil);  // for Wrap

  void Start(int status, const HeaderList& headers,
             std::optional<uint64_t> content_length) override;
  bool Write(Bytes bytes) override;
  bool WriteFile(FileRange range) override;
  void Finish() override;
  void Abort() override;
  void SetEvents(ResponderEvents* events) override { events_ = events; }
  bool HoldNext(bool hold) override { return inner_ != nullptr && inner_->HoldNext(hold); }

 private:
  void OnWritable() override;
  void OnCancel() override;
  bool IsLive() const override { return events_ != nullptr && events_->IsLive(); }

  // How many of the next `bytes` of the body are sent; they count as sent.
  uint64_t Take(uint64_t bytes);
  // Bytes that stand `begin` bytes into the body, with some that are others.
  Bytes Corrupt(const Bytes& bytes, uint64_t begin);

  // Lets go of the transport; the caller ends this by letting go of what it got.
  std::unique_ptr<SpoiledResponder> Leave();

  Responder* inner_;  // null: the client is gone, and the handler does not know it
  const Method method_;
  const Spoil spoil_;
  std::minstd_rand random_;
  bool spoils_body_ = false;
  uint64_t sent_ = 0;                       // bytes of the body
  ResponderEvents* events_ = nullptr;       // the handler's
  std::unique_ptr<SpoiledResponder> self_;  // until the end
};

}  // namespace thalweg
