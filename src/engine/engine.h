// The engine: partitions of streams over one commit log. Decide, apply, stage; read; publish.
//
// Crosses threads: every call may come from any thread; a command takes at most two partition
// locks, in the order of their index, never across a system call or a wait. Outcomes carry the lsn
// they rest on: an answer leaves when that is durable (Port::WhenDurable).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commit_start.h"
#include "engine/port.h"
#include "engine/read.h"
#include "engine/tail_bytes.h"
#include "storage/commit_log.h"
#include "storage/fault.h"
#include "stream/decide.h"
#include "thalweg/clock.h"
#include "thalweg/executor.h"
#include "thalweg/stats.h"

namespace thalweg {

class Checkpoint;
class DurabilityListener;
class EngineReplay;
class LocalLog;
class Publisher;
class StoredExpiry;
class StreamLoader;
class StreamStore;
class StreamTable;
struct Absence;
struct Aftermath;
struct CatalogEntry;
struct PathKey;

struct EngineOptions {
  size_t partitions = 32;  // locks; a power of two
  // Tells its streams from those of an engine that gave the same ids, in entity tags: random where
  // nothing is kept, the data directory's else (directory_life.h).
  uint64_t life = 0;
};

// Why a command that the rules accept is refused all the same.
enum class Trouble : uint8_t {
  kNone,
  kDiskFull,    // 507: goes away when there is space again
  kMemoryFull,  // 503: goes away with the next checkpoint
  kTooLong,     // 413: brings more than kCommandBytesMax
  kUnreadable,  // 500: what is stored of the stream cannot be read
  kFailed,      // 500: the disk has failed; final
};

struct CreateOutcome {
  Trouble trouble = Trouble::kNone;  // else nothing below is meant
  CreateVerdict verdict = CreateVerdict::kCreated;
  std::string content_type;  // of the stream that stands at the path now (kCreated, kExists)
  Offset tail;
  bool closed = false;
  Lsn rests_on;
};

struct AppendOutcome {
  Trouble trouble = Trouble::kNone;  // else nothing below is meant
  AppendVerdict verdict = AppendVerdict::kMissing;
  Offset tail;
  bool closed = false;
  // Of the producer's state after the command (kAppended, kClosed, kDuplicate, kAlreadyClosed with
  // a stamp), or the fencing epoch (kStaleEpoch).
  uint64_t producer_epoch = 0;
  uint64_t producer_seq = 0;
  uint64_t producer_seq_expected = 0;  // kSeqGap
  Lsn rests_on;
};

struct RemoveOutcome {
  Trouble trouble = Trouble::kNone;  // else nothing below is meant
  RemoveVerdict verdict = RemoveVerdict::kMissing;
  Lsn rests_on;
};

struct ListOutcome {
  Trouble trouble = Trouble::kNone;  // else nothing below is meant
  std::vector<std::string> paths;    // in order
  Lsn rests_on;
};

// Where an engine keeps what is checkpointed.
struct EngineStore {
  std::unique_ptr<StreamStore> streams;
  uint64_t tail_bytes_max = 0;  // memory for what is not checkpointed yet; 503 beyond it
  // Told of what could not be read. THREAD: any, without a lock.
  std::function<void(const StorageFault&)> on_unreadable;
  // Where reads wait for the disk; null: with those who ask. Outlives whoever reads, and its tasks
  // end before the engine.
  Executor* disk_workers = nullptr;
};

class Engine final {
 public:
  // Listens to `log` as long as it lives.
  Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options);

