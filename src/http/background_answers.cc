// Crosses threads; see the header.
#include "http/background_answers.h"

#include <utility>

#include "base/assert.h"

namespace thalweg {

BackgroundAnswers::BackgroundAnswers(Executor& executor)
    : way_back_(std::make_shared<WayBack<BackgroundAnswers>>(*this, executor)) {}

BackgroundAnswers::~BackgroundAnswers() { way_back_->Close(); }

void BackgroundAnswers::Run(Executor& workers, Responder& responder, Work work, Answer answer) {
  const uint64_t ticket = ++last_ticket_;
  // Clients that give up and ask again must not make others wait for what nobody waits for.
  const auto client = std::make_shared<char>();  // gone when it is
  waiting_.try_emplace(ticket, responder,
                       [client, answer = std::move(answer)](Responder& to) mutable { answer(to); });
  workers.Post([way_back = way_back_, ticket, stays = std::weak_ptr(client),
                work = std::move(work)]() mutable {
    if (!stays.expired()) work();
    way_back->Post([ticket](BackgroundAnswers& owner) { owner.Finish(ticket); });
  });
}

void BackgroundAnswers::Finish(uint64_t ticket) {
  const auto waiting = waiting_.extract(ticket);
  THALWEG_ASSERT(!waiting.empty());
  waiting.mapped().Send();
}

}  // namespace thalweg
