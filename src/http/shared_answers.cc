#include "http/shared_answers.h"

#include <atomic>
#include <list>
#include <utility>

#include "base/assert.h"

namespace thalweg {

namespace {

// How many wait for one piece of work. Changed on the executor alone; its worker looks.
using Count = std::shared_ptr<std::atomic<size_t>>;

}  // namespace

// One responder that waits, until the client leaves.
class SharedAnswers::Waiting final : public ResponderEvents {
 public:
  Waiting(Responder& responder, Answer answer, Count count)
      : responder_(&responder), answer_(std::move(answer)), count_(std::move(count)) {
    responder.SetEvents(this);
    ++*count_;
  }
  ~Waiting() override {
    if (responder_ == nullptr) return;
    Responder& responder = TakeResponder();
    responder.SetEvents(nullptr);
    responder.Abort();
  }

  void OnWritable() override {}
  void OnCancel() override {
    TakeResponder();
    answer_ = nullptr;
  }

  void Send(const Result& result) {
    if (responder_ == nullptr) return;
    Responder& responder = TakeResponder();
    responder.SetEvents(nullptr);
    answer_(result, responder);
  }

 private:
  Responder& TakeResponder() {
    --*count_;
    return *std::exchange(responder_, nullptr);
  }

  Responder* responder_;  // null: the client is gone, or has its answer
  Answer answer_;
  const Count count_;
};

struct SharedAnswers::Job {
  std::string key;
  Count count = std::make_shared<std::atomic<size_t>>(0);
  std::list<Waiting> waiting{};
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
    if (*job.count > 0) {
      job.waiting.emplace_back(responder, std::move(answer), job.count);
      return;
    }
  }
  const uint64_t ticket = ++last_ticket_;
  auto& job = jobs_[ticket] = std::make_unique<Job>(Job{.key = key});
  ticket_of_[key] = ticket;
  job->waiting.emplace_back(responder, std::move(answer), job->count);
  workers.Post(
      [way_back = way_back_, ticket, count = job->count, work = std::move(work)]() mutable {
        Result result = *count > 0 ? work() : std::nullopt;
        way_back->Post([ticket, result = std::move(result)](SharedAnswers& owner) {
          owner.Finish(ticket, result);
        });
      });
}

void SharedAnswers::Finish(uint64_t ticket, const Result& result) {
  const auto ended = jobs_.extract(ticket);
  THALWEG_ASSERT(!ended.empty());
  Job& job = *ended.mapped();
  const auto known = ticket_of_.find(job.key);
  if (known != ticket_of_.end() && known->second == ticket) ticket_of_.erase(known);
  for (Waiting& waiting : job.waiting) waiting.Send(result);
}

}  // namespace thalweg
