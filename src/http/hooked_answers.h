// Answers of what lifecycle hooks are told: once durable the hook hears of it, then it is answered.
//
// Crosses threads: an AnswerHold may be let go on any, all else happens on the executor's own. The
// client may leave and the router may end while a hold is kept; that aborts the response.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "engine/port.h"
#include "http/waiting_answer.h"
#include "http/way_back.h"
#include "stream/ids.h"
#include "thalweg/executor.h"
#include "thalweg/hooks.h"
#include "thalweg/http.h"

namespace thalweg {

class HookedAnswers {
 public:
  using Answer = std::move_only_function<void(Responder&)>;

  // Both outlive this.
  HookedAnswers(Port& port, Executor& executor);
  ~HookedAnswers();
  HookedAnswers(const HookedAnswers&) = delete;
  HookedAnswers& operator=(const HookedAnswers&) = delete;

  // Once `lsn` is durable `hook` is told of `event`, whether the client is there or not; when it
  // has returned and nobody holds the answer any more, calls answer(Responder&) in a later turn of
  // the executor. REQUIRES: `hook` is callable and outlives this.
  void AnswerWhenTold(Lsn lsn, const StreamHook& hook, StreamEvent event, Responder& responder,
                      Answer answer);

 private:
  using Waiting = std::unique_ptr<WaitingAnswer<Answer>>;
  class Hold;

  void Tell(const StreamHook& hook, const StreamEvent& event, Waiting waiting);
  void Finish(uint64_t ticket);

  Port& port_;
  const std::shared_ptr<WayBack<HookedAnswers>> way_back_;
  uint64_t last_ticket_ = 0;
  std::unordered_map<uint64_t, Waiting> waiting_;  // for their holds
};

}  // namespace thalweg
