// THE RULES: what becomes of a command, given the state it meets. (protocol 4 and 5)
//
// Pure: no clock, no I/O, no threads, no HTTP. Nothing here changes state; an accepted command
// yields the record that does (apply.h). A stream that has expired or was removed is met as null;
// IsExpired (expiry.h) is asked by the caller before.
#pragma once

#include <cstdint>
#include <optional>

#include "stream/command.h"
#include "stream/record.h"
#include "stream/state.h"

namespace thalweg {

enum class CreateVerdict : uint8_t {
  kCreated,              // 201; the record is to be logged
  kExists,               // 200: same configuration, nothing changes
  kConfigMismatch,       // 409: another configuration
  kClosureMismatch,      // 409: same configuration, other closure
  kPathSoftDeleted,      // 409: the path is held by a deleted stream that forks still read
  kSourceMissing,        // 404
  kSourceSoftDeleted,    // 409
  kForkTooDeep,          // 409: see kForkDepthMax
  kContentTypeMismatch,  // 409: fork and source differ
  kForkBeyondTail,       // 400
  kForkNotOnBoundary,    // 400
  kSubOffsetTooLarge,    // 400
  kBadJson,              // 400
};

// So many streams a fork may read from, each from the next. All of them are brought to memory with
// it, while others wait: 7 ms for 1,000, where the system has the pages.
inline constexpr uint64_t kForkDepthMax = 1'000;

struct CreateDecision {
  CreateVerdict verdict;
  std::optional<CreateRecord> record;  // set for kCreated; borrows from command and source
};

// `existing` is what stands at the path, `source` what stands at fork_source (null: nothing, or not
// a fork); `id` names the stream if it comes to be. An empty JSON array creates an empty stream.
// Order: existing stream, source, fork's type, fork's offset, sub-offset, body.
CreateDecision DecideCreate(const StreamState* existing, const StreamState* source,
                            const CreateCommand& command, StreamId id);

enum class AppendVerdict : uint8_t {
  kAppended,             // 204 (200 with a producer); the record is to be logged
  kClosed,               // 204: close without data; the record is to be logged
  kDuplicate,            // 204: this producer's append is there already
  kAlreadyClosed,        // 204: a close again, or the closing append's own retry
  kMissing,              // 404
  kSoftDeleted,          // 410
  kStreamClosed,         // 409 with Stream-Closed
  kEmptyBody,            // 400: no data and no close
  kContentTypeMissing,   // 400: data without a content type
  kContentTypeMismatch,  // 409
  kStaleEpoch,           // 403
  kBadEpochStart,        // 400
  kTooManyProducers,     // 400
  kSeqGap,               // 409
  kStreamSeqRegressed,   // 409
  kBadJson,              // 400
  kEmptyArray,           // 400
};

struct AppendDecision {
  AppendVerdict verdict;
  std::optional<AppendRecord> record;  // set for kAppended and kClosed; borrows from the command
};

// Order of checks: missing, soft-deleted, empty body, closed, content type, producer, Stream-Seq,
// JSON. A close without data ignores content type and Stream-Seq; a duplicate wins over a bad body.
AppendDecision DecideAppend(const StreamState* state, const AppendCommand& command);

enum class RemoveVerdict : uint8_t { kRemoved, kMissing, kSoftDeleted };

struct RemoveDecision {
  RemoveVerdict verdict;
  std::optional<RemoveRecord> record;
};

RemoveDecision DecideRemove(const StreamState* state, RemoveCause cause, Moment now);

}  // namespace thalweg
