#include "http/live_poll.h"

#include <utility>

#include "base/assert.h"
#include "http/live_polls.h"

namespace thalweg {

LivePoll::LivePoll(LivePolls& polls, Responder& responder, LivePollRequest poll_request)
    : request(std::move(poll_request)), polls_(polls), responder_(&responder) {
  responder.SetEvents(this);
}

LivePoll::~LivePoll() {
  if (waiting()) TakeResponder().Abort();
}

Responder& LivePoll::TakeResponder() {
  THALWEG_ASSERT(waiting());
  TimerWheel::Cancel(*this);
  Responder& responder = *std::exchange(responder_, nullptr);
  responder.SetEvents(nullptr);
  return responder;
}

void LivePoll::OnTimer() {
  overdue = true;
  polls_.Look(*this);
}

void LivePoll::OnCancel() {
  TimerWheel::Cancel(*this);
  responder_ = nullptr;
  polls_.Forget(*this);
}

}  // namespace thalweg
