// A page of a stream as a 200 answer, or 304: framing of JSON, ETag, caching, compression.
// Used by catch-up reads and by long-polls that found data. (protocol 5.6, 5.7, 10.1)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/read.h"
#include "http/caching.h"
#include "http/context.h"
#include "thalweg/http.h"

namespace thalweg {

// What of the request shapes the answer; owns its text, so that the answer may wait.
struct ReadConditions {
  std::string accept_encoding;
  std::string if_none_match;
  bool is_authorized = false;  // it brings credentials
};

ReadConditions ReadConditionsOf(const Request& request);

// Answers `page` of `stream` now, or from a worker where it is large and compressed. `cursor` is
// set for long-polls. What was asked for with kNow gets no ETag.
void SendPage(const RouterContext& context, const StreamHandle& stream, Page page,
              const ReadConditions& conditions, std::optional<uint64_t> cursor, AskedFor asked_for,
              Responder& responder);

}  // namespace thalweg
