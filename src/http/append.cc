#include <optional>
#include <string>
#include <utility>

#include "engine/engine.h"
#include "engine/tail_bytes.h"
#include "http/decode.h"
#include "http/durable_answer.h"
#include "http/handlers.h"
#include "http/problem_codes.h"
#include "http/request_fields.h"
#include "http/trouble.h"
#include "stream/content_type.h"

namespace thalweg {

namespace {

// What the answer needs of the request, which is gone by then.
struct Asked {
  std::optional<uint64_t> producer_seq;
  bool has_origin = false;
  std::string body_error;
};

void SendAccepted(const AppendOutcome& outcome, const Asked& asked, Head& head,
                  Responder& responder) {
  head.NextOffset(outcome.tail).Closed(outcome.closed);
  if (asked.producer_seq) {
    head.Add("producer-epoch", outcome.producer_epoch).Add("producer-seq", outcome.producer_seq);
  }
  const bool is_new = outcome.verdict == AppendVerdict::kAppended && asked.producer_seq;
  responder.Respond(is_new ? 200 : 204, head.fields(), {});
}

void SendGap(const AppendOutcome& outcome, const Asked& asked, Head head, Responder& responder) {
  const uint64_t received = asked.producer_seq.value_or(0);
  head.Add("producer-expected-seq", outcome.producer_seq_expected)
      .Add("producer-received-seq", received);
  const std::string detail = "The next sequence number is " +
                             std::to_string(outcome.producer_seq_expected) + ", not " +
                             std::to_string(received) + ".";
  SendProblem(responder, std::move(head), kProducerGap, detail);
}

void SendAppended(const RouterContext& context, const AppendOutcome& outcome, const Asked& asked,
                  Responder& responder) {
  if (outcome.trouble != Trouble::kNone) return SendTrouble(context, outcome.trouble, responder);
  Head head(asked.has_origin ? context.common : context.security);
  const auto refuse = [&](const Problem& problem, std::string_view detail = {}) {
    SendProblem(responder, std::move(head), problem, detail);
  };
  switch (outcome.verdict) {
    case AppendVerdict::kAppended:
    case AppendVerdict::kClosed:
    case AppendVerdict::kDuplicate:
    case AppendVerdict::kAlreadyClosed: return SendAccepted(outcome, asked, head, responder);
    case AppendVerdict::kStreamClosed:
      head.Closed().NextOffset(outcome.tail);
      return refuse(kStreamClosed);
    case AppendVerdict::kStaleEpoch:
      head.Add("producer-epoch", outcome.producer_epoch);
      return refuse(kStaleEpoch);
    case AppendVerdict::kSeqGap: return SendGap(outcome, asked, std::move(head), responder);
    case AppendVerdict::kStreamSeqRegressed:
      return refuse(kStreamSeqRegressed,
                    "stream-seq must grow, byte by byte compared: a sequence conflict.");
    case AppendVerdict::kMissing: return refuse(kStreamNotFound);
    case AppendVerdict::kSoftDeleted: return refuse(kStreamDeleted);
    case AppendVerdict::kEmptyBody:
      return refuse(kEmptyBody, "Send data, or stream-closed: true to close without data.");
    case AppendVerdict::kContentTypeMissing: return refuse(kContentTypeMissing);
    case AppendVerdict::kContentTypeMismatch: return refuse(kContentTypeMismatch);
    case AppendVerdict::kBadEpochStart: return refuse(kBadEpochStart);
    case AppendVerdict::kTooManyProducers: return refuse(kTooManyProducers);
    case AppendVerdict::kBadJson: return refuse(kBadJson, asked.body_error);
    case AppendVerdict::kEmptyArray: return refuse(kEmptyArray);
  }
}

}  // namespace

void HandleAppend(const RouterContext& context, const StreamRequest& request,
                  Responder& responder) {
  const auto fields = FindFields(request.http.headers, request.http.body.empty());
  if (!fields) return SendRefusal(context, fields.error(), responder);
  if (fields->if_none_match) return SendRefusal(context, EntityTagRefusal(), responder);
  const auto producer = DecodeProducer(*fields);
  if (!producer) return SendRefusal(context, producer.error(), responder);

  const bool is_json = fields->content_type && KindOf(*fields->content_type) == ContentKind::kJson;
  Body body;
  DecodeBody(request.http.body, is_json, body);
  if (std::string* memory = is_json ? &body.split.bytes : request.http.body_memory) {
    body.payload.memory = AdoptIfLong(*memory);
  }
  const AppendOutcome outcome = context.engine.Append(request.key,
                                                      {.content_type = fields->content_type,
                                                       .payload = std::move(body.payload),
                                                       .producer = *producer,
                                                       .stream_seq = fields->stream_seq,
                                                       .close = fields->closes(),
                                                       .now = {}},
                                                      CommitStart::kByPort);

  Asked asked{
      .producer_seq = {}, .has_origin = fields->has_origin, .body_error = std::move(body.error)};
  if (*producer) asked.producer_seq = (*producer)->seq;
  AnswerWhenDurable(context.port, outcome.rests_on, responder,
                    [&context, outcome, asked = std::move(asked)](Responder& waiting) {
                      SendAppended(context, outcome, asked, waiting);
                    });
}

}  // namespace thalweg
