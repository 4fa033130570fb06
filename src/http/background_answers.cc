// Crosses threads; see the header.
#include "http/background_answers.h"

#include <atomic>
#include <utility>

#include "base/assert.h"

namespace thalweg {

// One responder that waits, until the client leaves.
class BackgroundAnswers::Waiting final : public ResponderEvents {
 public:
  explicit Waiting(Responder& responder) : responder_(&responder) { responder.SetEvents(this); }
  ~Waiting() override {
    *left_ = true;  // where the router ends before the work is done
    if (responder_ != nullptr) responder_->SetEvents(nullptr);
  }

  void OnWritable() override {}
  void OnCancel() override {
    responder_ = nullptr;
    *left_ = true;
  }

  // Whether nobody waits any more. THREAD: any may look.
  const std::shared_ptr<std::atomic<bool>>& left() const { return left_; }

  void Send(Answer answer) {
    if (responder_ == nullptr) return;
    Responder& responder = *std::exchange(responder_, nullptr);
    responder.SetEvents(nullptr);
    answer(responder);
  }

 private:
  Responder* responder_;  // null: the client is gone, or has its answer
  const std::shared_ptr<std::atomic<bool>> left_ = std::make_shared<std::atomic<bool>>(false);
};

BackgroundAnswers::BackgroundAnswers(Executor& executor)
    : way_back_(std::make_shared<WayBack<BackgroundAnswers>>(*this, executor)) {}

BackgroundAnswers::~BackgroundAnswers() { way_back_->Close(); }

void BackgroundAnswers::Run(Executor& workers, Responder& responder, Work work) {
  const uint64_t ticket = ++last_ticket_;
  auto waiting = std::make_unique<Waiting>(responder);
  // Clients that give up and ask again must not make others wait for what nobody waits for.
  auto left = waiting->left();
  waiting_.emplace(ticket, std::move(waiting));
  workers.Post(
      [way_back = way_back_, ticket, left = std::move(left), work = std::move(work)]() mutable {
        Answer answer = *left ? Answer() : work();
        way_back->Post([ticket, answer = std::move(answer)](BackgroundAnswers& owner) mutable {
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
