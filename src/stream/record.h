// Records: what the log holds. A record is a decided command with everything resolved, so that
// replay asks no question. One encoding, used by every log. (docs/formats/record.md)
//
// Decoded records borrow from the bytes they were decoded from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "stream/expiry.h"
#include "stream/ids.h"
#include "stream/offset.h"
#include "stream/producer.h"

namespace thalweg {

// What the client asked for at creation, to compare a repeated PUT with. (protocol 5.1)
struct RequestedConfig {
  std::string content_type;  // media type; empty: none was sent
  Expiry expiry;
  std::string fork_source;  // path; empty: not a fork
  std::optional<Offset> fork_at;
  uint64_t fork_sub_offset = 0;
  bool operator==(const RequestedConfig&) const = default;
};

struct CreateRecord {
  StreamId id;
  std::string_view path;
  RequestedConfig requested;
  std::string_view content_type;  // resolved, verbatim
  Expiry expiry;                  // resolved
  StreamId source;                // 0: not a fork
  Offset start;                   // where the stream's own bytes begin: 0, or the fork offset
  std::string_view prefix;        // of a fork with a sub-offset: its first own append
  std::string_view data;          // initial content: one append, may be empty
  bool closed = false;
  Moment at;
  bool operator==(const CreateRecord&) const = default;
};

struct AppendRecord {
  StreamId id;
  std::string_view data;  // empty: close only
  std::optional<ProducerStamp> producer;
  std::optional<std::string_view> stream_seq;
  bool closes = false;
  Moment at;
  bool operator==(const AppendRecord&) const = default;
};

enum class RemoveCause : uint8_t { kDelete, kExpired };

struct RemoveRecord {
  StreamId id;
  RemoveCause cause = RemoveCause::kDelete;
  Moment at;
  bool operator==(const RemoveRecord&) const = default;
};

// A read kept a stream with a TTL alive.
struct TouchRecord {
  StreamId id;
  Moment at;
  bool operator==(const TouchRecord&) const = default;
};

using Record = std::variant<CreateRecord, AppendRecord, RemoveRecord, TouchRecord>;

// The stream that a record is about.
StreamId StreamOf(const Record& record);

// Whether `record` keeps the promises every decided record keeps: the stream is named, offsets fit
// their text, an append brings bytes or closes, only a fork has a source.
bool IsValid(const Record& record);

// Appends the encoding of `record` to `out`. REQUIRES: IsValid(record).
void EncodeRecord(const Record& record, std::string& out);

// Decodes exactly `bytes`; null where they are not one whole valid record.
std::optional<Record> DecodeRecord(std::string_view bytes);

}  // namespace thalweg
