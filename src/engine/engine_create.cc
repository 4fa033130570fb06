// Creation, plain and by fork. A fork and its reference on the source are one record, decided under
// the locks of both; what takes longer (finding the fork's point) is done before them.
#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "engine/engine_access.h"
#include "engine/history.h"
#include "stream/content_type.h"
#include "stream/decide.h"
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
StorageResult<bool> ResolvePoint(const StreamStore* store, const StreamHandle& source, Offset tail,
                                 ForkPoint& point, Bytes& prefix) {
  point.sub_offset_fits = point.sub_offset == 0;
  if (!point.at || *point.at > tail) return true;
  Page next{.parts = {}, .start = *point.at, .end = {}};
  const size_t part_bytes_max = point.takes_prefix() ? 0 : 1;  // its bytes, or: is it a boundary
  const auto read =
      ReadHistory(store, source, tail, {.bytes_max = 1, .part_bytes_max = part_bytes_max}, next);
  if (!read) return std::unexpected(read.error());
  if (*read == HistoryVerdict::kVanished) return false;
  point.at_is_boundary = *read == HistoryVerdict::kRead;
  if (!point.takes_prefix() || next.parts.empty()) return true;
  std::optional<Bytes> taken =
      TakePrefix(next.parts.front(), Engine::Info(source).config.kind, point.sub_offset);
  point.sub_offset_fits = taken.has_value();
  if (!taken) return true;
  prefix = std::move(*taken);
  point.prefix = prefix.view();
  return true;
}

// How many streams `stream` reads from, each from the next, as far as it matters. THREAD: takes
// locks, one at a time.
uint64_t DepthOf(StreamHandle stream) {
  uint64_t depth = 0;
  for (; depth < kForkDepthMax; ++depth) {
    StreamHandle source;
    {
      std::lock_guard lock(stream->home.mutex);
      source = stream->source;
    }
    if (source == nullptr) break;
    stream = std::move(source);
  }
  return depth;
}

// What a creation brings, with what a fork takes of its source: never nothing, for a stream that is
// new takes space, too.
size_t BytesOf(const CreateRecord& record) {
  return std::max<size_t>(1, record.prefix.size() + record.data.size());
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

CreateOutcome Engine::Create(CreateCommand command, CommitStart start) noexcept {
  CreateOutcome refused;
  refused.trouble = TroubleOf(command.payload);
  if (refused.trouble != Trouble::kNone) return refused;
  if (!command.fork_source) return CreatePlain(std::move(command), start);
  for (;;) {
    if (std::optional<CreateOutcome> outcome = TryCreateFork(command, start)) return *outcome;
  }
}

ContentKind Engine::KindOfNew(const CreateCommand& command) {
  if (command.content_type) return KindOf(*command.content_type);
  if (!command.fork_source) return ContentKind::kBytes;
  const DescribeOutcome source = Describe(*command.fork_source);
  return source.verdict == ReadVerdict::kOk ? Info(source.stream).config.kind : ContentKind::kBytes;
}

CreateOutcome Engine::CreatePlain(CreateCommand command, CommitStart start) {
  const PathKey key(command.path);
  LongAppend memory = MemoryFor(command.payload);
  CreateOutcome outcome;
  const auto create = [&](Partition&, const StreamHandle& stream, Moment now, Aftermath& after) {
    command.now = now;
    outcome = CreateLocked(command, key, stream, nullptr, std::move(memory), start, after);
  };
  if (!WithStream(key, create)) outcome.trouble = Trouble::kUnreadable;
  return outcome;
}

// Null: one of the two changed between the look and the locks.
std::optional<CreateOutcome> Engine::TryCreateFork(CreateCommand command, CommitStart start) {
  const PathKey key(command.path);
  const PathKey source_key(*command.fork_source);
  LongAppend memory = MemoryFor(command.payload);
  StreamHandle looked_at;
  Offset tail;
  const auto look = [&](Partition&, const StreamHandle& source, Moment, Aftermath&) {
    looked_at = source;
    if (source != nullptr) tail = source->state.tail;
  };
  const auto only_load = [](Partition&, const StreamHandle&, Moment, Aftermath&) {};
  Absence absence, source_absence;
  CreateOutcome unreadable;
  unreadable.trouble = Trouble::kUnreadable;
  if (!WithStream(key, absence, only_load)) return unreadable;
  if (!WithStream(source_key, source_absence, look)) return unreadable;
  Bytes prefix;
  if (looked_at != nullptr) {
    const auto resolved = ResolvePoint(store_.streams.get(), looked_at, tail, command.fork, prefix);
    if (!resolved) {
      TellUnreadable(source_key.path, resolved.error());
      return unreadable;
    }
    if (!*resolved) return std::nullopt;
    command.fork.source_depth = DepthOf(looked_at);
  }
  Partition& home = streams_->PartitionOf(key);
  Partition& source_home = streams_->PartitionOf(source_key);
  command.now = streams_->Now();
  Aftermath after;
  std::optional<CreateOutcome> outcome;
  {
    PartitionLocks locks(home, source_home);
    const StreamHandle source = streams_->Find(source_home, source_key, command.now, after);
    const StreamHandle stream = streams_->Find(home, key, command.now, after);
    if ((stream != nullptr || streams_->IsAbsent(absence)) &&
        (source != nullptr || streams_->IsAbsent(source_absence)) &&
        StillHolds(looked_at, tail, command.fork, source)) {
      outcome = CreateLocked(command, key, stream, source, std::move(memory), start, after);
      if (outcome->trouble == Trouble::kNone && outcome->verdict != CreateVerdict::kCreated) {
        outcome->rests_on =
            std::max(outcome->rests_on, streams_->RestsOn(source_home, source_key, source));
      }
    }
  }
  streams_->Finish(after);
  return outcome;
}

CreateOutcome Engine::CreateLocked(const CreateCommand& command, const PathKey& key,
                                   StreamHandle stream, const StreamHandle& source,
                                   LongAppend memory, CommitStart start, Aftermath& after) {
  Partition& partition = streams_->PartitionOf(key);
  const StreamId id{last_id_.fetch_add(1) + 1};
  const CreateDecision decision = DecideCreate(StateOf(stream), StateOf(source), command, id);
  CreateOutcome outcome;
  if (decision.record) {
    const size_t bytes = BytesOf(*decision.record);
    outcome.trouble = bytes <= kCommandBytesMax ? TroubleOfRecord(bytes) : Trouble::kTooLong;
  }
  if (outcome.trouble != Trouble::kNone) return outcome;
  if (decision.record) {
    THALWEG_ASSERT(stream == nullptr);
    const Lsn lsn = streams_->Stage(*decision.record, after, start);
    stream = streams_->Add(*decision.record, lsn, std::move(memory), source);
    ++partition.changes.creates;
    partition.changes.appended_bytes += decision.record->data.size();
  }
  outcome.verdict = decision.verdict;
  outcome.rests_on = streams_->RestsOn(partition, key, stream);
  if (stream == nullptr) return outcome;
  outcome.content_type = stream->state.config->content_type;
  outcome.tail = stream->state.tail;
  outcome.closed = stream->state.closed;
  return outcome;
}

}  // namespace thalweg
