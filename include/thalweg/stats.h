// What stores, routers and servers count and hold, in numbers: for dashboards and alarms. Values.
//
// What counts does so exactly, since the store was opened or the server started, and never goes
// back, but to 0 while the store ends. The numbers of one struct are read one after the other, not
// in one instant.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "thalweg/http.h"

namespace thalweg {

// How long something took, each time that it was done.
struct Durations {
  static constexpr std::array<int64_t, 16> kUpToUs = {
      100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
      50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

  // counts[i]: it took at most kUpToUs[i], and longer than the one before; the last: longer.
  std::array<uint64_t, kUpToUs.size() + 1> counts{};
  uint64_t sum_us = 0;  // of all together
};

// Changes of streams that are in the log: durable, or about to be unless the disk fails. A change
// that is refused is none.
struct ChangeStats {
  uint64_t creates = 0;         // of streams that were not there
  uint64_t appends = 0;         // with bytes
  uint64_t appended_bytes = 0;  // by those and by creates, as they stand in streams: behind each
                                // JSON value a comma
  uint64_t duplicates = 0;      // appends again of what was there: answered, and nothing changed
  uint64_t closes = 0;  // with an append or without; not of streams that were created closed
  uint64_t deletes = 0;
  uint64_t expiries = 0;  // streams that ended because their time had come
};

// Of a store in a directory.
struct DiskStats {
  // Memory for what is not checkpointed (StoreOptions::tail_bytes_max): appends are refused
  // (kMemoryFull) while it is all taken.
  uint64_t tail_bytes = 0;
  uint64_t tail_bytes_max = 0;

  // The commit log.
  uint64_t log_appended_bytes = 0;        // it has grown by, with what fills its blocks
  uint64_t log_uncheckpointed_bytes = 0;  // it has grown by since the last checkpoint was begun,
                                          // about what a start would have to read
  uint64_t log_records_waiting = 0;       // staged, and not durable yet
  Durations commits{};         // of its batches: from the beginning of a write until it is durable
  uint64_t log_shortages = 0;  // times that a batch found no space, tried five times a second
  bool log_has_room = true;    // else what brings bytes is refused (kDiskFull)

  // Checkpoints.
  uint64_t checkpoints = 0;              // that hold
  uint64_t checkpoint_failures = 0;      // tried again: for want of space, or for damage
  int64_t last_checkpoint_took_ms = 0;   // of the last that holds …
  int64_t last_checkpoint_ended_ms = 0;  // … wall clock; 0: there is none since the opening

  // Segments, which hold what is checkpointed.
  uint64_t segments = 0;
  uint64_t segment_bytes = 0;       // of their files
  uint64_t segments_set_aside = 0;  // damaged, and left alone by merges
  uint64_t merges = 0;              // that hold

  // The file system of the directory, some seconds ago at most while the disk answers. As it was
  // known last, where it cannot be asked any more.
  uint64_t free_bytes = 0;  // that the process may take
  uint64_t size_bytes = 0;
};

struct StoreStats {
  ChangeStats changes{};
  uint64_t unreadable = 0;  // times that a call, a request or a listing met damage of a stream
  uint64_t streams = 0;     // there are, with soft-deleted ones and those whose time has come
                            // that nobody has met yet
  uint64_t streams_in_memory = 0;   // of those
  bool failed = false;              // every change is refused (kFailed)
  std::optional<DiskStats> disk{};  // null: in memory
};

// Readers that a router holds.
struct RouterStats {
  uint64_t sse_readers = 0;  // server-sent events
  uint64_t long_polls = 0;   // that wait
};

// Answers of a server that have begun, whole or not. A request whose client goes before that has
// none.
struct AnswerStats {
  std::optional<Method> method{};  // null: refused before it was a request
  int status = 0;
  uint64_t count = 0;  // not 0
};

struct ServerStats {
  uint64_t loops = 0;  // 0: stopped
  Durations turns{};   // of the loops: from events until it waits for the next ones. Whoever shares
                       // the loop waits for that long

  // Connections. Those beyond the most are refused: answered 503, or closed.
  uint64_t connections = 0;           // now, without those that are refused
  uint64_t connections_max = 0;       // HttpLimits::connections_max, or what open files allow
  uint64_t connections_accepted = 0;  // in all, with those that were refused
  uint64_t connections_refused = 0;
  uint64_t accepts_failed = 0;  // tries to accept one who waits, for want of a descriptor or memory

  // Requests.
  std::vector<AnswerStats> answers{};
  Durations writes{};  // each PUT, POST and DELETE that was done (2xx): from the turn of its loop
                       // in which it was handled to the one in which its answer began; 0 within one
  uint64_t answers_aborted = 0;    // of these, that who made them gave up: damage, a failed disk,
                                   // or an end within an event
  uint64_t requests_refused = 0;   // for want of memory: 503 too-many-bodies
  uint64_t request_bytes = 0;      // memory that requests under way take now, of …
  uint64_t request_bytes_max = 0;  // … all loops together; each has an equal part

  uint64_t received_bytes = 0;  // from sockets
  uint64_t sent_bytes = 0;      // to sockets

  RouterStats readers{};  // of all loops
};

}  // namespace thalweg
