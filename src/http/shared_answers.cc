#include "http/shared_answers.h"

#include <functional>
#include <list>
#include <utility>

#include "base/assert.h"
#include "http/waiting_answer.h"

namespace thalweg {

struct SharedAnswers::Job {
  void Add(Responder& responder, std::shared_ptr<Result> to_come, Answer answer) {
    waiting.emplace_back(responder, [result = std::move(to_come), answer = std::move(answer)](
                                        Responder& to) mutable { answer(*result, to); });
  }

  std::string key;
  std::weak_ptr<Result> result;  // of those who wait, and have not left
  std::list<WaitingAnswer<std::move_only_function<void(Responder&)>>> waiting{};
};

SharedAnswers::SharedAnswers(Executor& executor)
    : way_back_(std::make_shared<WayBack<SharedAnswers>>(*this, executor)) {}

SharedAnswers::~SharedAnswers() { way_back_->Close(); }

void SharedAnswers::Run(Executor& workers, const std::string& key, Responder& responder, Work work,
                        Answer answer) {
  const auto known = ticket_of_.find(key);
  if (known != ticket_of_.end()) {
    Job& job = *jobs_.at(known->second);
    // Else all have left, and the worker may have passed it over.
    if (auto result = job.result.lock()) {
      return job.Add(responder, std::move(result), std::move(answer));
    }
  }
  const uint64_t ticket = ++last_ticket_;
  const auto result = std::make_shared<Result>();
  auto& job = jobs_[ticket] = std::make_unique<Job>(Job{.key = key, .result = result});
  ticket_of_[key] = ticket;
  job->Add(responder, result, std::move(answer));
  workers.Post(
      [way_back = way_back_, ticket, waited = job->result, work = std::move(work)]() mutable {
        Result made = waited.expired() ? std::nullopt : work();
        way_back->Post(
            [ticket, made = std::move(made)](SharedAnswers& owner) { owner.Finish(ticket, made); });
      });
}

void SharedAnswers::Finish(uint64_t ticket, const Result& made) {
  const auto ended = jobs_.extract(ticket);
  THALWEG_ASSERT(!ended.empty());
  Job& job = *ended.mapped();
  const auto known = ticket_of_.find(job.key);
  if (known != ticket_of_.end() && known->second == ticket) ticket_of_.erase(known);
  if (const auto result = job.result.lock()) *result = made;
  for (auto& waiting : job.waiting) waiting.Send();
}

}  // namespace thalweg
