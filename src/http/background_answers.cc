// Crosses threads; see the header.
#include "http/background_answers.h"

#include <atomic>
#include <utility>

#include "base/assert.h"

namespace thalweg {

// One responder that waits, until the client leaves.
class BackgroundAnswers::Waiting final : public ResponderEvents {
 public:
  Waiting(Responder& responder, Answer answer)
      : responder_(&responder), answer_(std::move(answer)) {
    responder.SetEvents(this);
  }
  ~Waiting() override {
    *left_ = true;  // where the router ends before the work is done
    if (responder_ == nullptr) return;
    responder_->SetEvents(nullptr);
    responder_->Abort();
  }

  void OnWritable() override {}
  void OnCancel() override {
    responder_ = nullptr;
    answer_ = nullptr;
    *left_ = true;
  }

  // Whether nobody waits any more. THREAD: any may look.
  const std::shared_ptr<std::atomic<bool>>& left() const { return left_; }

  void Send() {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    answer_(responder);
  }

 private:
  Responder* responder_;  // null: the client is gone, or has its answer
  Answer answer_;
  const std::shared_ptr<std::atomic<bool>> left_ = std::make_shared<std::atomic<bool>>(false);
};

BackgroundAnswers::BackgroundAnswers(Executor& executor)
    : way_back_(std::make_shared<WayBack<BackgroundAnswers>>(*this, executor)) {}

BackgroundAnswers::~BackgroundAnswers() { way_back_->Close(); }

void BackgroundAnswers::Run(Executor& workers, Responder& responder, Work work, Answer answer) {
  const uint64_t ticket = ++last_ticket_;
  auto waiting = std::make_unique<Waiting>(responder, std::move(answer));
  // Clients that give up and ask again must not make others wait for what nobody waits for.
  auto left = waiting->left();
  waiting_.emplace(ticket, std::move(waiting));
  workers.Post(
      [way_back = way_back_, ticket, left = std::move(left), work = std::move(work)]() mutable {
        if (!*left) work();
        way_back->Post([ticket](BackgroundAnswers& owner) { owner.Finish(ticket); });
      });
}

void BackgroundAnswers::Finish(uint64_t ticket) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped()->Send();
}

}  // namespace thalweg
