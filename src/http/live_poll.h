// One long-poll that waits at the tail of its stream. (protocol 5.7)
//
// Own thread only. Lives in a list of its stream's LivePolls and tells it of its end.
#pragma once

#include <cstdint>
#include <list>
#include <optional>

#include "base/timer_wheel.h"
#include "engine/read.h"
#include "http/page_reply.h"
#include "thalweg/http.h"

namespace thalweg {

class LivePolls;

struct LivePollRequest {
  Offset offset;
  AskedFor asked_for = AskedFor::kOffset;
  std::optional<uint64_t> cursor;
  ReadConditions conditions;
};

class LivePoll final : public Timer, private ResponderEvents {
 public:
  LivePoll(LivePolls& polls, Responder& responder, LivePollRequest request);
  ~LivePoll() override;

  // The responder, which from here on is the caller's. REQUIRES: waiting().
  Responder& TakeResponder();
  bool waiting() const { return responder_ != nullptr; }

  const LivePollRequest request;
  std::list<LivePoll>::iterator self;  // in the list of `polls_`
  bool overdue = false;                // is answered at the next look, whatever there is

 private:
  void OnTimer() override;
  void OnWritable() override {}
  void OnCancel() override;
  bool IsLive() const override { return true; }

  LivePolls& polls_;
  Responder* responder_;  // null: answered, or the client is gone
};

}  // namespace thalweg
