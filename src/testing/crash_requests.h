// What a client of the crash simulation asks, as values that last: it may ask again after a crash.
#pragma once

#include <optional>
#include <string>

#include "stream/command.h"
#include "testing/door.h"

namespace thalweg {

struct CreateRequest {
  std::string path;
  std::optional<std::string> type;
  std::string data;
  bool is_json = false;  // `data`
  Expiry expiry;
  bool closed = false;
  std::optional<std::string> source;
  std::optional<uint64_t> at;
  uint64_t sub_offset = 0;

  // Borrows.
  CreateCommand CommandAt(Moment now) const {
    CreateCommand command = NewStream(path, kBytesType, data);
    command.payload.is_json = is_json;
    command.content_type = type;
    command.expiry = expiry;
    command.closed = closed;
    command.now = now;
    if (!source) return command;
    command.fork_source = *source;
    if (at) command.fork.at = Offset{*at};
    command.fork.sub_offset = sub_offset;
    return command;
  }
};

struct AppendRequest {
  std::string path;
  std::string type;
  std::string data;
  std::string producer;  // empty: no stamp
  uint64_t epoch = 0;
  uint64_t seq = 0;
  std::optional<std::string> stream_seq;
  bool close = false;

  // Borrows.
  AppendCommand CommandAt(Moment now) const {
    AppendCommand command = NewAppend(data, type);
    if (!producer.empty()) command.producer = ProducerStamp{producer, epoch, seq};
    command.stream_seq = stream_seq;
    command.close = close;
    command.now = now;
    return command;
  }
};

}  // namespace thalweg
