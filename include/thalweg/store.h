// A store: all streams of one process, in memory or in a data directory, without HTTP.
//
// Routers and servers stand in front of it, scripts use it alone. Every change comes in two forms:
// `XAsync` tells by a callback, `X` waits; both mean by success what a 2xx means: durable. What
// tells of streams tells what is durable, too: it waits for the disk where a stream at the path is
// just being created or removed, and only there. Paths are stream keys, what follows the base path
// in a URL: "rooms/lobby"; a leading '/' is ignored, percent-encoding is brought to one form, and
// what no URL may hold as it is, such as a space, is encoded. Offsets are the protocol's opaque
// texts. (protocol 4 to 6, 8)
//
// THREAD: any, unless said otherwise; several stores may live in one process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thalweg/bytes.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/export.h"
#include "thalweg/logger.h"
#include "thalweg/stats.h"

namespace thalweg {

class Engine;
class RegistryHooks;

// Why a store takes no changes any more.
struct StoreFailure {
  enum class Code : uint8_t {
    kDisk,           // a write or a sync failed, or one of the log has not ended for ten minutes
    kDirectoryGone,  // the data directory, or a part of it, was moved, unmounted or removed under
                     // the store
  };
  Code code = Code::kDisk;
  std::string message{};  // what was tried or found, on what, and what to do
};

struct StoreOptions {
  // Of a store in a directory; docs/OPERATING.md says when to turn them.
  // Of each file of the log, which is allocated ahead; rounded up to pages, three at least.
  size_t log_file_bytes = size_t{64} << 20;
  // A checkpoint is due when the log has so much that it would make needless, …
  uint64_t checkpoint_log_bytes = uint64_t{256} << 20;
  // … or the oldest change is so old, …
  int64_t checkpoint_age_ms = 60'000;
  // … or half of this memory is taken by what no checkpoint has. Where all of it is, appends are
  // refused with kMemoryFull until one has made room. 0 counts as 1.
  uint64_t tail_bytes_max = uint64_t{256} << 20;
  // As quickly do merges read at most. 0 counts as 1.
  uint64_t merge_bytes_per_s = uint64_t{64} << 20;

  // Seams; null: the library's own. REQUIRES: they outlive the store.
  const Clock* clock = nullptr;
  Logger* logger = nullptr;      // null: silent
  Executor* executor = nullptr;  // where callbacks run; null: a thread of the store's

