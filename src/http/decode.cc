#include "http/decode.h"

#include <utility>

#include "base/decimal.h"
#include "http/problem_codes.h"
#include "http/target.h"
#include "stream/content_type.h"

namespace thalweg {

namespace {

using Field = RequestFields::Field;

// An empty header is as good as none.
bool IsSet(const Field& field) { return field && !field->empty(); }

std::optional<uint64_t> ParseNumber(std::string_view text) {
  const std::optional<uint64_t> number = ParseDecimal(text);
  return number && *number <= kProducerNumberMax ? number : std::nullopt;
}

std::optional<uint64_t> ParseCount(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return ParseNumber(text);
}

std::expected<ForkPoint, Refusal> DecodeForkPoint(const RequestFields& fields) {
  ForkPoint point;
  if (IsSet(fields.fork_offset)) {
    point.at = ParseOffset(*fields.fork_offset);
    if (!point.at) return Refuse(kBadFork, "stream-fork-offset is not an offset.");
  }
  if (!IsSet(fields.forked_from) && (IsSet(fields.fork_offset) || fields.fork_sub_offset)) {
    return Refuse(kBadFork, "A fork's offset needs stream-forked-from.");
  }
  if (fields.fork_sub_offset) {
    const auto sub_offset = ParseCount(*fields.fork_sub_offset);
    if (!sub_offset) return Refuse(kBadFork, "stream-fork-sub-offset is not a whole number.");
    point.sub_offset = *sub_offset;
  }
  return point;
}

}  // namespace

std::expected<std::optional<ProducerStamp>, Refusal> DecodeProducer(const RequestFields& fields) {
  const int given = fields.producer_id.has_value() + fields.producer_epoch.has_value() +
                    fields.producer_seq.has_value();
  if (given == 0) return std::nullopt;
  if (given != 3) {
    return Refuse(kBadProducer, "producer-id, producer-epoch and producer-seq go together.");
  }
  if (fields.producer_id->empty()) return Refuse(kBadProducer, "producer-id is empty.");
  const auto epoch = ParseNumber(*fields.producer_epoch);
  if (!epoch) return Refuse(kBadProducer, "producer-epoch is not a whole number up to 2^53-1.");
  const auto seq = ParseNumber(*fields.producer_seq);
  if (!seq) return Refuse(kBadProducer, "producer-seq is not a whole number up to 2^53-1.");
  return ProducerStamp{.id = *fields.producer_id, .epoch = *epoch, .seq = *seq};
}

std::expected<Expiry, Refusal> DecodeExpiry(const RequestFields& fields) {
  const bool has_ttl = IsSet(fields.stream_ttl);
  const bool has_at = IsSet(fields.stream_expires_at);
  if (has_ttl && has_at) {
    return Refuse(kBadExpiry, "stream-ttl and stream-expires-at exclude each other.");
  }
  Expiry expiry;
  if (has_ttl) {
    const auto ttl = ParseTtl(*fields.stream_ttl);
    if (!ttl) {
      return Refuse(kBadExpiry, "stream-ttl is not a whole number of seconds up to 2^53-1.");
    }
    expiry.kind = Expiry::Kind::kTtl;
    expiry.ttl_s = *ttl;
  }
  if (has_at) {
    const auto at = ParseRfc3339(*fields.stream_expires_at);
    if (!at) return Refuse(kBadExpiry, "stream-expires-at is not an RFC 3339 date and time.");
    expiry.kind = Expiry::Kind::kAt;
    expiry.at_ms = *at;
    expiry.at_text = std::string(*fields.stream_expires_at);
  }
  return expiry;
}

std::expected<std::optional<Fork>, Refusal> DecodeFork(const RequestFields& fields,
                                                       const StreamRoot& root) {
  const auto point = DecodeForkPoint(fields);
  if (!point) return std::unexpected(point.error());
  if (!IsSet(fields.forked_from)) return std::nullopt;
  auto source = ParseForkSource(root, *fields.forked_from);
  if (!source) return std::unexpected(std::move(source.error()));
  return Fork{.source = std::move(*source), .point = *point};
}

std::optional<std::string_view> DecodeNewContentType(const RequestFields& fields) {
  if (!fields.content_type || !LooksLikeMediaType(*fields.content_type)) return std::nullopt;
  return fields.content_type;
}

void DecodeBody(std::string_view bytes, bool is_json, Body& body) {
  // With a fault, too: not to be taken for no body at all.
  body.payload = {.wire = bytes, .is_json = is_json, .fault = Payload::Fault::kNone};
  if (!is_json || bytes.empty()) return;
  auto split = SplitJson(bytes);
  if (!split) {
    body.payload.fault = Payload::Fault::kBadJson;
    body.error = std::move(split.error());
  } else if (split->values == 0) {
    body.payload.fault = Payload::Fault::kEmptyArray;
  } else {
    body.split = std::move(*split);
    body.payload.wire = body.split.bytes;
  }
}

void DecodeNewBody(std::string_view bytes, bool is_json, Body& body) {
  DecodeBody(bytes, is_json, body);
  if (body.payload.fault != Payload::Fault::kEmptyArray) return;
  body.payload.fault = Payload::Fault::kNone;
  body.payload.wire = {};
}

}  // namespace thalweg
