// The long-polls that wait on one stream. (protocol 5.7)
//
// Own thread only; owned by the stream's hub.
#pragma once

#include <cstddef>
#include <list>
#include <optional>

#include "engine/read.h"
#include "http/live_poll.h"
#include "http/live_shared.h"

namespace thalweg {

class LiveHub;

// A long-poll that found nothing, or nothing any more: 204 with the reader's own offset.
void SendNothingNew(LiveShared& shared, Offset offset, bool closed, std::optional<uint64_t> cursor,
                    Responder& responder);

class LivePolls {
 public:
  explicit LivePolls(LiveHub& hub) : hub_(hub) {}

  // Answers at once where there is something to say, else when there is.
  void Add(Responder& responder, LivePollRequest request);

  // Answers whom there is something to say to.
  void LookAll();
  void Look(LivePoll& poll);

  // All are answered, with what there is or with 204.
  void AnswerAll();

  // `poll` has ended: it is freed with the next Sweep.
  void Forget(LivePoll& poll);
  void Sweep() { ended_.clear(); }

  size_t size() const { return waiting_.size(); }

 private:
  void Answer(LivePoll& poll, const ReadOutcome& outcome);

  LiveHub& hub_;
  std::list<LivePoll> waiting_;
  std::list<LivePoll> ended_;
};

}  // namespace thalweg
