#include "http/query.h"

#include <algorithm>
#include <utility>

#include "http/cursor.h"
#include "http/percent.h"
#include "http/problem_codes.h"

namespace thalweg {

namespace {

struct Parameters {
  std::optional<std::string> offset;
  std::optional<std::string> live;
  std::optional<std::string> cursor;
};

std::optional<std::string>* SlotOf(std::string_view name, Parameters& parameters) {
  if (name == "offset") return &parameters.offset;
  if (name == "live") return &parameters.live;
  if (name == "cursor") return &parameters.cursor;
  return nullptr;
}

std::expected<void, Refusal> TakeParameter(std::string_view pair, Parameters& parameters) {
  const size_t equals = std::min(pair.find('='), pair.size());
  const auto name = PercentDecode(pair.substr(0, equals));
  std::optional<std::string>* slot = name ? SlotOf(*name, parameters) : nullptr;
  if (slot == nullptr) return {};
  if (slot->has_value()) return Refuse(kBadQuery, *name + " may be given only once.");
  *slot = PercentDecode(pair.substr(std::min(equals + 1, pair.size())));
  if (!slot->has_value()) {
    return Refuse(kBadQuery, *name + ": '%' must be followed by two hexadecimal digits.");
  }
  return {};
}

std::expected<Parameters, Refusal> SplitQuery(std::string_view query) {
  Parameters parameters;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    if (auto taken = TakeParameter(query.substr(0, end), parameters); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parameters;
}

std::expected<LiveMode, Refusal> ParseLive(const std::optional<std::string>& text) {
  if (!text) return LiveMode::kNone;
  if (*text == "long-poll") return LiveMode::kLongPoll;
  if (*text == "sse") return LiveMode::kSse;
  return Refuse(kBadLiveMode, "live is long-poll or sse.");
}

}  // namespace

std::optional<ReadFrom> ParseReadFrom(std::string_view text) {
  if (text == "-1") return ReadFrom{};
  if (text == "now") return ReadFrom{.kind = ReadFrom::Kind::kTail, .offset = {}};
  const auto offset = ParseOffset(text);
  if (!offset) return std::nullopt;
  return ReadFrom{.kind = ReadFrom::Kind::kOffset, .offset = *offset};
}

std::expected<ReadQuery, Refusal> ParseReadQuery(std::string_view query) {
  ReadQuery read;
  if (query.empty()) return read;
  const auto parameters = SplitQuery(query);
  if (!parameters) return std::unexpected(parameters.error());
  const std::optional<std::string>& offset = parameters->offset;
  const auto from = ParseReadFrom(offset ? std::string_view(*offset) : "-1");
  if (!from) {
    return Refuse(kBadOffset, "An offset is -1, now, or a value of Stream-Next-Offset.");
  }
  const auto live = ParseLive(parameters->live);
  if (!live) return std::unexpected(live.error());
  if (*live != LiveMode::kNone && !offset) {
    return Refuse(kOffsetMissing, "Add offset=-1 to begin at the stream's start.");
  }
  read.from = *from;
  if (offset) {
    read.asked_for = from->kind == ReadFrom::Kind::kTail ? AskedFor::kNow : AskedFor::kOffset;
  }
  read.live = *live;
  if (parameters->cursor) read.cursor = ParseCursor(*parameters->cursor);
  return read;
}

}  // namespace thalweg
