// An answer that a router on one thread gives to a Responder on another: that of the transport's
// loop.
//
// Crosses threads. The router's side (Responder) runs on the router's thread, the transport's side
// (ResponderEvents) on the loop's; each tells the other by posting to its executor. Kept alive by
// what is posted and by whoever may still call it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "thalweg/executor.h"
#include "thalweg/http.h"

namespace thalweg {

class Relay final : public Responder,
                    public ResponderEvents,
                    public std::enable_shared_from_this<Relay> {
 public:
  // `router_thread` may have ended, and drop what it is given, while the response still tells of
  // its client. REQUIRES: `loop` outlives this. THREAD: the loop's.
  Relay(Executor& loop, std::shared_ptr<Executor> router_thread, Responder& response);

  // Registers for the response's events; from here on it keeps itself until the answer has ended.
  void Open();

  // THREAD: the router's.
  void Start(int status, const HeaderList& headers,
             std::optional<uint64_t> content_length) override;
  bool Write(Bytes bytes) override;
  bool WriteFile(FileRange range) override;
  void Finish() override;
  void Abort() override;
  void SetEvents(ResponderEvents* events) override { events_ = events; }
  void Respond(int status, const HeaderList& headers, Bytes body) override;

  // THREAD: the loop's.
  void OnWritable() override;
  void OnCancel() override;

 private:
  template <typename Step>
  void Tell(Step step);
  void Taken(size_t bytes);
  void LeaveLoop();
  void HearOfRoom();
  void HearOfCancel();

  Executor& loop_;
  const std::shared_ptr<Executor> router_thread_;

  // The loop's thread.
  Responder* response_;    // null: the answer has ended or its client has gone
  size_t held_bytes_ = 0;  // given to a socket that is full
  std::shared_ptr<Relay> loop_self_;

  // The router's thread.
  ResponderEvents* events_ = nullptr;
  std::shared_ptr<Relay> router_self_;  // null: the router has ended it, or heard of its end

  // Both.
  std::atomic<size_t> under_way_bytes_ = 0;  // written and not yet taken by the socket
  std::atomic<bool> waits_for_room_ = false;
};

}  // namespace thalweg
