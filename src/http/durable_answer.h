// Answers that wait until what they rest on is durable; the client may leave meanwhile.
//
// Own thread only. The waiting answer belongs to the port; if the port ends first, the responder
// is let go unanswered.
#pragma once

#include <memory>
#include <utility>

#include "engine/port.h"
#include "stream/ids.h"
#include "thalweg/http.h"

namespace thalweg {

// Holds on to a responder for an answer to come, and lets go when the client leaves.
template <typename Answer>
class DurableAnswer final : public ResponderEvents {
 public:
  DurableAnswer(Responder& responder, Answer answer)
      : responder_(&responder), answer_(std::move(answer)) {
    responder.SetEvents(this);
  }
  ~DurableAnswer() override {
    if (responder_ != nullptr) responder_->SetEvents(nullptr);
  }
  DurableAnswer(const DurableAnswer&) = delete;
  DurableAnswer& operator=(const DurableAnswer&) = delete;

  void OnWritable() override {}
  void OnCancel() override { responder_ = nullptr; }

  void Send() {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    answer_(responder);
  }

 private:
  Responder* responder_;  // null: the client is gone, or has its answer
  Answer answer_;
};

// Calls `answer(Responder&)` once `lsn` is durable, unless the client leaves before. `answer` owns
// what it needs: the request is gone by then. One allocation.
template <typename Answer>
void AnswerWhenDurable(Port& port, Lsn lsn, Responder& responder, Answer answer) {
  auto pending = std::make_unique<DurableAnswer<Answer>>(responder, std::move(answer));
  port.WhenDurable(lsn, [pending = std::move(pending)] { pending->Send(); });
}

}  // namespace thalweg
