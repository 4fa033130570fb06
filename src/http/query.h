// The protocol's query parameters, decoded. Unknown ones are ignored. (protocol 5.6 to 5.8) Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "engine/read.h"
#include "http/caching.h"
#include "http/refusal.h"

namespace thalweg {

enum class LiveMode : uint8_t { kNone, kLongPoll, kSse };

struct ReadQuery {
  ReadFrom from;
  AskedFor asked_for = AskedFor::kNoOffset;
  LiveMode live = LiveMode::kNone;
  std::optional<uint64_t> cursor;  // where it was sent and valid
};

// "-1", "now" or an offset; null: none of them.
std::optional<ReadFrom> ParseReadFrom(std::string_view text);

// `query` is what follows '?', still percent-encoded.
std::expected<ReadQuery, Refusal> ParseReadQuery(std::string_view query);

}  // namespace thalweg
