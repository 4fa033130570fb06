// Crosses threads; see the header.
#include "http/hooked_answers.h"

#include <utility>

#include "base/assert.h"

namespace thalweg {

// What an AnswerHold points to.
class HookedAnswers::Hold {
 public:
  Hold(std::shared_ptr<WayBack<HookedAnswers>> way_back, uint64_t ticket)
      : way_back_(std::move(way_back)), ticket_(ticket) {}
  ~Hold() {
    way_back_->Post([ticket = ticket_](HookedAnswers& owner) { owner.Finish(ticket); });
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  const std::shared_ptr<WayBack<HookedAnswers>> way_back_;
  const uint64_t ticket_;
};

HookedAnswers::HookedAnswers(Port& port, Executor& executor)
    : port_(port), way_back_(std::make_shared<WayBack<HookedAnswers>>(*this, executor)) {}

HookedAnswers::~HookedAnswers() { way_back_->Close(); }

void HookedAnswers::AnswerWhenTold(Lsn lsn, const StreamHook& hook, StreamEvent event,
                                   Responder& responder, Answer answer) {
  auto waiting = std::make_unique<WaitingAnswer<Answer>>(responder, std::move(answer));
  port_.WhenDurable(
      lsn, [this, &hook, event = std::move(event), waiting = std::move(waiting)]() mutable {
        Tell(hook, event, std::move(waiting));
      });
}

void HookedAnswers::Tell(const StreamHook& hook, const StreamEvent& event, Waiting waiting) {
  THALWEG_ASSERT(hook != nullptr);
  const uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::move(waiting));
  hook(event, std::make_shared<Hold>(way_back_, ticket));
}

void HookedAnswers::Finish(uint64_t ticket) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped()->Send();
}

}  // namespace thalweg
