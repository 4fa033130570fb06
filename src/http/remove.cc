#include <algorithm>
#include <utility>

#include "http/durable_answer.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/hooked_answers.h"
#include "http/problem_codes.h"
#include "http/request_fields.h"
#include "http/target.h"
#include "http/trouble.h"

namespace thalweg {

namespace {

void SendRemoved(const RouterContext& context, RemoveVerdict verdict, Responder& responder) {
  Head head(context);
  switch (verdict) {
    case RemoveVerdict::kRemoved: return responder.Respond(204, head.fields(), {});
    case RemoveVerdict::kMissing:
      return SendProblem(responder, std::move(head), kStreamNotFound, {});
    case RemoveVerdict::kSoftDeleted:
      return SendProblem(responder, std::move(head), kStreamDeleted, {});
  }
}

}  // namespace

void HandleRemove(const RouterContext& context, const StreamRequest& request,
                  Responder& responder) {
  const bool has_condition = std::ranges::any_of(request.http.headers, [](const auto& header) {
    return header.name == "if-match" || header.name == "if-none-match";
  });
  if (has_condition) return SendRefusal(context, EntityTagRefusal(), responder);
  const RemoveOutcome outcome = context.engine.Remove(request.key, CommitStart::kByPort);
  if (outcome.trouble != Trouble::kNone) return SendTrouble(context, outcome.trouble, responder);
  const auto answer = [&context, verdict = outcome.verdict](Responder& waiting) {
    SendRemoved(context, verdict, waiting);
  };
  const StreamHook& hook = context.options.hooks.on_deleted;
  if (!hook || outcome.verdict != RemoveVerdict::kRemoved) {
    return AnswerWhenDurable(context.port, outcome.rests_on, responder, answer);
  }
  StreamEvent event{.kind = StreamEvent::Kind::kDeleted,
                    .path = ToldKey(request.key),
                    .at_ms = context.clock.WallMs()};
  context.hooked->AnswerWhenTold(outcome.rests_on, hook, std::move(event), responder, answer);
}

}  // namespace thalweg
