#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "http/create_with_body.h"
#include "http/decode.h"
#include "http/durable_answer.h"
#include "http/handlers.h"
#include "http/hooked_answers.h"
#include "http/problem_codes.h"
#include "http/request_fields.h"
#include "http/target.h"
#include "http/trouble.h"
#include "http/verdict_problem.h"

namespace thalweg {

namespace {

// As the client sees it; absolute where the server's name is known, from its options or the
// request.
std::string LocationOf(const RouterContext& context, const StreamRequest& request) {
  std::string location = context.options.public_url;
  if (location.empty() && !request.http.authority.empty()) {
    location.append(request.http.scheme).append("://").append(request.http.authority);
  }
  return location.append(NormalBasePath(request.http.mount))
      .append(context.options.base_path)
      .append("/")
      .append(request.key);
}

// What the answer needs of the request, which is gone by then.
struct Asked {
  bool must_be_new = false;  // RFC 9110 13.1.2: a stream that is there already is no success
  std::string location;
  std::string body_error;
};

void SendCreated(const RouterContext& context, const CreateOutcome& outcome, const Asked& asked,
                 Responder& responder) {
  if (outcome.trouble != Trouble::kNone) return SendTrouble(context, outcome.trouble, responder);
  Head head(context);
  const bool created = outcome.verdict == CreateVerdict::kCreated;
  if (!created && outcome.verdict != CreateVerdict::kExists) {
    const bool is_body_bad = outcome.verdict == CreateVerdict::kBadJson;
    const std::string_view detail = is_body_bad ? asked.body_error : std::string_view();
    return SendProblem(responder, std::move(head), ProblemOf(outcome.verdict), detail);
  }
  if (!created && asked.must_be_new) {
    return SendProblem(responder, std::move(head), kPreconditionFailed, {});
  }
  head.ContentType(outcome.content_type).NextOffset(outcome.tail).Closed(outcome.closed);
  if (created) head.Add("location", asked.location);
  responder.Respond(created ? 201 : 200, head.fields(), {});
}

// What the hook is to hear; null: nothing was created, or nobody listens.
std::optional<StreamEvent> EventOf(const RouterContext& context, const StreamRequest& request,
                                   const CreateOutcome& outcome) {
  if (!context.options.hooks.on_created || outcome.trouble != Trouble::kNone ||
      outcome.verdict != CreateVerdict::kCreated) {
    return std::nullopt;
  }
  return StreamEvent{.kind = StreamEvent::Kind::kCreated,
                     .path = ToldKey(request.key),
                     .content_type = outcome.content_type,
                     .at_ms = context.clock.WallMs()};
}

// Everything in the headers of a PUT that has a syntax, in the order in which it is refused.
struct Config {
  std::optional<std::string_view> content_type;
  Expiry expiry;
  std::optional<Fork> fork;
  bool closed = false;
  bool must_be_new = false;
};

std::expected<Config, Refusal> DecodeConfig(const StreamRequest& request, std::string_view base) {
  const StreamRoot root{.base = base, .mount = request.http.mount};
  const auto fields = FindFields(request.http.headers);
  if (!fields) return std::unexpected(fields.error());
  auto expiry = DecodeExpiry(*fields);
  if (!expiry) return std::unexpected(std::move(expiry.error()));
  auto fork = DecodeFork(*fields, root);
  if (!fork) return std::unexpected(std::move(fork.error()));
  return Config{.content_type = DecodeNewContentType(*fields),
                .expiry = std::move(*expiry),
                .fork = std::move(*fork),
                .closed = fields->closes(),
                .must_be_new = fields->must_be_new};
}

}  // namespace

void HandleCreate(const RouterContext& context, const StreamRequest& request,
                  Responder& responder) {
  auto config = DecodeConfig(request, context.options.base_path);
  if (!config) return SendRefusal(context, config.error(), responder);

  CreateCommand command{.path = request.key,
                        .content_type = config->content_type,
                        .expiry = std::move(config->expiry),
                        .closed = config->closed,
                        .payload = {},
                        .fork_source = {},
                        .fork = {},
                        .now = {}};
  if (config->fork) {
    command.fork_source = config->fork->source;
    command.fork = config->fork->point;
  }
  Body body;
  CreateOutcome outcome = CreateWithBody(context.engine, std::move(command), request.http.body,
                                         CommitStart::kByPort, body);

  const Lsn rests_on = outcome.rests_on;
  std::optional<StreamEvent> event = EventOf(context, request, outcome);
  Asked asked{.must_be_new = config->must_be_new,
              .location = LocationOf(context, request),
              .body_error = std::move(body.error)};
  auto answer = [&context, outcome = std::move(outcome), asked = std::move(asked)](
                    Responder& waiting) { SendCreated(context, outcome, asked, waiting); };
  if (!event) return AnswerWhenDurable(context.port, rests_on, responder, std::move(answer));
  context.hooked->AnswerWhenTold(rests_on, context.options.hooks.on_created, std::move(*event),
                                 responder, std::move(answer));
}

}  // namespace thalweg
