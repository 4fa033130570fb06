// An answer to come: holds on to a responder, and lets go when the client leaves.
//
// Own thread only. Destroyed before it is sent, it aborts the response: nobody knows what became of
// the request.
#pragma once

#include <optional>
#include <utility>

#include "thalweg/http.h"

namespace thalweg {

template <typename Answer>
class WaitingAnswer final : public ResponderEvents {
 public:
  WaitingAnswer(Responder& responder, Answer answer)
      : responder_(&responder), answer_(std::move(answer)) {
    responder.SetEvents(this);
  }
  ~WaitingAnswer() override {
    if (responder_ == nullptr) return;
    responder_->SetEvents(nullptr);
    responder_->Abort();
  }
  WaitingAnswer(const WaitingAnswer&) = delete;
  WaitingAnswer& operator=(const WaitingAnswer&) = delete;

  void OnWritable() override {}
  void OnCancel() override {
    responder_ = nullptr;
    answer_.reset();
  }

  // Calls answer(Responder&) unless the client has left.
  void Send() {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    (*answer_)(responder);
  }

 private:
  Responder* responder_;          // null: the client is gone, or has its answer
  std::optional<Answer> answer_;  // may hold on to a whole request, so it goes with the client
};

}  // namespace thalweg
