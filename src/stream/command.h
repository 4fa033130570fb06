// What clients ask of a stream: one struct for each intended change, with its moment.
//
// Values to be judged by decide.h. Views are borrowed for the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "stream/expiry.h"
#include "stream/ids.h"
#include "stream/offset.h"
#include "stream/producer.h"

namespace thalweg {

// The longest content type, Stream-Expires-At, producer's id and Stream-Seq: a stream keeps them as
// they came. Checked where they are decoded; a record may hold longer ones.
inline constexpr size_t kTextBytesMax = 1'024;

// The most bytes that one command may add to a stream, so that its record fits the log.
inline constexpr size_t kCommandBytesMax = size_t{512} << 20;

// The bytes of a body, ready for the stream: for JSON already split (json_messages.h). A body that
// could not be read carries why; the rules refuse it only where nothing else comes first.
struct Payload {
  enum class Fault : uint8_t { kNone, kBadJson, kEmptyArray };

  // Whether a body was sent, readable or not.
  bool is_sent() const { return !wire.empty() || fault != Fault::kNone; }

  std::string_view wire;             // empty: the request had no body
  std::shared_ptr<char[]> memory{};  // holds `wire` and may be kept; null: `wire` is borrowed
  bool is_json = false;              // split as JSON; must agree with the stream's type
  Fault fault = Fault::kNone;
};

// A fork has its prefix for its own, so a few bytes of a request must not stand for very many.
inline constexpr uint64_t kForkSubOffsetMax = 1u << 20;  // messages (JSON) or bytes

// Where a fork leaves its source; the engine has looked it up.
struct ForkPoint {
  // Whether the bytes of the append that follows `at` matter, and not only where it begins.
  bool takes_prefix() const { return sub_offset != 0 && sub_offset <= kForkSubOffsetMax; }

  std::optional<Offset> at;     // null: the source's tail
  uint64_t sub_offset = 0;      // messages (JSON) or bytes past `at`
  bool at_is_boundary = true;   // `at` ends an append of the source, or is its start
  std::string_view prefix;      // the wire bytes that sub_offset stands for
  bool sub_offset_fits = true;  // false: past the append that follows `at`, or too much of it
  uint64_t source_depth = 0;    // so many streams the source reads from, each from the next
};

struct CreateCommand {
  std::string_view path;
  std::optional<std::string_view> content_type;  // absent: default, or the source's
  Expiry expiry;                                 // kNever: as requested; a fork inherits
  bool closed = false;
  Payload payload;
  std::optional<std::string_view> fork_source;  // path of the source
  ForkPoint fork;                               // meaningful where fork_source is set
  Moment now;
};

struct AppendCommand {
  std::optional<std::string_view> content_type;
  Payload payload;
  std::optional<ProducerStamp> producer;
  std::optional<std::string_view> stream_seq;
  bool close = false;
  Moment now;
};

}  // namespace thalweg
