// Numbers that must not be mixed up: a position in the log, a stream's name in it, a moment.
#pragma once

#include <compare>
#include <cstdint>

namespace thalweg {

// A record's position in the commit log. Grows; 0 stands before every record.
struct Lsn {
  uint64_t value = 0;
  auto operator<=>(const Lsn&) const = default;
};

// Names one incarnation of a stream. Never reused; 0 is none.
struct StreamId {
  uint64_t value = 0;
  auto operator<=>(const StreamId&) const = default;
};

// The moment a command was made. The rules read no clock: time travels in here.
struct Moment {
  int64_t wall_ms = 0;    // since 1970-01-01T00:00:00Z; what Expires-At is compared with
  int64_t steady_ms = 0;  // never jumps; what a TTL is measured with
  bool operator==(const Moment&) const = default;
};

}  // namespace thalweg
