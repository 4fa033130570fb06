#include "engine/engine_replay.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "stream/apply.h"
#include "stream/fit.h"

namespace thalweg {
namespace {

std::unexpected<StorageFault> DoesNotFit(Lsn lsn, const std::string& objection) {
  return std::unexpected(StorageFault{
      StorageFault::Kind::kDamage, "holds record " + std::to_string(lsn.value) + ", " + objection});
}

void RememberUse(StreamEntry& stream) {
  stream.used_steady_ms = LatestUseMs(stream.info.expiry, stream.state.accessed_steady_ms);
}

}  // namespace

StorageResult<void> EngineReplay::Take(Lsn lsn, const Record& record) {
  return std::visit([&](const auto& one) { return Fold(lsn, one); }, record);
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const CreateRecord& record) {
  const PathKey key(record.path);
  StreamHandle source = Find(record.source);
  const std::string objection =
      Objection(record, {.id_is_taken = by_id_.contains(record.id.value),
                         .path_is_taken = streams_.PartitionOf(key).streams.contains(key),
                         .source = StateOf(source)});
  if (!objection.empty()) return DoesNotFit(lsn, objection);
  last_id_ = std::max(last_id_, record.id);  // threads draw ids before they stage
  const StreamHandle stream = streams_.Add(record, lsn, CopyIfLong(record.data), std::move(source));
  RememberUse(*stream);
  by_id_.emplace(record.id.value, stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const AppendRecord& record) {
  const StreamHandle stream = Find(record.id);
  const std::string objection = Objection(record, StateOf(stream));
  if (!objection.empty()) return DoesNotFit(lsn, objection);
  Aftermath after;  // nobody watches yet
  streams_.Append(stream, record, lsn, CopyIfLong(record.data), after);
  stream->visible.At(lsn);  // durable: it comes from the log
  RememberUse(*stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const RemoveRecord& record) {
  const StreamHandle stream = Find(record.id);
  const std::string objection = Objection(record, StateOf(stream));
  if (!objection.empty()) return DoesNotFit(lsn, objection);
  Aftermath after;
  streams_.Remove(stream, record, lsn, after);
  streams_.Finish(after);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const TouchRecord& record) {
  const StreamHandle stream = Find(record.id);
  const std::string objection = Objection(record, StateOf(stream));
  if (!objection.empty()) return DoesNotFit(lsn, objection);
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
