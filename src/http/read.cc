#include <utility>

#include "engine/engine.h"
#include "http/durable_answer.h"
#include "http/handlers.h"
#include "http/page_reply.h"
#include "http/query.h"
#include "http/read_problem.h"

namespace thalweg {

namespace {

void CatchUp(const RouterContext& context, const StreamRequest& request, ReadFrom from,
             Responder& responder) {
  ReadOutcome outcome = context.engine.Read(
      request.key, from, PageRequest{.bytes_max = context.options.page_bytes_max, .files = true});
  const Lsn rests_on = outcome.rests_on;
  if (outcome.verdict != ReadVerdict::kOk) {
    const auto refuse = [&context, verdict = outcome.verdict](Responder& waiting) {
      SendProblem(waiting, Head(context), ProblemOf(verdict), {});
    };
    return AnswerWhenDurable(context.port, rests_on, responder, refuse);
  }
  AnswerWhenDurable(
      context.port, rests_on, responder,
      [&context, outcome = std::move(outcome), conditions = ReadConditionsOf(request.http),
       now = from.kind == ReadFrom::Kind::kTail](Responder& waiting) mutable {
        SendPage(context, outcome.stream, std::move(outcome.page), conditions, std::nullopt, now,
                 waiting);
      });
}

}  // namespace

void HandleRead(const RouterContext& context, LiveReaders& live, const StreamRequest& request,
                Responder& responder) {
  const auto query = ParseReadQuery(request.http.query);
  if (!query) return SendRefusal(context, query.error(), responder);
  if (query->live == LiveMode::kNone) return CatchUp(context, request, query->from, responder);
  LiveRequest live_request{.path = request.key,
                           .from = query->from,
                           .cursor = query->cursor,
                           .conditions = ReadConditionsOf(request.http)};
  if (query->live == LiveMode::kSse) return live.Sse(std::move(live_request), responder);
  live.LongPoll(std::move(live_request), responder);
}

}  // namespace thalweg
