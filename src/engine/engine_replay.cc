#include "engine/engine_replay.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "stream/apply.h"

namespace thalweg {
namespace {

std::unexpected<StorageFault> DoesNotFit(Lsn lsn, const std::string& why) {
  return std::unexpected(StorageFault{StorageFault::Kind::kDamage,
                                      "holds record " + std::to_string(lsn.value) + ", " + why});
}

std::string Name(StreamId id) { return "stream " + std::to_string(id.value); }

void RememberUse(StreamEntry& stream) {
  stream.used_steady_ms = LatestUseMs(stream.info.expiry, stream.state.accessed_steady_ms);
}

}  // namespace

StorageResult<void> EngineReplay::Take(Lsn lsn, const Record& record) {
  return std::visit([&](const auto& one) { return Fold(lsn, one); }, record);
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const CreateRecord& record) {
  const PathKey key(record.path);
  if (by_id_.contains(record.id.value)) {
    return DoesNotFit(lsn, "which gives the id of " + Name(record.id) + " again");
  }
  if (streams_.PartitionOf(key).streams.contains(key)) {
    return DoesNotFit(lsn, "which creates " + std::string(key.path) + " where it stands");
  }
  StreamHandle source;
  if (record.source != StreamId{}) {
    source = Find(record.source);
    const bool fits = source != nullptr && !source->state.soft_deleted &&
                      source->state.start <= record.start && record.start <= source->state.tail;
    if (!fits) return DoesNotFit(lsn, "a fork of what was not there");
  }
  last_id_ = std::max(last_id_, record.id);  // threads draw ids before they stage
  const StreamHandle stream = streams_.Add(record, lsn, CopyIfLong(record.data), std::move(source));
  RememberUse(*stream);
  by_id_.emplace(record.id.value, stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const AppendRecord& record) {
  const StreamHandle stream = Find(record.id);
  if (stream == nullptr || !Fits(stream->state, record)) {
    return DoesNotFit(lsn, "an append to " + Name(record.id) + " that it cannot have taken");
  }
  Aftermath after;  // nobody watches yet
  streams_.Append(stream, record, lsn, CopyIfLong(record.data), after);
  stream->visible.At(lsn);  // durable: it comes from the log
  RememberUse(*stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const RemoveRecord& record) {
  const StreamHandle stream = Find(record.id);
  if (stream == nullptr || stream->state.soft_deleted) {
    return DoesNotFit(lsn, "which removes " + Name(record.id) + ", which is not there");
  }
  Aftermath after;
  streams_.Remove(stream, record, lsn, after);
  streams_.Finish(after);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const TouchRecord& record) {
  const StreamHandle stream = Find(record.id);
  if (stream == nullptr) {
    return DoesNotFit(lsn, "a use of " + Name(record.id) + ", which is not there");
  }
  ApplyTouch(stream->state, record);
  RememberUse(*stream);
  return {};
}

// Forgets those that are gone when it meets them.
StreamHandle EngineReplay::Find(StreamId id) {
  const auto it = by_id_.find(id.value);
  if (it == by_id_.end()) return nullptr;
  if (!it->second->gone) return it->second;
  by_id_.erase(it);
  return nullptr;
}

}  // namespace thalweg