  // Called once when the store has failed, before anybody is refused for it: once this has
  // returned, every change is, with kFailed, also those that wait, but for what becomes durable all
  // the same where it is not the log's disk that has failed. The process should end then, by
  // _exit where the disk does not answer. Where the disk has failed, the next start recovers from
  // what it holds; where the directory is gone, somebody has to bring it back before, or the next
  // start makes a new one. Until this returns, what waits goes on waiting: it must make no call
  // that does, as those without a callback and Server::Stop, and not end the store. THREAD: any.
  std::function<void(const StoreFailure&)> on_failure{};
};

// Why a directory cannot be opened.
struct OpenError {
  enum class Code : uint8_t {
    kDisk,     // the system refused: permissions, no such directory
    kForeign,  // in use by another process or store, not a data directory, or of another version
    kDamage,   // what was durable once cannot be read any more
  };
  Code code = Code::kDisk;
  std::string message{};  // what was tried, on what, and what to do
};

enum class StoreErrc : uint8_t {
  kBadArgument,          // 400: a path, an offset, a TTL, an instant that cannot be
  kNotFound,             // 404
  kGone,                 // 410: deleted, kept for the forks that read from it
  kExists,               // 409: another configuration stands at the path
  kPathHeld,             // 409: by a deleted stream that forks still read
  kSourceNotFound,       // 404: of a fork
  kSourceGone,           // 409
  kForkOffset,           // 400: beyond the tail, inside an append, or past the append behind it
  kForkTooDeep,          // 409: the source is the last of a chain of 1,000 forks
  kContentTypeMissing,   // 400
  kContentTypeMismatch,  // 409
  kClosed,               // 409
  kStaleEpoch,           // 403
  kBadEpochStart,        // 400
  kTooManyProducers,     // 400: use their ids again and raise the epoch
  kSequenceGap,          // 409
  kSequenceRegressed,    // 409: Stream-Seq
  kEmptyAppend,          // 400
  kBadJson,              // 400
  kOffset,               // 400: inside an append, or beyond the tail
  kDiskFull,             // 507: passes
  kMemoryFull,           // 503: passes
  kUnreadable,           // 500: what is stored of the stream cannot be read
  kFailed,               // 500: the disk has failed, or the store is closing; the change may or may
                         // not have happened
};

struct StoreError {
  StoreErrc code = StoreErrc::kFailed;
  std::string message{};               // one sentence
  std::string current_offset{};        // kClosed: the final offset; what a producer's numbers
                                       // refuse: the tail; else empty
  uint64_t producer_epoch = 0;         // kStaleEpoch: the one that fences
  uint64_t producer_seq_expected = 0;  // kSequenceGap
  bool was_there = false;              // kNotFound, kGone: of a wait whose stream was there first
};

template <typename T>
using StoreResult = std::expected<T, StoreError>;

// Called once with the result: inside the call where there is nothing to wait for, else on the
// store's executor, or by the store's end, on its thread. May call the store. Must not throw: that
// ends the process. REQUIRES: not empty; who needs no result gives one that does nothing.
template <typename T>
using StoreCallback = std::move_only_function<void(StoreResult<T>)>;

// Texts that a stream keeps are header values of at most 1,024 bytes: content types, expires_at, a
// producer's id, stream_seq.
struct CreateOptions {
  std::optional<std::string> content_type{};  // absent: application/octet-stream, or the source's
  std::optional<uint64_t> ttl_s{};            // at most one of these two
  std::optional<std::string> expires_at{};    // RFC 3339
  std::string_view initial_data{};            // as Store::Append takes; borrowed for the call
  bool closed = false;
  std::optional<std::string> forked_from{};  // path of the source
  std::optional<std::string> fork_offset{};  // absent: the source's tail
  uint64_t fork_sub_offset = 0;              // messages (JSON) or bytes past it, 2^20 at most
};

struct CreateResult {
  bool created = false;  // false: it was there with the same configuration
  std::string content_type{};
  std::string next_offset{};
  bool closed = false;
};

// An idempotent producer's numbers. (protocol 5.2.1) A stream knows at most 65,536 producers,
// with 4 MiB of ids.
struct Producer {
  std::string id{};
  uint64_t epoch = 0;
  uint64_t seq = 0;
};

struct AppendOptions {
  std::optional<std::string> content_type{};  // absent: the stream's own
  std::optional<Producer> producer{};
  std::optional<std::string> stream_seq{};
  bool close = false;  // closes the stream with this append
};

struct AppendResult {
  enum class Kind : uint8_t {
    kAppended,
    kDuplicate,      // this producer's append was there already
    kClosed,         // closed without data
    kAlreadyClosed,  // a close again
  };
  Kind kind = Kind::kAppended;
  std::string next_offset{};
  bool closed = false;
  uint64_t producer_epoch = 0;  // of the producer's state now; 0 without a producer
  uint64_t producer_seq = 0;
  Bytes json{};  // what was appended to a JSON stream, as in a Message; else empty
};

// The bytes of one append as they stand in the stream: of a JSON stream its values, each followed
// by a comma.
struct Message {
  Bytes data{};
  std::string offset{};  // behind it
};

struct ReadOptions {
  std::string offset = "-1";    // "-1": from the start, "now": from the tail
  size_t bytes_max = 4u << 20;  // at least one message is given where there is one
  bool touch = true;            // counts as a use, for the TTL
};

struct ReadResult {
  std::vector<Message> messages{};
  std::string next_offset{};  // behind the last message
  bool up_to_date = false;    // nothing stands behind next_offset
  bool closed = false;        // up to date, and nothing will come
  std::string content_type{};
};

struct WaitResult {
  ReadResult read{};  // empty where timed_out, or where the stream was closed
  bool timed_out = false;
};

struct StreamDescription {
  std::string path{};
  std::string content_type{};  // verbatim
  std::string current_offset{};
  bool closed = false;
  bool soft_deleted = false;  // deleted, and forks still read from it
  std::optional<uint64_t> ttl_s{};
  std::optional<std::string> expires_at{};  // as it was written
  int64_t created_at_ms = 0;  // wall clock; 0 where an older version of the directory kept none
  int64_t used_at_ms = 0;     // last read or write, coarse
  std::optional<std::string> last_stream_seq{};
  std::optional<std::string> forked_from{};
  std::optional<std::string> fork_offset{};
  uint64_t fork_sub_offset = 0;
  uint64_t forks = 0;                 // that read from it
  std::vector<Producer> producers{};  // last accepted of each
  std::optional<Producer> closed_by{};
};

class THALWEG_API Store {
 public:
  // Streams that are gone when the store ends.
  static std::unique_ptr<Store> InMemory(StoreOptions options = {});

  // The streams of the data directory `path`, which is made where only itself is missing; recovered
  // and locked against other processes and stores when this returns. May take as long as reading
  // the log.
  [[nodiscard]] static std::expected<std::unique_ptr<Store>, OpenError> Open(
      const std::string& path, StoreOptions options = {});

