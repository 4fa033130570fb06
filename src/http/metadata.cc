#include <string>
#include <string_view>
#include <utility>

#include "engine/engine.h"
#include "http/durable_answer.h"
#include "http/etag.h"
#include "http/handlers.h"
#include "http/head.h"
#include "http/page_reply.h"
#include "http/verdict_problem.h"

namespace thalweg {

namespace {

void AddExpiry(const Expiry& expiry, Head& head) {
  switch (expiry.kind) {
    case Expiry::Kind::kNever: return;
    case Expiry::Kind::kTtl: head.Add("stream-ttl", expiry.ttl_s); return;
    case Expiry::Kind::kAt: head.Add("stream-expires-at", expiry.at_text); return;
  }
}

// The tag of a full read; empty: one page does not hold all of the stream.
std::string TagOf(const RouterContext& context, const DescribeOutcome& outcome, StreamId stream) {
  if (outcome.tail.value > context.options.page_bytes_max) return {};
  return MakeEtag({.life = context.engine.life(),
                   .stream = stream,
                   .start = {},
                   .end = outcome.tail,
                   .at_tail = true,
                   .closed = outcome.closed,
                   .coding = Coding::kIdentity});
}

void SendMetadata(const RouterContext& context, const DescribeOutcome& outcome,
                  std::string_view if_none_match, Responder& responder) {
  Head head(context);
  if (outcome.verdict != ReadVerdict::kOk) {
    return SendProblem(responder, std::move(head), ProblemOf(outcome.verdict), {});
  }
  const StreamInfo info = Engine::Info(outcome.stream);
  const std::string etag = TagOf(context, outcome, info.id);
  const bool is_known = MatchesEtag(if_none_match, etag);
  if (!is_known) head.ContentType(info.config.content_type);
  head.NextOffset(outcome.tail).Closed(outcome.closed).CacheControl("no-store");
  if (!etag.empty()) head.Add("etag", etag);
  AddExpiry(info.config.expiry, head);
  responder.Start(is_known ? 304 : 200, head.fields(), std::nullopt);
  responder.Finish();
}

}  // namespace

void HandleMetadata(const RouterContext& context, const StreamRequest& request,
                    Responder& responder) {
  DescribeOutcome outcome = context.engine.Describe(request.key);
  const Lsn rests_on = outcome.rests_on;
  AnswerWhenDurable(
      context.port, rests_on, responder,
      [&context, outcome = std::move(outcome),
       if_none_match = ReadConditionsOf(request.http).if_none_match](Responder& waiting) {
        SendMetadata(context, outcome, if_none_match, waiting);
      });
}

}  // namespace thalweg
