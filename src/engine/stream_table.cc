// Crosses threads: see the header.
#include "engine/stream_table.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/assert.h"
#include "engine/publisher.h"
#include "stream/apply.h"
#include "stream/decide.h"
#include "stream/expiry.h"

namespace thalweg {

PartitionLocks::PartitionLocks(Partition& a, Partition& b)
    : first_(a.index <= b.index ? a.mutex : b.mutex) {
  if (a.index != b.index) second_ = std::unique_lock(a.index < b.index ? b.mutex : a.mutex);
}

StreamTable::StreamTable(const Clock& clock, CommitLog& log, Publisher& publisher,
                         size_t partitions)
    : clock_(clock), log_(log), publisher_(publisher) {
  THALWEG_ASSERT(std::has_single_bit(partitions));
  partitions_.reserve(partitions);
  for (size_t index = 0; index < partitions; ++index) {
    partitions_.push_back(std::make_unique<Partition>(index, clock.SteadyMs()));
  }
}

// Unlinks forks from their sources first: a long chain must not be destroyed by recursion. Timers
// leave their wheels, for a handle may live longer than we do.
StreamTable::~StreamTable() {
  std::vector<StreamHandle> sources;
  for (const auto& partition : partitions_) {
    for (const auto& [key, stream] : partition->streams) {
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
  StreamHandle stream = it->second;
  ExpireIfDue(stream, now, after);
  return stream->gone ? nullptr : stream;
}

void StreamTable::ExpireIfDue(const StreamHandle& stream, Moment now, Aftermath& after) {
  if (stream->gone || stream->state.soft_deleted) return;
  const Expiry& expiry = stream->info.expiry;
  if (!IsExpired(expiry, stream->used_steady_ms, now)) return;
  if (expiry.kind == Expiry::Kind::kTtl && !stream->watched_by.empty()) return Use(*stream, now);
  const RemoveDecision decision = DecideRemove(&stream->state, RemoveCause::kExpired, now);
  THALWEG_ASSERT(decision.record.has_value());
  Remove(stream, *decision.record, log_.Stage(*decision.record), after);
}

void StreamTable::Use(StreamEntry& stream, Moment now) {
  THALWEG_ASSERT(!stream.gone);
  if (now.steady_ms <= stream.used_steady_ms) return;
  stream.used_steady_ms = now.steady_ms;
  if (!TouchIsDue(stream.info.expiry, stream.state.accessed_steady_ms, now)) return;
  const TouchRecord record{.id = stream.info.id, .at = now};
  log_.Stage(record);  // no answer rests on it
  ApplyTouch(stream.state, record);
}

StreamHandle StreamTable::Add(const CreateRecord& record, Lsn lsn, LongAppend copy,
                              StreamHandle source) {
  Partition& partition = PartitionOf(PathKey(record.path));
  if (source != nullptr) ApplyForkAdded(source->state);
  auto stream =
      std::make_shared<StreamEntry>(partition, ApplyCreate(record), lsn, std::move(source));
  if (!record.prefix.empty()) stream->own.Append(record.prefix);
  if (!record.data.empty()) stream->own.Append(record.data, std::move(copy));
  THALWEG_ASSERT(stream->own.end() == stream->state.tail);
  const bool added = partition.streams.emplace(PathKey(stream->state.path), stream).second;
  THALWEG_ASSERT(added);
  Schedule(*stream, record.at);
  return stream;
}

void StreamTable::Append(const StreamHandle& stream, const AppendRecord& record, Lsn lsn,
                         LongAppend copy, Aftermath& after) {
  ApplyAppend(stream->state, record);
  if (!record.data.empty()) stream->own.Append(record.data, std::move(copy));
  THALWEG_ASSERT(stream->own.end() == stream->state.tail);
  stream->last = lsn;
  stream->visible.Advance(
      Mark{.lsn = lsn, .tail = stream->state.tail, .closed = stream->state.closed}, log_.durable());
  if (!stream->watched_by.empty()) after.changed.push_back({lsn, stream});
}

void StreamTable::Schedule(StreamEntry& stream, Moment now) {
  const std::optional<int64_t> in_ms = ExpiresInMs(stream.info.expiry, stream.used_steady_ms, now);
  if (!in_ms) return;
  if (stream.timer == nullptr) stream.timer = std::make_unique<ExpiryTimer>(stream);
  stream.home.expiries.Schedule(*stream.timer, now.steady_ms + *in_ms);
}

void StreamTable::Remove(const StreamHandle& stream, const RemoveRecord& record, Lsn lsn,
                         Aftermath& after) {
  THALWEG_ASSERT(!stream->gone && !stream->state.soft_deleted);
  stream->last = lsn;
  stream->timer.reset();
  if (!stream->watched_by.empty()) after.changed.push_back({lsn, stream});
  if (ApplyRemove(stream->state, record) == Fate::kGone) Drop(stream, lsn, after);
}

void StreamTable::Drop(const StreamHandle& stream, Lsn lsn, Aftermath& after) {
  Partition& partition = stream->home;
  partition.removed = std::max(partition.removed, lsn);
  stream->gone = true;
  const Offset end = stream->own.end();
  after.dropped.push_back(std::exchange(stream->own, TailBytes(end)));
  if (stream->source != nullptr) after.orphaned.push_back({lsn, std::move(stream->source)});
  const size_t erased = partition.streams.erase(PathKey(stream->state.path));
  THALWEG_ASSERT(erased == 1);
}

void StreamTable::Finish(Aftermath& after) {
  while (!after.orphaned.empty()) {
    const Aftermath::Change orphaned = std::move(after.orphaned.back());
    after.orphaned.pop_back();
    ReleaseSource(orphaned, after);
  }
  for (Aftermath::Change& change : after.changed) {
    publisher_.Publish(change.lsn, std::move(change.stream));
  }
}

void StreamTable::ReleaseSource(const Aftermath::Change& orphaned, Aftermath& after) {
  StreamEntry& source = *orphaned.stream;
  std::lock_guard lock(source.home.mutex);
  if (ApplyForkReleased(source.state) == Fate::kGone) Drop(orphaned.stream, orphaned.lsn, after);
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
    const StreamHandle stream = partition.streams.at(PathKey(due->state.path));
    ExpireIfDue(stream, now, after);
    if (!stream->gone && !stream->state.soft_deleted) Schedule(*stream, now);
  }
  budget -= std::min(budget, partition.due.size());
  partition.due.clear();
  return more;
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
