// Crosses threads; see the header.
#include "http/background_answers.h"

#include <mutex>
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

struct BackgroundAnswers::Door {
  std::mutex mutex;
  Executor* executor;        // guarded by mutex; null once the router has ended
  BackgroundAnswers* owner;  // executor's thread only; null once the router has ended
};

BackgroundAnswers::BackgroundAnswers(Executor& executor, Executor& workers)
    : workers_(workers), door_(std::make_shared<Door>()) {
  door_->executor = &executor;
  door_->owner = this;
}

BackgroundAnswers::~BackgroundAnswers() {
  door_->owner = nullptr;
  std::lock_guard lock(door_->mutex);
  door_->executor = nullptr;
}

void BackgroundAnswers::Answer(Responder& responder, HeaderList fields, Work work) {
  const uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::make_unique<Waiting>(responder, std::move(fields)));
  workers_.Post([door = door_, ticket, work = std::move(work)]() mutable {
    auto finish = [door, ticket, body = work()]() mutable {
      if (door->owner != nullptr) door->owner->Finish(ticket, std::move(body));
    };
    std::lock_guard lock(door->mutex);
    if (door->executor != nullptr) door->executor->Post(std::move(finish));
  });
}

void BackgroundAnswers::Finish(uint64_t ticket, Bytes body) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped()->Send(std::move(body));
}

}  // namespace thalweg
