// Crosses threads: see the header.
#include "api/message_waits.h"

#include <algorithm>
#include <utility>

#include "api/store_errors.h"

namespace thalweg {
namespace {

constexpr int64_t kTimerResolutionMs = 5;
constexpr int64_t kWaitMsMax = int64_t{1} << 40;  // 35 years: no sum of times overflows

bool IsGone(const StoreError& error) {
  return error.code == StoreErrc::kNotFound || error.code == StoreErrc::kGone;
}

}  // namespace

class MessageWaits::Wait final : public Watcher, public Timer {
 public:
  Wait(MessageWaits& owner, StreamHandle watched, Offset from, int64_t due_at_ms,
       uint64_t cancels_until_now, StoreCallback<WaitResult> callback)
      : stream(std::move(watched)),
        at(from),
        deadline_ms(due_at_ms),
        cancels_before(cancels_until_now),
        done(std::move(callback)),
        owner_(owner) {}

  void OnStreamChanged() override { owner_.Look(*this); }
  void OnTimer() override { owner_.Expire(*this); }

  const StreamHandle stream;
  const Offset at;
  const int64_t deadline_ms;
  const uint64_t cancels_before;
  bool is_over = false;  // what there is now is its result
  StoreCallback<WaitResult> done;
  uint64_t ticket = 0;

 private:
  MessageWaits& owner_;
};

MessageWaits::MessageWaits(Engine& engine, const StoreCommands& commands, const Clock& clock,
                           GatedExecutor& gate, CallbackQueue& callbacks, DurableWaits& durable)
    : engine_(engine),
      commands_(commands),
      clock_(clock),
      gate_(gate),
      callbacks_(callbacks),
      durable_(durable),
      port_(engine.Attach(gate)),
      timers_(gate, clock, kTimerResolutionMs) {}

MessageWaits::~MessageWaits() {
  for (const auto& [ticket, wait] : waits_) {
    port_->Unwatch(wait->stream, wait.get());
    AnswerAtTheEnd(*wait);
  }
  for (const auto& wait : to_begin_) AnswerAtTheEnd(*wait);
}

void MessageWaits::Start(StreamHandle stream, Offset at, int64_t timeout_ms,
                         StoreCallback<WaitResult> done) {
  const int64_t deadline_ms = clock_.SteadyMs() + std::clamp<int64_t>(timeout_ms, 0, kWaitMsMax);
  {
    std::lock_guard lock(mutex_);
    to_begin_.push_back(std::make_unique<Wait>(*this, std::move(stream), at, deadline_ms, cancels_,
                                               std::move(done)));
    if (to_begin_.size() > 1) return;
  }
  gate_.Post([this] { BeginAll(); });
}

void MessageWaits::BeginAll() {
  std::vector<std::unique_ptr<Wait>> begun;
  {
    std::lock_guard lock(mutex_);
    begun.swap(to_begin_);
  }
  for (auto& wait : begun) Begin(std::move(wait));
}

void MessageWaits::CancelAll() {
  uint64_t cancels = 0;
  {
    std::lock_guard lock(mutex_);
    cancels = ++cancels_;
  }
  gate_.Post([this, cancels] {
    BeginAll();
    for (auto next = waits_.begin(); next != waits_.end();) {
      Wait& wait = *(next++)->second;
      if (wait.cancels_before < cancels) Expire(wait);
    }
  });
}

void MessageWaits::Begin(std::unique_ptr<Wait> owned) {
  const uint64_t ticket = ++last_ticket_;
  Wait& wait = *owned;
  wait.ticket = ticket;
  waits_.emplace(ticket, std::move(owned));
  port_->Watch(wait.stream, &wait);
  Look(wait);  // which may end it
  if (waits_.contains(ticket)) timers_.Schedule(wait, wait.deadline_ms);
}

void MessageWaits::Expire(Wait& wait) {
  wait.is_over = true;
  Look(wait);
}

// Always something of a wait that is over.
StoreCommands::Look MessageWaits::Find(const Wait& wait) const {
  StoreCommands::Look look = commands_.LookAgain(wait.stream, wait.at);
  if (!look.found && wait.is_over) look.found = NothingNew(wait);
  if (look.found && !*look.found) look.found->error().was_there = IsGone(look.found->error());
  return look;
}

void MessageWaits::Look(Wait& wait) {
  StoreCommands::Look look = Find(wait);
  if (look.found && look.rests_on <= engine_.durable()) return End(wait, *std::move(look.found));
  if (engine_.failed()) return End(wait, Refuse(StoreErrc::kFailed));
  if (!look.found) return;
  port_->WhenDurable(look.rests_on, [this, ticket = wait.ticket] {
    const auto it = waits_.find(ticket);
    if (it != waits_.end()) Look(*it->second);
  });
}

StoreResult<WaitResult> MessageWaits::NothingNew(const Wait& wait) const {
  WaitResult result;
  result.timed_out = true;
  result.read.next_offset = FormatOffset(wait.at);
  result.read.up_to_date = true;
  result.read.content_type = Engine::Info(wait.stream).config.content_type;
  return result;
}

void MessageWaits::End(Wait& wait, StoreResult<WaitResult> result) {
  TimerWheel::Cancel(wait);
  port_->Unwatch(wait.stream, &wait);
  Answer(wait, std::move(result));
  waits_.erase(wait.ticket);
}

// CancelAll may have been called a moment ago, and its task is not run any more. What is found may
// become durable while the engine ends.
void MessageWaits::AnswerAtTheEnd(Wait& wait) {
  wait.is_over = wait.is_over || wait.cancels_before < cancels_;
  if (!wait.is_over) return Answer(wait, Refuse(StoreErrc::kFailed));
  StoreCommands::Look look = Find(wait);
  durable_.Add(look.rests_on, [done = std::move(wait.done),
                               result = *std::move(look.found)](bool is_durable) mutable {
    done(is_durable ? std::move(result) : Refuse(StoreErrc::kFailed));
  });
}

void MessageWaits::Answer(Wait& wait, StoreResult<WaitResult> result) {
  callbacks_.Push([done = std::move(wait.done),
                   result = std::move(result)](bool) mutable { done(std::move(result)); },
                  true);
}

}  // namespace thalweg
