// Answers that wait until what they rest on is durable; the client may leave meanwhile.
//
// Own thread only. The waiting answer belongs to the port; if the port drops it (it ends, or the
// disk has failed), the response is aborted: nobody knows what became of the change.
#pragma once

#include <memory>
#include <utility>

#include "engine/port.h"
#include "http/waiting_answer.h"
#include "stream/ids.h"
#include "thalweg/http.h"

namespace thalweg {

// Calls `answer(Responder&)` once `lsn` is durable, unless the client leaves before. `answer` owns
// what it needs: the request is gone by then. One allocation, where it has to wait.
template <typename Answer>
void AnswerWhenDurable(Port& port, Lsn lsn, Responder& responder, Answer answer) {
  if (!port.MustWait(lsn)) return answer(responder);
  auto pending = std::make_unique<WaitingAnswer<Answer>>(responder, std::move(answer));
  port.WhenDurable(lsn, [pending = std::move(pending)] { pending->Send(); });
}

}  // namespace thalweg
