#include "http/request_fields.h"

#include <string>

#include "base/ascii.h"
#include "http/problem_codes.h"
#include "stream/command.h"

namespace thalweg {

namespace {

using Field = RequestFields::Field;

// Most requests carry a dozen fields of other kinds: the length alone rules out nearly all of them.
Field* SlotOf(std::string_view name, RequestFields& fields) {
  const auto match = [name](std::string_view want, Field& field) {
    return name == want ? &field : nullptr;
  };
  switch (name.size()) {
    case 10:
      return name.ends_with('q') ? match("stream-seq", fields.stream_seq)
                                 : match("stream-ttl", fields.stream_ttl);
    case 11: return match("producer-id", fields.producer_id);
    case 12:
      return name.starts_with('c') ? match("content-type", fields.content_type)
                                   : match("producer-seq", fields.producer_seq);
    case 13: return match("stream-closed", fields.stream_closed);
    case 14: return match("producer-epoch", fields.producer_epoch);
    case 16: return match("content-encoding", fields.content_encoding);
    case 17: return match("stream-expires-at", fields.stream_expires_at);
    case 18:
      return name.ends_with('m') ? match("stream-forked-from", fields.forked_from)
                                 : match("stream-fork-offset", fields.fork_offset);
    case 22: return match("stream-fork-sub-offset", fields.fork_sub_offset);
    default: return nullptr;
  }
}

// RFC 9110 8.4.1: identity is no coding, and is not to be sent.
bool IsCoded(const RequestFields& fields) {
  const Field& coding = fields.content_encoding;
  return coding && !coding->empty() && !EqualIgnoringCase(*coding, "identity");
}

// The one of those that a stream keeps as they came that is too long; empty: none.
std::string_view TooLong(const RequestFields& fields) {
  const auto is_long = [](const Field& field) { return field && field->size() > kTextBytesMax; };
  if (is_long(fields.content_type)) return "content-type";
  if (is_long(fields.producer_id)) return "producer-id";
  if (is_long(fields.stream_seq)) return "stream-seq";
  return is_long(fields.stream_expires_at) ? "stream-expires-at" : std::string_view();
}

}  // namespace

bool RequestFields::closes() const {
  return stream_closed && EqualIgnoringCase(*stream_closed, "true");
}

Refusal EntityTagRefusal() {
  return {&kIfMatch, "Use stream-seq or a producer's epoch in place of it."};
}

std::expected<RequestFields, Refusal> FindFields(std::span<const HeaderField> headers,
                                                 bool ignores_content) {
  RequestFields fields;
  for (const HeaderField& header : headers) {
    Field* slot = SlotOf(header.name, fields);
    if (slot == nullptr) {
      if (header.name == "if-match") return std::unexpected(EntityTagRefusal());
      fields.has_origin |= header.name == "origin";
      if (header.name == "if-none-match") {
        fields.if_none_match = true;
        fields.must_be_new |= header.value == "*";
      }
      continue;
    }
    if (ignores_content && (slot == &fields.content_type || slot == &fields.content_encoding)) {
      continue;
    }
    if (slot->has_value()) {
      return std::unexpected(
          Refusal{&kRepeatedHeader, std::string(header.name) + " stands there twice."});
    }
    *slot = header.value;
  }
  if (const std::string_view name = TooLong(fields); !name.empty()) {
    return std::unexpected(Refusal{&kFieldTooLong, std::string(name) + " is longer than " +
                                                       std::to_string(kTextBytesMax) + " bytes."});
  }
  if (IsCoded(fields)) {
    return std::unexpected(Refusal{&kContentEncoding, "Send the body without content-encoding."});
  }
  return fields;
}

}  // namespace thalweg
