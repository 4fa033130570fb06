#include "stream/state_codec.h"

#include <utility>

#include "base/assert.h"
#include "stream/wire_pieces.h"

namespace thalweg {
namespace {

constexpr uint8_t kClosed = 1;
constexpr uint8_t kClosedBy = 2;
constexpr uint8_t kSoftDeleted = 4;
constexpr uint8_t kSeqLast = 8;
constexpr uint8_t kFlagsAll = 15;

uint8_t FlagsOf(const StreamState& state) {
  uint8_t flags = 0;
  if (state.closed) flags |= kClosed;
  if (state.closed_by) flags |= kClosedBy;
  if (state.soft_deleted) flags |= kSoftDeleted;
  if (state.seq_last) flags |= kSeqLast;
  return flags;
}

// The changing fields have the same names in a StreamState and in StateChanges.
template <typename Fields>
bool AreValid(const Fields& fields) {
  if (fields.tail.value > kOffsetMax) return false;
  return !fields.closed_by || (fields.closed && !fields.closed_by->producer_id.empty());
}

ClosingStamp TakeClosingStamp(PieceReader& reader) {
  ClosingStamp stamp;
  stamp.producer_id = reader.Text();
  stamp.epoch = reader.Number();
  stamp.seq = reader.Number();
  return stamp;
}

// Producers stand in growing order of their ids, so that there is one order. None is empty.
void TakeProducers(PieceReader& reader, ProducerTable& producers) {
  for (uint64_t left = reader.Number(); left > 0 && !reader.bad(); --left) {
    std::string id(reader.Text());
    const ProducerTable::States& taken = producers.states();
    if (id.empty() || (!taken.empty() && id <= taken.rbegin()->first)) {
      reader.Bad();
      return;
    }
    const uint64_t epoch = reader.Number();
    producers.Restore(std::move(id), {epoch, reader.Number()});
  }
}

}  // namespace

void RestoreChanges(StreamState& state, StateChanges changes) {
  THALWEG_ASSERT(IsValid(changes) && changes.tail >= state.tail);
  state.tail = changes.tail;
  state.closed = changes.closed;
  state.closed_by = std::move(changes.closed_by);
  state.soft_deleted = changes.soft_deleted;
  state.forks = changes.forks;
  state.seq_last = std::move(changes.seq_last);
  state.producers = std::move(changes.producers);
  state.accessed_steady_ms = changes.accessed_steady_ms;
}

bool IsValid(const StateChanges& changes) { return AreValid(changes); }

void EncodeState(const StreamState& state, Lsn last, std::string& out) {
  THALWEG_ASSERT(AreValid(state));  // what cannot be read again: not into a segment
  PieceWriter writer(out);
  writer.Byte(FlagsOf(state));
  writer.Number(last.value);
  writer.Number(state.tail.value);
  writer.Number(state.forks);
  writer.Signed(state.accessed_steady_ms);
  if (state.closed_by) {
    writer.Text(state.closed_by->producer_id);
    writer.Number(state.closed_by->epoch);
    writer.Number(state.closed_by->seq);
  }
  if (state.seq_last) writer.Text(*state.seq_last);
  const ProducerTable::States& producers = state.producers.states();
  writer.Number(producers.size());
  for (const auto& [id, producer] : producers) {
    writer.Text(id);
    writer.Number(producer.epoch);
    writer.Number(producer.seq_last);
  }
}

std::optional<StateChanges> DecodeState(std::string_view bytes) {
  PieceReader reader(bytes);
  StateChanges changes;
  const uint8_t flags = reader.ByteUpTo(kFlagsAll);
  changes.closed = (flags & kClosed) != 0;
  changes.soft_deleted = (flags & kSoftDeleted) != 0;
  changes.last = Lsn{reader.Number()};
  changes.tail = Offset{reader.Number()};
  changes.forks = reader.Number();
  changes.accessed_steady_ms = reader.Signed();
  if ((flags & kClosedBy) != 0) changes.closed_by = TakeClosingStamp(reader);
  if ((flags & kSeqLast) != 0) changes.seq_last = reader.Text();
  TakeProducers(reader, changes.producers);
  if (!reader.ok() || !IsValid(changes)) return std::nullopt;
  return changes;
}

}  // namespace thalweg
