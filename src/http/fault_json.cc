#include "http/fault_json.h"

#include <simdjson.h>

#include <cstdint>
#include <limits>

namespace thalweg {

namespace {

using Value = simdjson::dom::element;

bool Take(Value value, std::string& out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

bool Take(Value value, bool& out) { return value.get(out) == simdjson::SUCCESS; }

bool Take(Value value, double& out) { return value.get(out) == simdjson::SUCCESS; }

bool Take(Value value, uint64_t& out) { return value.get(out) == simdjson::SUCCESS; }

bool Take(Value value, std::optional<uint64_t>& out) { return Take(value, out.emplace()); }

bool TakeStatus(Value value, int& out) {
  uint64_t number = 0;
  if (!Take(value, number) || number == 0 || number > 999) return false;
  out = static_cast<int>(number);
  return true;
}

// Whole milliseconds of what may be a fraction.
bool TakeMs(Value value, int64_t& out) {
  constexpr double kMsMax = 1e15;
  double ms = 0;
  if (!Take(value, ms) || ms < 0 || ms > kMsMax) return false;
  out = static_cast<int64_t>(ms);
  return true;
}

bool TakeEvent(Value value, std::optional<Fault::SseEvent>& out) {
  Fault::SseEvent& event = out.emplace();
  Value type;
  Value data;
  return value["eventType"].get(type) == simdjson::SUCCESS && Take(type, event.type) &&
         value["data"].get(data) == simdjson::SUCCESS && Take(data, event.data);
}

struct Member {
  std::string_view name;
  std::string_view shape;
  bool (*take)(Value value, PlacedFault& out);
};

constexpr Member kMembers[] = {
    {"path", "a string", [](Value v, PlacedFault& out) { return Take(v, out.path); }},
    {"status", "a whole number from 200 to 599",
     [](Value v, PlacedFault& out) { return TakeStatus(v, out.fault.status); }},
    {"delayMs", "a number of milliseconds, at least 0",
     [](Value v, PlacedFault& out) { return TakeMs(v, out.fault.delay_ms.emplace()); }},
    {"dropConnection", "true or false",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.drop_connection); }},
    {"truncateBodyBytes", "a whole number, at least 0",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.truncate_body_bytes); }},
    {"corruptBody", "true or false",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.corrupt_body); }},
    {"injectSseEvent", "an object with the strings eventType and data",
     [](Value v, PlacedFault& out) { return TakeEvent(v, out.fault.sse_event); }},
    {"count", "a whole number, at least 0",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.count); }},
    {"probability", "a number from 0 to 1",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.probability); }},
    {"method", "a string", [](Value v, PlacedFault& out) { return Take(v, out.fault.method); }},
    {"retryAfter", "a whole number of seconds, at least 0",
     [](Value v, PlacedFault& out) { return Take(v, out.fault.retry_after_s); }},
    {"jitterMs", "a number of milliseconds, at least 0",
     [](Value v, PlacedFault& out) { return TakeMs(v, out.fault.jitter_ms); }},
};

const Member* FindMember(std::string_view name) {
  for (const Member& member : kMembers) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::string UnknownMember(std::string_view name) {
  std::string text = "'" + std::string(name) + "' is not known; what is: ";
  for (const Member& member : kMembers) {
    if (&member != kMembers) text += ", ";
    text += member.name;
  }
  return text + ".";
}

}  // namespace

std::expected<PlacedFault, std::string> ParseFault(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string padded(json);  // parse() copies by itself, but not from nowhere
  const auto document = parser.parse(padded);
  if (document.error() != simdjson::SUCCESS || document.get(object) != simdjson::SUCCESS) {
    return std::unexpected("The body is not a JSON object.");
  }
  PlacedFault placed;
  for (const auto& [name, value] : object) {
    if (value.is_null()) continue;  // as good as not there
    const Member* member = FindMember(name);
    if (member == nullptr) return std::unexpected(UnknownMember(name));
    if (!member->take(value, placed)) {
      return std::unexpected(std::string(member->name) + " must be " + std::string(member->shape) +
                             ".");
    }
  }
  if (placed.path.empty()) {
    return std::unexpected("path is missing: which requests are to meet the fault?");
  }
  return placed;
}

}  // namespace thalweg