  // The same with a store; all of its streams are there from the beginning.
  Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options,
         EngineStore store);
  ~Engine();

  // Removes the streams of the store that nobody can load, before any replay. What the log has of
  // them, and of streams that are forked from them, is left out. EngineStore::on_unreadable is told
  // of each.
  StorageResult<void> LeaveOutUnreadable();

  // Takes a record that the log held before: in order, each once, before any command, on one
  // thread. A fault: it cannot have been decided on what came before. EndReplay comes last.
  StorageResult<void> Replay(Lsn lsn, const Record& record);
  void EndReplay();

  // What was staged with CommitStart::kByPort is to be written. THREAD: any, without a lock. For
  // Port and DurableWaits.
  void StartCommit();
  void CommitNow();                                                    // as CommitLog's
  std::unique_ptr<CommitStarter> CommitStarterOn(Executor& executor);  // as CommitLog::StarterOn

  // Whether a command on the stream at `path` is to be expected to wait for the disk, to find it:
  // it is not in memory, and to find such ones waits. Who must not wait has a disk worker find it
  // first, by Describe. Never without disk workers. THREAD: takes a lock where finds wait.
  bool FindMayWait(std::string_view path);

  // Commands on the streams at these paths come next, on this thread. Those in memory are on their
  // way into the processor's cache, all at the same time; nothing else happens. THREAD: takes
  // locks.
  void Expect(std::span<const std::string_view> paths);

  // The commands. `now` fields of the commands are set here, from the clock. Where memory runs out
  // between the log and the stream the two would say different things: that ends the process.
  CreateOutcome Create(CreateCommand command, CommitStart start = CommitStart::kNow) noexcept;
  // How the body of a creation is to be read: as its type says, or as the source of a fork, whose
  // type it inherits. `payload` is not looked at.
  ContentKind KindOfNew(const CreateCommand& command);
  AppendOutcome Append(std::string_view path, AppendCommand command,
                       CommitStart start = CommitStart::kNow) noexcept;
  RemoveOutcome Remove(std::string_view path, CommitStart start = CommitStart::kNow) noexcept;

  // A page of the stream at `path`.
  ReadOutcome Read(std::string_view path, ReadFrom from, const PageRequest& request);
  ReadOutcome Read(std::string_view path, ReadFrom from, size_t page_bytes_max) {
    return Read(path, from, PageRequest{.bytes_max = page_bytes_max});
  }

  // The same of an incarnation that is held. kMissing once it is gone, whatever stands at its path.
  ReadOutcome Read(const StreamHandle& stream, Offset from, const PageRequest& request);
  ReadOutcome Read(const StreamHandle& stream, Offset from, size_t page_bytes_max) {
    return Read(stream, from, PageRequest{.bytes_max = page_bytes_max});
  }

  // Tail and closure; not a use.
  DescribeOutcome Describe(std::string_view path);

  // The same, and a use.
  DescribeOutcome Touch(std::string_view path);

  // All that is known of the stream at `path`, soft-deleted or not; not a use.
  InspectOutcome Inspect(std::string_view path);

  // Paths that begin with `prefix` and stand behind `after`, in order, at most `limit`; those of
  // soft-deleted streams are left out. Streams that come or go meanwhile may be there or not.
  // Looks at every stream in memory, and reads the state of each listed one that is not.
  ListOutcome List(std::string_view prefix, std::string_view after, size_t limit);

  // What does not change about a stream. Valid while the handle is held. THREAD: any, no lock.
  static StreamInfo Info(const StreamHandle& stream);

  // The disk has failed. The first time, calls `tell`, and then every command is refused, and what
  // waits to be durable is let go (port.h). So whoever hears of it by a refusal hears of it after
  // `tell`, which may not wait for a command. It has failed when this returns. THREAD: any, without
  // a lock.
  void Fail(const std::function<void()>& tell = [] {});
  bool failed() const;

  // `listener` hears of durability as long as the engine lives. THREAD: any.
  void AddListener(std::shared_ptr<DurabilityListener> listener);

  // A door for one executor: answers that wait, streams that are watched. The port must be
  // destroyed on its executor, before the engine.
  std::unique_ptr<Port> Attach(Executor& executor);

  // Removes streams whose time has come, at most `limit` at a time; true: there may be more. A
  // stream with a TTL that is watched is in use; its window begins when nobody watches any more.
  bool SweepExpired(size_t limit);

  // In how many milliseconds SweepExpired may have something to do, as things stand; null: never.
  std::optional<int64_t> NextExpiryInMs();

  // The same for streams that only the store has: up to `limit` more, see StoredExpiry::Step.
  // REQUIRES: it has a store. THREAD: one at a time.
  StorageResult<bool> SweepStored(size_t limit);
  void LookAtAllStored();  // see StoredExpiry::LookAtAll

  // A checkpoint of this engine, whose log is `log`. REQUIRES: it has a store; one at a time.
  std::unique_ptr<Checkpoint> NewCheckpoint(LocalLog& log);
  // As eviction.h.
  size_t WeightInMemory() const;
  size_t EvictUnused();
  size_t EvictSome(size_t count);
  StreamStore& store() { return *store_.streams; }

  // Where who must not wait repeats a read that would; null: no read is to be repeated.
  Executor* disk_workers() const { return store_.disk_workers; }

  // The memory of what is not checkpointed yet.
  uint64_t tail_bytes() const;
  uint64_t tail_bytes_max() const { return store_.tail_bytes_max; }
  // Whether somebody was refused for want of memory since this was asked last. THREAD: any.
  bool TakeMemoryRefusal() { return memory_refusal_.exchange(false, std::memory_order_relaxed); }

  Lsn durable() const { return log_->durable(); }

  uint64_t life() const { return life_; }  // EngineOptions::life
  size_t stream_count() const;

  // Counts, and tells of, bytes of `stream` that a page had in a file and nobody could read there.
  // THREAD: any.
  void TellUnreadable(const StreamHandle& stream);

  // All but DiskStats. THREAD: any; takes locks.
  StoreStats Stats() const;

 private:
  friend class Port;
  Publisher& publisher() { return *publisher_; }
  StreamTable& streams() { return *streams_; }

  // Calls `step` with what stands at the path (null: nothing), under its lock, loaded where it was
  // not in memory, and with the time. False: it could not be read. `absence` learns what is known
  // of the path. THREAD: takes locks.
  template <typename Step>
  bool WithStream(const PathKey& key, Absence& absence, Step step);
  template <typename Step>
  bool WithStream(const PathKey& key, Step step);
  void TellUnreadable(const StorageFault& fault);
  void TellUnreadable(std::string_view path, const StorageFault& fault);
  EngineReplay& replay();
  ReadVerdict VerdictOn(std::string_view path, const StorageFault& fault);
  DescribeOutcome DescribeOrTouch(std::string_view path, bool is_use);
  bool IsListed(const CatalogEntry& entry, Moment now, Lsn& rests_on);
  Trouble TroubleOf(const Payload& payload) const;
  Trouble TroubleOfRecord(size_t bytes);

  CreateOutcome CreatePlain(CreateCommand command, CommitStart start);
  std::optional<CreateOutcome> TryCreateFork(CreateCommand command, CommitStart start);
  CreateOutcome CreateLocked(const CreateCommand& command, const PathKey& key, StreamHandle stream,
                             const StreamHandle& source, LongAppend memory, CommitStart start,
                             Aftermath& after);

  const uint64_t life_;
  const std::unique_ptr<CommitLog> log_;
  const std::unique_ptr<Publisher> publisher_;
  const EngineStore store_;
  const std::unique_ptr<StreamTable> streams_;
  const std::unique_ptr<StreamLoader> loader_;
  const std::unique_ptr<StoredExpiry> stored_expiry_;
  std::unique_ptr<EngineReplay> replay_;  // null: nothing is or was replayed
  std::atomic<uint64_t> last_id_{0};
  std::atomic<uint64_t> unreadable_{0};  // see StoreStats
  std::atomic<bool> memory_refusal_{false};
};

using EnginePtr = std::unique_ptr<Engine>;

// An engine that keeps everything in memory and nothing after it ends. REQUIRES: `clock` outlives
// the engine; options.partitions is a power of two, else this asserts.
EnginePtr OpenMemoryEngine(const Clock& clock, EngineOptions options = {});

}  // namespace thalweg
