#include <utility>

#include "engine/engine.h"
#include "http/handlers.h"
#include "http/long_answer.h"
#include "http/page_read.h"
#include "http/page_reply.h"
#include "http/query.h"
#include "http/verdict_problem.h"

namespace thalweg {

namespace {

void CatchUp(const RouterContext& context, const StreamRequest& request, const ReadQuery& query,
             Responder& responder) {
  auto send = [&context, conditions = ReadConditionsOf(request.http), asked_for = query.asked_for](
                  ReadOutcome& outcome, Responder& to) {
    if (outcome.verdict != ReadVerdict::kOk) {
      return SendProblem(to, Head(context), ProblemOf(outcome.verdict), {});
    }
    SendPage(context, outcome.stream, std::move(outcome.page), conditions, std::nullopt, asked_for,
             to);
  };
  ReadPage(context, request.key, query.from,
           {.bytes_max = PageBytesOf(context.options), .files = true}, responder, std::move(send));
}

}  // namespace

void HandleRead(const RouterContext& context, LiveReaders& live, const StreamRequest& request,
                Responder& responder) {
  const auto query = ParseReadQuery(request.http.query);
  if (!query) return SendRefusal(context, query.error(), responder);
  if (query->live == LiveMode::kNone) return CatchUp(context, request, *query, responder);
  LiveRequest live_request{.path = request.key,
                           .from = query->from,
                           .cursor = query->cursor,
                           .conditions = ReadConditionsOf(request.http)};
  if (query->live == LiveMode::kSse) return live.Sse(std::move(live_request), responder);
  live.LongPoll(std::move(live_request), responder);
}

}  // namespace thalweg
