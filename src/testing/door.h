// Short ways to do things to an engine in tests.
#pragma once

#include <string>
#include <string_view>

#include "engine/engine.h"

namespace thalweg {

inline constexpr std::string_view kBytesType = "application/octet-stream";
inline constexpr std::string_view kJsonType = "application/json";

// `wire` of a JSON stream is as SplitJson makes it: values, each followed by a comma.
inline Payload PayloadOf(std::string_view type, std::string_view wire) {
  return {.wire = wire, .is_json = type == kJsonType, .fault = Payload::Fault::kNone};
}

inline CreateCommand NewStream(std::string_view path, std::string_view type = kBytesType,
                               std::string_view data = {}) {
  CreateCommand command;
  command.path = path;
  command.content_type = type;
  command.payload = PayloadOf(type, data);
  return command;
}

inline CreateCommand NewFork(std::string_view path, std::string_view source,
                             std::optional<uint64_t> at = std::nullopt, uint64_t sub_offset = 0) {
  CreateCommand command;
  command.path = path;
  command.fork_source = source;
  if (at) command.fork.at = Offset{*at};
  command.fork.sub_offset = sub_offset;
  return command;
}

inline AppendCommand NewAppend(std::string_view data, std::string_view type = kBytesType) {
  AppendCommand command;
  command.content_type = type;
  command.payload = PayloadOf(type, data);
  return command;
}

inline AppendCommand NewClose() {
  AppendCommand command;
  command.close = true;
  return command;
}

inline Expiry Ttl(uint64_t seconds) {
  Expiry expiry;
  expiry.kind = Expiry::Kind::kTtl;
  expiry.ttl_s = seconds;
  return expiry;
}

inline Expiry EndsAt(int64_t wall_ms) {
  Expiry expiry;
  expiry.kind = Expiry::Kind::kAt;
  expiry.at_ms = wall_ms;
  expiry.at_text = std::to_string(wall_ms);
  return expiry;
}

inline ReadFrom FromOffset(uint64_t offset) {
  return {.kind = ReadFrom::Kind::kOffset, .offset = Offset{offset}};
}

inline std::string TextOf(const Page& page) {
  std::string text;
  for (const Bytes& part : page.parts) text += part.view();
  return text;
}

// Everything that stands at `path`, in one page.
inline std::string ReadAll(Engine& engine, std::string_view path) {
  return TextOf(engine.Read(path, ReadFrom{}, SIZE_MAX).page);
}

// Counts what it hears.
class CountingWatcher final : public Watcher {
 public:
  void OnStreamChanged() override { ++count; }
  int count = 0;
};

}  // namespace thalweg