  // A store in a directory commits what was staged and takes a last checkpoint. What still waits is
  // answered, kFailed where it did not come about; callbacks that call the store meanwhile get
  // kFailed, too. REQUIRES: no router or server uses it and no call is under way, but for a
  // callback on an executor that was given: it may be the one that ends the store.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // What a router over this store goes by (router.h).
  Engine& engine();
  const Clock& clock() const;

  // Changes. The forms without a callback wait until the change is durable; they need no executor,
  // and hold up the one that calls them.
  void CreateAsync(std::string_view path, const CreateOptions& options,
                   StoreCallback<CreateResult> done);
  [[nodiscard]] StoreResult<CreateResult> Create(std::string_view path,
                                                 const CreateOptions& options = {});

  // `data` is borrowed for the call: at most 64 MiB; of a JSON stream one value, or an array of
  // messages. Empty: only with `close`.
  void AppendAsync(std::string_view path, std::string_view data, const AppendOptions& options,
                   StoreCallback<AppendResult> done);
  [[nodiscard]] StoreResult<AppendResult> Append(std::string_view path, std::string_view data,
                                                 const AppendOptions& options = {});

  // Closes without data. Again: a success without a producer, and with the numbers of the close;
  // else kClosed.
  void CloseAsync(std::string_view path, const std::optional<Producer>& producer,
                  StoreCallback<AppendResult> done);
  [[nodiscard]] StoreResult<AppendResult> Close(
      std::string_view path, const std::optional<Producer>& producer = std::nullopt);

  // True: it was there. False: nothing was. kGone: it was deleted before, and forks read from it.
  void RemoveAsync(std::string_view path, StoreCallback<bool> done);
  [[nodiscard]] StoreResult<bool> Remove(std::string_view path);

  // Removes every stream there is when it is called. One that cannot be removed holds up no other.
  void ClearAsync(StoreCallback<void> done);
  [[nodiscard]] StoreResult<void> Clear();

  // Reads. What left memory is read from the disk within the call.
  [[nodiscard]] StoreResult<ReadResult> Read(std::string_view path,
                                             const ReadOptions& options = {});

  // The same once there is something behind `offset`, or the stream is closed, gone, or
  // `timeout_ms` have passed, or the store has failed (kFailed). Offsets are as in ReadOptions. The
  // stream that is there at the beginning is waited for, whatever comes to its path. Time is that
  // of StoreOptions::clock. REQUIRES of the form that waits: not called on the store's executor,
  // nor on the thread that moves a clock by hand.
  void WaitForMessagesAsync(std::string_view path, std::string_view offset, int64_t timeout_ms,
                            StoreCallback<WaitResult> done);
  [[nodiscard]] StoreResult<WaitResult> WaitForMessages(std::string_view path,
                                                        std::string_view offset,
                                                        int64_t timeout_ms);

  // Ends every wait that has begun, as if its time had passed: at once, but where what it tells
  // rests on something that is not durable yet. The store may end right behind it.
  void CancelAllWaits();

  // Also tells of soft-deleted streams. Not a use. Producers, forks and last_stream_seq may be
  // ahead of current_offset by what is not durable yet.
  [[nodiscard]] StoreResult<StreamDescription> Get(std::string_view path);
  // False for soft-deleted ones, and also where it cannot be told (kUnreadable, kFailed, a path
  // that is none): CurrentOffset tells these apart.
  bool Has(std::string_view path);
  [[nodiscard]] StoreResult<std::string> CurrentOffset(std::string_view path);

  // A use, as a read is: starts the TTL's window anew.
  [[nodiscard]] StoreResult<void> Touch(std::string_view path);

  // Keys that begin with `prefix` and stand behind `after` (both in the form of keys, as this gives
  // them), in order, at most `limit`. Soft-deleted streams are left out. Looks at every stream in
  // memory: for administration, not for every request.
  [[nodiscard]] StoreResult<std::vector<std::string>> List(std::string_view prefix = {},
                                                           std::string_view after = {},
                                                           size_t limit = SIZE_MAX);

  // For dashboards and alarms: looks at no stream and waits for no disk. All 0 while the store
  // ends.
  StoreStats Stats() const;

  // The body of a response with these messages: the bytes in a row, for JSON as one array.
  static Bytes FormatResponse(std::string_view content_type, std::span<const Message> messages);

 private:
  class Impl;
  friend class RegistryHooks;
  // As Get, but of what was decided, durable or not; waits for nothing.
  StoreResult<StreamDescription> GetStaged(std::string_view path);

  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
