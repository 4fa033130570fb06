#include "http/live_polls.h"

#include <optional>
#include <utility>

#include "http/live_hub.h"
#include "http/long_answer.h"
#include "http/problem.h"
#include "http/verdict_problem.h"

namespace thalweg {

void SendNothingNew(LiveShared& shared, Offset offset, bool closed, std::optional<uint64_t> cursor,
                    Responder& responder) {
  Head head(shared.context);
  head.NextOffset(offset).UpToDate().Closed(closed).CacheControl("no-store");
  if (!closed) head.Cursor(shared.FirstCursor(cursor));
  responder.Respond(204, head.fields(), {});
}

void LivePolls::Add(Responder& responder, LivePollRequest request) {
  LiveShared& shared = hub_.shared();
  LivePoll& poll = waiting_.emplace_back(*this, responder, std::move(request));
  poll.self = std::prev(waiting_.end());
  shared.long_polls.Add();
  shared.Schedule(poll, shared.now_ms() + shared.context.options.long_poll_timeout_ms);
  Look(poll);
}

// Most wait at the same offset: one read serves them all.
void LivePolls::LookAll() {
  std::optional<ReadOutcome> outcome;
  std::optional<Offset> looked_at;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    LivePoll& poll = *it++;
    if (looked_at != poll.request.offset) {
      looked_at = poll.request.offset;
      outcome = hub_.Read(*looked_at, {.bytes_max = PageBytesOf(hub_.shared().context.options)});
    }
    if (outcome) Answer(poll, *outcome);  // else the hub looks again
  }
}

void LivePolls::Look(LivePoll& poll) {
  const size_t page_bytes_max = PageBytesOf(hub_.shared().context.options);
  const std::optional<ReadOutcome> outcome =
      hub_.Read(poll.request.offset, {.bytes_max = page_bytes_max});
  if (outcome) Answer(poll, *outcome);
}

void LivePolls::Answer(LivePoll& poll, const ReadOutcome& outcome) {
  LiveShared& shared = hub_.shared();
  const bool found =
      outcome.verdict != ReadVerdict::kOk || outcome.page.size() != 0 || outcome.page.closed;
  if (!found && !poll.overdue) return;
  Responder& responder = poll.TakeResponder();
  Forget(poll);
  const LivePollRequest& request = poll.request;
  if (outcome.verdict != ReadVerdict::kOk) {
    SendProblem(responder, Head(shared.context), ProblemOf(outcome.verdict), {});
  } else if (outcome.page.size() != 0) {
    SendPage(shared.context, hub_.stream(), outcome.page, request.conditions,
             shared.FirstCursor(request.cursor), request.asked_for, responder);
  } else {
    SendNothingNew(shared, request.offset, outcome.page.closed, request.cursor, responder);
  }
}

void LivePolls::AnswerAll() {
  for (LivePoll& poll : waiting_) poll.overdue = true;
  LookAll();
}

void LivePolls::Forget(LivePoll& poll) {
  ended_.splice(ended_.end(), waiting_, poll.self);
  hub_.shared().long_polls.Subtract();
  hub_.ReaderEnded();
}

}  // namespace thalweg
