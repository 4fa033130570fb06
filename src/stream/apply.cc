#include "stream/apply.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

void Touch(StreamState& state, Moment at) {
  state.accessed_steady_ms = std::max(state.accessed_steady_ms, at.steady_ms);
}

void Advance(StreamState& state, size_t bytes) {
  state.tail.value += bytes;
  THALWEG_ASSERT(state.tail.value <= kOffsetMax);
}

void Close(StreamState& state, const std::optional<ProducerStamp>& producer) {
  state.closed = true;
  if (!producer) return;
  state.closed_by = ClosingStamp{std::string(producer->id), producer->epoch, producer->seq};
}

}  // namespace

StreamState ApplyCreate(const CreateRecord& record, std::shared_ptr<const StreamConfig> config) {
  THALWEG_ASSERT(record.id != StreamId{});
  if (config == nullptr) config = std::make_shared<const StreamConfig>(ConfigOf(record));
  StreamState state;
  state.id = record.id;
  state.path = record.path;
  state.created_wall_ms = record.at.wall_ms;
  state.config = std::move(config);
  state.source = record.source;
  state.start = record.start;
  state.tail = record.start;
  Advance(state, record.prefix.size() + record.data.size());
  state.closed = record.closed;
  state.accessed_steady_ms = record.at.steady_ms;
  return state;
}

bool Fits(const StreamState& state, const AppendRecord& record) {
  if (record.id != state.id || state.closed || state.soft_deleted) return false;
  if (!record.closes && record.data.empty()) return false;
  if (record.data.size() > kOffsetMax - state.tail.value) return false;
  if (record.stream_seq && state.seq_last && *record.stream_seq <= *state.seq_last) return false;
  return !record.producer || state.producers.Check(*record.producer) == ProducerVerdict::kAccept;
}

void ApplyAppend(StreamState& state, const AppendRecord& record) {
  THALWEG_ASSERT(Fits(state, record));
  if (record.producer) state.producers.Record(*record.producer);
  if (record.stream_seq) state.seq_last = *record.stream_seq;
  Advance(state, record.data.size());
  if (record.closes) Close(state, record.producer);
  Touch(state, record.at);
}

void ApplyTouch(StreamState& state, const TouchRecord& record) {
  THALWEG_ASSERT(record.id == state.id);
  Touch(state, record.at);
}

void ApplyForkAdded(StreamState& source) {
  THALWEG_ASSERT(!source.soft_deleted);
  ++source.forks;
}

Fate ApplyRemove(StreamState& state, const RemoveRecord& record) {
  THALWEG_ASSERT(record.id == state.id);
  THALWEG_ASSERT(!state.soft_deleted);
  if (state.forks == 0) return Fate::kGone;
  state.soft_deleted = true;
  return Fate::kKept;
}

Fate ApplyForkReleased(StreamState& source) {
  THALWEG_ASSERT(source.forks > 0);
  --source.forks;
  return source.soft_deleted && source.forks == 0 ? Fate::kGone : Fate::kKept;
}

}  // namespace thalweg
