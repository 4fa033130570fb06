// Creation, plain and by fork. A fork and its reference on the source are one record, decided under
// the locks of both; what takes longer (finding the fork's point) is done before them.
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/history.h"
#include "engine/stream_table.h"
#include "stream/json_messages.h"

namespace thalweg {
namespace {

// The bytes that `sub_offset` stands for in the append that follows the fork's offset.
std::optional<Bytes> TakePrefix(const Bytes& next_append, ContentKind kind, uint64_t sub_offset) {
  if (kind != ContentKind::kJson) {
    if (sub_offset > next_append.size()) return std::nullopt;
    return next_append.Slice(0, sub_offset);
  }
  const size_t bytes = WireBytesOfValues(next_append.view(), sub_offset);
  if (bytes == std::string_view::npos) return std::nullopt;
  return next_append.Slice(0, bytes);
}

// Fills `point` by looking into the source, of which `tail` is known; its prefix borrows from
// `prefix`. False: the source vanished meanwhile. THREAD: takes locks.
bool ResolvePoint(const StreamHandle& source, Offset tail, ForkPoint& point, Bytes& prefix) {
  point.sub_offset_fits = point.sub_offset == 0;
  if (!point.at || *point.at > tail) return true;
  const std::optional<Stretch> next = ReadHistory(source, *point.at, tail, 1);
  if (!next) return false;
  point.at_is_boundary = next->boundary;
  if (point.sub_offset == 0 || next->parts.empty()) return true;
  std::optional<Bytes> taken =
      TakePrefix(next->parts.front(), Engine::Info(source).kind, point.sub_offset);
  point.sub_offset_fits = taken.has_value();
  if (!taken) return true;
  prefix = std::move(*taken);
  point.prefix = prefix.view();
  return true;
}

// Whether what was found out about `seen`, when it ended at `tail`, holds for what stands at its
// path now. REQUIRES: its partition is locked.
bool StillHolds(const StreamHandle& seen, Offset tail, const ForkPoint& point,
                const StreamHandle& current) {
  if (current != seen) return false;
  if (current == nullptr || current->state.tail == tail) return true;
  return !point.at || *point.at < tail;  // from `tail` on there are boundaries nobody looked at
}

}  // namespace

CreateOutcome Engine::Create(CreateCommand command) {
  command.now = streams_->Now();
  if (!command.fork_source) return CreatePlain(command);
  for (;;) {
    if (std::optional<CreateOutcome> outcome = TryCreateFork(command)) return *outcome;
  }
}

CreateOutcome Engine::CreatePlain(const CreateCommand& command) {
  const PathKey key(command.path);
  LongAppend copy = CopyIfLong(command.payload.wire);
  Aftermath after;
  CreateOutcome outcome;
  {
    std::lock_guard lock(streams_->PartitionOf(key).mutex);
    outcome = CreateLocked(command, key, nullptr, std::move(copy), after);
  }
  streams_->Finish(after);
  return outcome;
}

// Null: the source changed between the look and the locks.
std::optional<CreateOutcome> Engine::TryCreateFork(CreateCommand command) {
  const PathKey key(command.path);
  const PathKey source_key(*command.fork_source);
  Partition& source_home = streams_->PartitionOf(source_key);
  LongAppend copy = CopyIfLong(command.payload.wire);
  Aftermath after;
  StreamHandle looked_at;
  Offset tail;
  {
    std::lock_guard lock(source_home.mutex);
    looked_at = streams_->Find(source_home, source_key, command.now, after);
    if (looked_at != nullptr) tail = looked_at->state.tail;
  }
  Bytes prefix;
  std::optional<CreateOutcome> outcome;
  if (looked_at == nullptr || ResolvePoint(looked_at, tail, command.fork, prefix)) {
    PartitionLocks locks(streams_->PartitionOf(key), source_home);
    const StreamHandle source = streams_->Find(source_home, source_key, command.now, after);
    if (StillHolds(looked_at, tail, command.fork, source)) {
      outcome = CreateLocked(command, key, source, std::move(copy), after);
      if (outcome->trouble == Trouble::kNone && outcome->verdict != CreateVerdict::kCreated) {
        outcome->rests_on = std::max(outcome->rests_on, RestsOn(source_home, source));
      }
    }
  }
  streams_->Finish(after);
  return outcome;
}

CreateOutcome Engine::CreateLocked(const CreateCommand& command, const PathKey& key,
                                   const StreamHandle& source, LongAppend copy, Aftermath& after) {
  Partition& partition = streams_->PartitionOf(key);
  StreamHandle stream = streams_->Find(partition, key, command.now, after);
  const StreamId id{last_id_.fetch_add(1) + 1};
  const CreateDecision decision = DecideCreate(StateOf(stream), StateOf(source), command, id);
  CreateOutcome outcome;
  if (decision.record && !log_->HasRoom()) {
    outcome.trouble = Trouble::kDiskFull;
    return outcome;
  }
  if (decision.record) {
    THALWEG_ASSERT(stream == nullptr);
    stream =
        streams_->Add(*decision.record, log_->Stage(*decision.record), std::move(copy), source);
  }
  outcome.verdict = decision.verdict;
  outcome.rests_on = RestsOn(partition, stream);
  if (stream == nullptr) return outcome;
  outcome.content_type = stream->info.content_type;
  outcome.tail = stream->state.tail;
  outcome.closed = stream->state.closed;
  return outcome;
}

}  // namespace thalweg
