// The engine: partitions of streams over one commit log. Decide, apply, stage; read; publish.
//
// Crosses threads: every call may come from any thread; a call takes at most two partition locks,
// never across a system call or a wait. Outcomes carry the lsn they rest on: an answer leaves when
// that is durable (Port::WhenDurable).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/port.h"
#include "engine/read.h"
#include "engine/tail_bytes.h"
#include "storage/commit_log.h"
#include "storage/fault.h"
#include "stream/decide.h"
#include "thalweg/clock.h"
#include "thalweg/engine.h"
#include "thalweg/executor.h"

namespace thalweg {

class EngineReplay;
class Publisher;
class StreamTable;
struct Aftermath;
struct PathKey;

// Why a command that the rules accept is refused all the same.
enum class Trouble : uint8_t {
  kNone,
  kDiskFull,  // 507: goes away when there is space again
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
  RemoveVerdict verdict = RemoveVerdict::kMissing;
  Lsn rests_on;
};

class Engine final : private CommitListener {
 public:
  // Listens to `log` as long as it lives.
  Engine(const Clock& clock, std::unique_ptr<CommitLog> log, EngineOptions options);
  ~Engine() override;

  // Takes a record that the log held before: in order, each once, before any command, on one
  // thread. A fault: it cannot have been decided on what came before. EndReplay comes last.
  StorageResult<void> Replay(Lsn lsn, const Record& record);
  void EndReplay();

  // The commands. `now` fields of the commands are set here, from the clock.
  CreateOutcome Create(CreateCommand command);
  AppendOutcome Append(std::string_view path, AppendCommand command);
  RemoveOutcome Remove(std::string_view path);

  // A page of the stream at `path`, at most `page_bytes_max` bytes but at least one append.
  // A use: starts the TTL's window anew.
  ReadOutcome Read(std::string_view path, ReadFrom from, size_t page_bytes_max);

  // The same of an incarnation that is held. kMissing once it is gone, whatever stands at its path.
  ReadOutcome Read(const StreamHandle& stream, Offset from, size_t page_bytes_max);

  // Tail and closure; not a use.
  DescribeOutcome Describe(std::string_view path);

  // What does not change about a stream. Valid while the handle is held. THREAD: any, no lock.
  static const StreamInfo& Info(const StreamHandle& stream);

  // A door for one executor: answers that wait, streams that are watched. The port must be
  // destroyed on its executor, before the engine.
  std::unique_ptr<Port> Attach(Executor& executor);

  // Removes streams whose time has come, at most `limit` at a time; true: there may be more. A
  // stream with a TTL that is watched is not idle: its window starts anew.
  bool SweepExpired(size_t limit);

  Lsn durable() const { return log_->durable(); }

  size_t stream_count() const;

 private:
  friend class Port;
  Publisher& publisher() { return *publisher_; }
  void OnDurable(Lsn durable) override;

  CreateOutcome CreatePlain(const CreateCommand& command);
  std::optional<CreateOutcome> TryCreateFork(CreateCommand command);
  CreateOutcome CreateLocked(const CreateCommand& command, const PathKey& key,
                             const StreamHandle& source, LongAppend copy, Aftermath& after);

  const std::unique_ptr<CommitLog> log_;
  const std::unique_ptr<Publisher> publisher_;
  const std::unique_ptr<StreamTable> streams_;
  std::unique_ptr<EngineReplay> replay_;  // null: nothing is or was replayed
  std::atomic<uint64_t> last_id_{0};
};

}  // namespace thalweg
