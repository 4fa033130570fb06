// Crosses threads: see the header.
#include "engine/stream_table.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "engine/publisher.h"
#include "engine/stream_cost.h"
#include "stream/apply.h"
#include "stream/decide.h"
#include "stream/expiry.h"

namespace thalweg {
namespace {

constexpr int64_t kNoteAgainMs = 1'000;

// What a checkpoint puts into the catalog of a stream that is new there: its record, and the path
// once more. Counted as so many copies of its long texts.
constexpr uint64_t kCopiesOfNew = 2;

}  // namespace

PartitionLocks::PartitionLocks(Partition& a, Partition& b)
    : first_(a.index <= b.index ? a.mutex : b.mutex) {
  if (a.index != b.index) second_ = std::unique_lock(a.index < b.index ? b.mutex : a.mutex);
}

StreamTable::StreamTable(const Clock& clock, CommitLog& log, Publisher& publisher,
                         size_t partitions, StreamStore* store, uint64_t tail_bytes_max)
    : clock_(clock),
      log_(log),
      publisher_(publisher),
      store_(store),
      tail_bytes_max_(tail_bytes_max) {
  THALWEG_ASSERT(std::has_single_bit(partitions));
  partitions_.reserve(partitions);
  for (size_t index = 0; index < partitions; ++index) {
    partitions_.push_back(std::make_unique<Partition>(index, clock.SteadyMs()));
    partitions_.back()->epoch = store == nullptr ? 0 : 1;
  }
}

// Unlinks forks from their sources first: a long chain must not be destroyed by recursion. Timers
// leave their wheels, for a handle may live longer than we do.
StreamTable::~StreamTable() {
  std::vector<StreamHandle> sources;
  for (const auto& partition : partitions_) {
    for (const StreamHandle& stream : partition->streams) {
      stream->timer.reset();
      if (stream->source != nullptr) sources.push_back(std::move(stream->source));
    }
  }
}

// The low bits choose the bucket in the partition's map, so the high ones choose the partition.
size_t StreamTable::PartitionIndex(const PathKey& key) const {
  return (key.hash >> 32) & (partitions_.size() - 1);
}

StreamHandle StreamTable::Find(Partition& partition, const PathKey& key, Moment now,
                               Aftermath& after) {
  auto it = partition.streams.find(key);
  if (it == partition.streams.end()) return nullptr;
  StreamHandle stream = *it;
  stream->used = true;
  ExpireIfDue(stream, now, after);
  return stream->gone ? nullptr : stream;
}

bool StreamTable::Has(const PathKey& key) {
  Partition& partition = PartitionOf(key);
  std::lock_guard lock(partition.mutex);
  const auto it = partition.streams.find(key);
  if (it == partition.streams.end()) return false;
  (*it)->used = true;
  return true;
}

void StreamTable::ExpireIfDue(const StreamHandle& stream, Moment now, Aftermath& after) {
  if (stream->gone || stream->state.soft_deleted) return;
  if (stream->IsKeptByWatchers()) {
    Use(stream, now, after);
    return;
  }
  if (!IsExpired(stream->state.config->expiry, stream->used_steady_ms, now)) return;
  const RemoveDecision decision = DecideRemove(&stream->state, RemoveCause::kExpired, now);
  THALWEG_ASSERT(decision.record.has_value());
  ++stream->home.changes.expiries;
  Remove(stream, *decision.record, Stage(*decision.record, after), after);
}

// While the log has no room a use is noted in memory alone: records for uses that go on would take
// more and more of it and could not become durable. The next checkpoint keeps what was noted. Where
// the disk has failed, reads of what is durable go on.
bool StreamTable::RecordsUses() const {
  return log_.HasRoom() && log_.HasRoomForBatch() && !publisher_.failed();
}

// Uses may take as much memory again as is there for writers. Beyond that a restart may forget that
// a stream was used which has not changed since the last checkpoint, and so may the stream once it
// leaves memory: else reads of many streams would take more and more of it, for as long as no
// checkpoint can be made.
bool StreamTable::CanNoteUse(const StreamEntry& stream) const {
  return stream.changed_in == stream.home.epoch || tail_bytes_max_ == 0 ||
         tail_bytes() < 2 * tail_bytes_max_;
}

// What was noted last may be younger than `noted`, and not durable yet: an answer must not wait for
// each append. So a use rests on the record that noted one first within the last eighth, and where
// there is none, that is its own.
Lsn StreamTable::Use(const StreamHandle& stream, Moment now, Aftermath& after) {
  THALWEG_ASSERT(!stream->gone);
  const bool is_later = now.steady_ms > stream->used_steady_ms;
  if (is_later) stream->used_steady_ms = now.steady_ms;
  const Expiry& expiry = stream->state.config->expiry;
  if (expiry.kind != Expiry::Kind::kTtl) return {};
  const TouchRecord record{.id = stream->state.id, .at = now};
  if (!RecordsUses()) {
    const bool is_due = is_later && TouchIsDue(expiry, stream->state.accessed_steady_ms, now);
    if (is_due && CanNoteUse(*stream)) {
      BeforeChange(stream);
      ApplyTouch(stream->state, record);
    }
    return {};
  }
  if (TouchIsDue(expiry, stream->noted.steady_ms, now)) {
    if (!CanNoteUse(*stream)) return {};
    Touch(stream, record, Stage(record, after));
  }
  return stream->noted.lsn;
}

void StreamTable::OnWatched(const StreamHandle& stream, Aftermath& after) {
  const Expiry& expiry = stream->state.config->expiry;
  if (expiry.kind != Expiry::Kind::kTtl || stream->gone || stream->state.soft_deleted) return;
  const Moment now = Now();
  Use(stream, now, after);
  Schedule(*stream, now);
}

Lsn StreamTable::Stage(const Record& record, Aftermath& after, CommitStart start) noexcept {
  after.starts_commit |= start == CommitStart::kNow;
  return log_.Stage(record);
}

void StreamTable::Touch(const StreamHandle& stream, const TouchRecord& record, Lsn lsn) noexcept {
  BeforeChange(stream);
  ApplyTouch(stream->state, record);
  stream->noted = {.lsn = lsn, .steady_ms = record.at.steady_ms};
}

StreamHandle StreamTable::Add(const CreateRecord& record, Lsn lsn, LongAppend memory,
                              StreamHandle source) {
  Partition& partition = PartitionOf(PathKey(record.path));
  if (source != nullptr) {
    BeforeChange(source);
    ApplyForkAdded(source->state);
  }
  auto stream = std::make_shared<StreamEntry>(
      partition, ApplyCreate(record, configs_.Share(record)), lsn, record.start, std::move(source));
  BeforeChange(stream);
  if (!record.prefix.empty()) AddBytes(*stream, record.prefix, nullptr);
  if (!record.data.empty()) AddBytes(*stream, record.data, std::move(memory));
  THALWEG_ASSERT(stream->own.end() == stream->state.tail);
  Insert(stream, record.at);
  ++partition.grown_by;
  return stream;
}

void StreamTable::Insert(const StreamHandle& stream, Moment now) {
  const bool added = stream->home.streams.insert(stream).second;
  THALWEG_ASSERT(added);
  stream->home.extra_bytes += ExtraBytes(stream->state);
  if (!stream->state.soft_deleted) Schedule(*stream, now);
}

void StreamTable::AddBytes(StreamEntry& stream, std::string_view data, LongAppend memory) {
  Partition& partition = stream.home;
  stream.own.Append(data, std::move(memory), partition.epoch == 0 ? nullptr : &partition.tails);
  tail_bytes_.fetch_add(data.size(), std::memory_order_relaxed);
}

// A stream of the epoch before that the checkpoint has not come to yet is kept for it as it is.
void StreamTable::BeforeChange(const StreamHandle& stream) noexcept {
  Partition& partition = stream->home;
  if (stream->changed_in == partition.epoch) return;
  if (stream->changed_in != 0) {
    stream->captured = std::make_unique<Capture>(CaptureNow(*stream, Now()));
  }
  stream->own.EndChunk();  // the chunk is given back with those of its epoch
  stream->changed_in = partition.epoch;
  partition.changed.push_back(stream);
  tail_bytes_.fetch_add(kChangedStreamBytes, std::memory_order_relaxed);
  CountState(*stream, ExtraBytes(stream->state));
  if (!stream->stored) CountState(*stream, kCopiesOfNew * LongTextBytes(stream->state));
}

void StreamTable::CountState(StreamEntry& stream, uint64_t bytes) {
  if (stream.home.epoch == 0) return;  // nothing is checkpointed
  stream.state_bytes += bytes;
  tail_bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

std::vector<StreamHandle> StreamTable::Freeze(const std::function<void()>& at_freeze) {
  std::vector<std::unique_lock<std::mutex>> locks;
  for (;;) {
    for (const auto& partition : partitions_) locks.emplace_back(partition->mutex);
    // A fork's record is one change with its source's, which comes a moment later.
    if (releases_.load(std::memory_order_relaxed) == 0) break;
    locks.clear();
    std::this_thread::yield();
  }
  std::vector<std::vector<StreamHandle>> changed;
  for (const auto& partition : partitions_) {
    ++partition->epoch;
    partition->tails.BeginBlock();
    changed.push_back(std::exchange(partition->changed, {}));
  }
  at_freeze();
  locks.clear();
  std::vector<StreamHandle> all;
  for (auto& some : changed) {
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

void StreamTable::Append(const StreamHandle& stream, const AppendRecord& record, Lsn lsn,
                         LongAppend memory, Aftermath& after) {
  BeforeChange(stream);
  const uint64_t bytes_before = GrowingBytes(stream->state);
  ApplyAppend(stream->state, record);
  const uint64_t bytes = GrowingBytes(stream->state);
  if (bytes != bytes_before) {
    stream->home.extra_bytes += bytes - bytes_before;
    CountState(*stream, bytes - bytes_before);
  }
  if (TouchIsDue(stream->state.config->expiry, stream->noted.steady_ms, record.at)) {
    stream->noted = {.lsn = lsn, .steady_ms = record.at.steady_ms};
  }
  if (!record.data.empty()) AddBytes(*stream, record.data, std::move(memory));
  THALWEG_ASSERT(stream->own.end() == stream->state.tail);
  stream->last = lsn;
  stream->visible.Advance(
      Mark{.lsn = lsn, .tail = stream->state.tail, .closed = stream->state.closed}, log_.durable());
  if (stream->watched_by) after.changed.push_back({lsn, stream});
}

// A stream that is kept by watchers is looked at whenever a use of it is to be recorded: a restart
// forgets the watchers, and must not end it early.
void StreamTable::Schedule(StreamEntry& stream, Moment now) {
  const Expiry& expiry = stream.state.config->expiry;
  const bool is_kept = stream.IsKeptByWatchers();
  auto in_ms = is_kept ? TouchInMs(expiry, stream.state.accessed_steady_ms, now)
                       : ExpiresInMs(expiry, stream.used_steady_ms, now);
  if (is_kept && in_ms == 0) in_ms = kNoteAgainMs;  // a use that is due could not be noted
  if (!in_ms) return;
  if (stream.timer == nullptr) stream.timer = std::make_unique<ExpiryTimer>(stream);
  stream.home.expiries.Schedule(*stream.timer, now.steady_ms + *in_ms);
}

void StreamTable::Remove(const StreamHandle& stream, const RemoveRecord& record, Lsn lsn,
                         Aftermath& after) noexcept {
  THALWEG_ASSERT(!stream->gone && !stream->state.soft_deleted);
  BeforeChange(stream);
  stream->last = lsn;
  stream->timer.reset();
  if (stream->watched_by) after.changed.push_back({lsn, stream});
  if (ApplyRemove(stream->state, record) == Fate::kGone) Drop(stream, lsn, after);
}

void StreamTable::Drop(const StreamHandle& stream, Lsn lsn, Aftermath& after) noexcept {
  Partition& partition = stream->home;
  // A source that was deleted has become missing by its last fork's removal, or by its own where
  // that came later: a fork lets go of its source behind its own lock.
  lsn = std::max(lsn, stream->last);
  partition.removals.Add(PathKey(stream->state.path).hash, lsn, log_.durable());
  stream->last = lsn;
  stream->gone = true;
  if (partition.epoch != 0) partition.gone.insert(stream->state.id.value);
  const Offset end = stream->own.end();
  ReleaseTailBytes(end.value - stream->own.start().value);
  after.dropped.push_back(std::exchange(stream->own, TailBytes(end)));
  if (stream->source != nullptr) {
    releases_.fetch_add(1, std::memory_order_relaxed);
    after.orphaned.push_back({lsn, std::move(stream->source)});
  }
  partition.extra_bytes -= ExtraBytes(stream->state);
  const size_t erased = partition.streams.erase(stream);
  THALWEG_ASSERT(erased == 1);
  --partition.grown_by;
}

void StreamTable::Finish(Aftermath& after) {
  if (after.starts_commit) log_.StartCommit();
  while (!after.orphaned.empty()) {
    const Aftermath::Change orphaned = std::move(after.orphaned.back());
    after.orphaned.pop_back();
    ReleaseSource(orphaned, after);
  }
  for (Aftermath::Change& change : after.changed) {
    publisher_.Publish(change.lsn, std::move(change.stream));
  }
}

void StreamTable::ReleaseSource(const Aftermath::Change& orphaned, Aftermath& after) noexcept {
  StreamEntry& source = *orphaned.stream;
  std::lock_guard lock(source.home.mutex);
  BeforeChange(orphaned.stream);
  if (ApplyForkReleased(source.state) == Fate::kGone) Drop(orphaned.stream, orphaned.lsn, after);
  releases_.fetch_sub(1, std::memory_order_relaxed);
}

bool StreamTable::Sweep(size_t limit) {
  const Moment now = Now();
  const uint64_t first = sweep_next_.fetch_add(1);
  bool more = false;
  for (size_t i = 0; i < partitions_.size() && !more; ++i) {
    Aftermath after;
    more = SweepPartition(*partitions_[(first + i) % partitions_.size()], now, limit, after);
    Finish(after);
  }
  return more;
}

bool StreamTable::SweepPartition(Partition& partition, Moment now, size_t& budget,
                                 Aftermath& after) {
  std::lock_guard lock(partition.mutex);
  const bool more = partition.expiries.Advance(now.steady_ms, budget);
  for (StreamEntry* due : partition.due) {
    const StreamHandle stream = *partition.streams.find(PathKey(due->state.path));
    ExpireIfDue(stream, now, after);
    if (!stream->gone && !stream->state.soft_deleted) Schedule(*stream, now);
  }
  budget -= std::min(budget, partition.due.size());
  partition.due.clear();
  return more;
}

std::optional<int64_t> StreamTable::NextExpiryInMs() {
  const int64_t now_ms = Now().steady_ms;
  std::optional<int64_t> next_in_ms;
  for (const auto& partition : partitions_) {
    std::lock_guard lock(partition->mutex);
    const std::optional<int64_t> next_ms = partition->expiries.NextMs();
    if (!next_ms) continue;
    const int64_t in_ms = std::max<int64_t>(0, *next_ms - now_ms);
    next_in_ms = std::min(next_in_ms.value_or(in_ms), in_ms);
  }
  return next_in_ms;
}

uint64_t StreamTable::extra_bytes() const {
  uint64_t bytes = 0;
  for (const auto& partition : partitions_) {
    std::lock_guard lock(partition->mutex);
    bytes += partition->extra_bytes;
  }
  return bytes;
}

StoreStats StreamTable::Stats() const {
  StoreStats stats;
  int64_t grown_by = 0;
  for (const auto& partition : partitions_) {
    std::lock_guard lock(partition->mutex);
    const ChangeStats& changes = partition->changes;
    stats.changes.creates += changes.creates;
    stats.changes.appends += changes.appends;
    stats.changes.appended_bytes += changes.appended_bytes;
    stats.changes.duplicates += changes.duplicates;
    stats.changes.closes += changes.closes;
    stats.changes.deletes += changes.deletes;
    stats.changes.expiries += changes.expiries;
    stats.streams_in_memory += partition->streams.size();
    grown_by += partition->grown_by;
  }
  const uint64_t at_open = store_ == nullptr ? 0 : store_->streams_at_open();
  stats.streams = at_open + static_cast<uint64_t>(grown_by);
  return stats;
}

size_t StreamTable::size() const {
  size_t count = 0;
  for (const auto& partition : partitions_) {
    std::lock_guard lock(partition->mutex);
    count += partition->streams.size();
  }
  return count;
}

}  // namespace thalweg
