// Crosses threads; see the header.
#include "http/background_answers.h"

#include <utility>

#include "base/assert.h"

namespace thalweg {

// One responder that waits, until the client leaves.
class BackgroundAnswers::Waiting final : public ResponderEvents {
 public:
  Waiting(Responder& responder, HeaderList fields)
      : responder_(&responder), fields_(std::move(fields)) {
    responder.SetEvents(this);
  }
  ~Waiting() override {
    if (responder_ != nullptr) responder_->SetEvents(nullptr);
  }

  void OnWritable() override {}
  void OnCancel() override { responder_ = nullptr; }

  void Send(Bytes body) {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    responder.Respond(200, fields_, std::move(body));
  }

 private:
  Responder* responder_;  // null: the client is gone, or has its answer
  HeaderList fields_;
};

BackgroundAnswers::BackgroundAnswers(Executor& executor, Executor& workers)
    : workers_(workers), way_back_(std::make_shared<WayBack<BackgroundAnswers>>(*this, executor)) {}

BackgroundAnswers::~BackgroundAnswers() { way_back_->Close(); }

void BackgroundAnswers::Answer(Responder& responder, HeaderList fields, Work work) {
  const uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::make_unique<Waiting>(responder, std::move(fields)));
  workers_.Post([way_back = way_back_, ticket, work = std::move(work)]() mutable {
    way_back->Post([ticket, body = work()](BackgroundAnswers& owner) mutable {
      owner.Finish(ticket, std::move(body));
    });
  });
}

void BackgroundAnswers::Finish(uint64_t ticket, Bytes body) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped()->Send(std::move(body));
}

}  // namespace thalweg
