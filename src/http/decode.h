// From the fields of a request to what the commands need, or why not. (protocol 5.1, 5.2, 5.2.1)
// Pure; the results borrow from the request.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "http/refusal.h"
#include "http/request_fields.h"
#include "http/target.h"
#include "stream/command.h"
#include "stream/expiry.h"
#include "stream/json_messages.h"
#include "stream/producer.h"

namespace thalweg {

inline constexpr uint64_t kProducerNumberMax = 9'007'199'254'740'991;  // 2^53 - 1

// Null: the request carries no producer. All three headers or none.
std::expected<std::optional<ProducerStamp>, Refusal> DecodeProducer(const RequestFields& fields);

std::expected<Expiry, Refusal> DecodeExpiry(const RequestFields& fields);

struct Fork {
  std::string source;  // key
  ForkPoint point;     // `at` and `sub_offset` only
};

// Null: not a fork.
std::expected<std::optional<Fork>, Refusal> DecodeFork(const RequestFields& fields,
                                                       const StreamRoot& root);

// The type a new stream is asked to have; null: none that could be kept.
std::optional<std::string_view> DecodeNewContentType(const RequestFields& fields);

// A body made ready for its stream. `wire` of the payload may point into `split`: not to be moved,
// but for the memory of a long one.
struct Body {
  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  Payload payload;
  JsonWire split;
  std::string error;  // why the JSON is bad
};

// Fills `body` from the bytes of a request; JSON is split where `is_json`. No bytes are no body.
void DecodeBody(std::string_view bytes, bool is_json, Body& body);
// The same for the body of a creation, where an empty array is an empty stream.
void DecodeNewBody(std::string_view bytes, bool is_json, Body& body);

}  // namespace thalweg
