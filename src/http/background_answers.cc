// Crosses threads; see the header.
#include "http/background_answers.h"

#include <utility>

#include "base/assert.h"

namespace thalweg {

// One responder that waits, until the client leaves.
class BackgroundAnswers::Waiting final : public ResponderEvents {
 public:
  explicit Waiting(Responder& responder) : responder_(&responder) { responder.SetEvents(this); }
  ~Waiting() override {
    if (responder_ != nullptr) responder_->SetEvents(nullptr);
  }

  void OnWritable() override {}
  void OnCancel() override { responder_ = nullptr; }

  void Send(Answer answer) {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    answer(responder);
  }

 private:
  Responder* responder_;  // null: the client is gone, or has its answer
};

BackgroundAnswers::BackgroundAnswers(Executor& executor)
    : way_back_(std::make_shared<WayBack<BackgroundAnswers>>(*this, executor)) {}

BackgroundAnswers::~BackgroundAnswers() { way_back_->Close(); }

void BackgroundAnswers::Run(Executor& workers, Responder& responder, Work work) {
  const uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::make_unique<Waiting>(responder));
  workers.Post([way_back = way_back_, ticket, work = std::move(work)]() mutable {
    way_back->Post([ticket, answer = work()](BackgroundAnswers& owner) mutable {
      owner.Finish(ticket, std::move(answer));
    });
  });
}

void BackgroundAnswers::Finish(uint64_t ticket, Answer answer) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped()->Send(std::move(answer));
}

}  // namespace thalweg
