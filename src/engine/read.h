// What a read asks and what it gets: a bounded page of one stream. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stream/ids.h"
#include "stream/offset.h"
#include "stream/state.h"
#include "thalweg/bytes.h"
#include "thalweg/http.h"

namespace thalweg {

class StreamEntry;
// One incarnation of a stream. Whoever holds it can go on reading it (or learn that it is gone)
// whatever happens at its path.
using StreamHandle = std::shared_ptr<StreamEntry>;

// Where a read begins.
struct ReadFrom {
  enum class Kind : uint8_t { kStart, kTail, kOffset };
  Kind kind = Kind::kStart;
  Offset offset;  // kOffset
};

enum class ReadVerdict : uint8_t {
  kOk,
  kMissing,       // 404
  kSoftDeleted,   // 410
  kNotABoundary,  // 400: inside an append
  kBeyondTail,    // 400
  kUnreadable,    // 500: what is stored of the stream cannot be read
  kFailed,        // 500: what it rests on will not be durable, for the disk has failed
  kWouldWait,     // no answer: read again where one may wait for the disk
};

// How much of a stream a read gives, and what it counts as.
struct PageRequest {
  size_t bytes_max = 0;       // but at least one append is given
  size_t part_bytes_max = 0;  // or, of an append longer than this too, so much; 0: all of it
  bool from_inside = false;   // the read may begin inside an append, where such a part ended
  bool with_ends = false;     // fills Page::ends
  bool is_use = true;         // starts the TTL's window anew
  bool files = false;         // long parts that memory has no more may be given as Page::files
  bool may_wait = true;       // for the disk; else kWouldWait where that may be needed

  auto operator<=>(const PageRequest&) const = default;
};

// What does not change while a stream lives. Borrows from it.
struct StreamInfo {
  StreamId id;
  const StreamConfig& config;
};

// A part of a page that stands in a file, in the place of parts[at], which is empty.
struct FilePart {
  size_t at = 0;
  FileRange range;
};

// Whole appends from `start` to `end`, or a part of a long one for who asked for that; a part of a
// page is bytes in memory or, for who takes such, in a file.
struct Page {
  std::vector<Bytes> parts;
  std::vector<FilePart> files{};  // in order
  std::vector<Offset> ends{};     // of each append, where they were asked for
  Offset start;
  Offset end;
  bool ends_inside = false;  // an append: the page is a part of it
  bool at_tail = false;      // nothing durable stands behind `end`
  bool closed = false;       // at_tail, and the stream is closed
  Offset tail{};             // behind all that was durable when it was read …
  bool tail_closed = false;  // … where the stream was closed

  uint64_t size() const { return end.value - start.value; }
};

struct ReadOutcome {
  ReadVerdict verdict = ReadVerdict::kMissing;
  StreamHandle stream;  // set for kOk
  Page page;            // set for kOk
  Lsn rests_on;         // the answer may leave when this is durable
};

struct DescribeOutcome {
  ReadVerdict verdict = ReadVerdict::kMissing;
  StreamHandle stream;  // set for kOk
  Offset tail;          // durable
  bool closed = false;  // durable
  Lsn rests_on;
};

// A copy of a stream's state. What is not durable of its tail and closure is left out; its
// producers, forks and Stream-Seq may be ahead of that.
struct InspectOutcome {
  ReadVerdict verdict = ReadVerdict::kMissing;
  StreamState state;    // set for kOk and kSoftDeleted
  int64_t idle_ms = 0;  // since its last use
  Lsn rests_on;
};

}  // namespace thalweg
