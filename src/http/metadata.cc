#include <utility>

#include "engine/engine.h"
#include "http/durable_answer.h"
#include "http/etag.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/read_problem.h"

namespace thalweg {

namespace {

void AddExpiry(const Expiry& expiry, Head& head) {
  switch (expiry.kind) {
    case Expiry::Kind::kNever: return;
    case Expiry::Kind::kTtl: head.Add("stream-ttl", expiry.ttl_s); return;
    case Expiry::Kind::kAt: head.Add("stream-expires-at", expiry.at_text); return;
  }
}

void SendMetadata(const RouterContext& context, const DescribeOutcome& outcome,
                  Responder& responder) {
  Head head(context);
  if (outcome.verdict != ReadVerdict::kOk) {
    return SendProblem(responder, std::move(head), ProblemOf(outcome.verdict), {});
  }
  const StreamInfo info = Engine::Info(outcome.stream);
  head.ContentType(info.config.content_type)
      .NextOffset(outcome.tail)
      .Closed(outcome.closed)
      .CacheControl("no-store");
  // The tag of a full read, where one page holds all of the stream.
  if (outcome.tail.value <= context.options.page_bytes_max) {
    head.Add("etag", MakeEtag({.life = context.engine.life(),
                               .stream = info.id,
                               .start = {},
                               .end = outcome.tail,
                               .at_tail = true,
                               .closed = outcome.closed,
                               .coding = Coding::kIdentity}));
  }
  AddExpiry(info.config.expiry, head);
  responder.Start(200, head.fields(), std::nullopt);
  responder.Finish();
}

}  // namespace

void HandleMetadata(const RouterContext& context, const StreamRequest& request,
                    Responder& responder) {
  DescribeOutcome outcome = context.engine.Describe(request.key);
  const Lsn rests_on = outcome.rests_on;
  AnswerWhenDurable(context.port, rests_on, responder,
                    [&context, outcome = std::move(outcome)](Responder& waiting) {
                      SendMetadata(context, outcome, waiting);
                    });
}

}  // namespace thalweg
