#include "engine/engine_replay.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "stream/fit.h"

namespace thalweg {
namespace {

// The log is whole; what the store has at `path`, which the record needs, is not.
std::unexpected<StorageFault> CannotRead(std::string_view path, StorageFault fault) {
  const bool is_damaged = fault.kind == StorageFault::Kind::kDamage && !fault.is_refusal;
  fault.message =
      "and what is stored of its stream at " + std::string(path) +
      " cannot be read: " + fault.message +
      (is_damaged ? "; restore a backup, or thalweg repair can remove that stream" : "");
  return std::unexpected(std::move(fault));
}

void RememberUse(StreamEntry& stream) {
  stream.used = false;  // nobody asks for it now
  stream.used_steady_ms = LatestUseMs(stream.state.config->expiry, stream.state.accessed_steady_ms);
}

}  // namespace

StorageResult<void> EngineReplay::LeaveOutUnreadable() {
  const auto unreadable = FindUnreadable(*streams_.store());
  if (!unreadable) return std::unexpected(unreadable.error());
  for (const UnreadableStream& stream : *unreadable) {
    if (const auto left_out = LeaveOut(stream); !left_out) return left_out;
  }
  return {};
}

// The log needs no record of it: what is durable of it is damaged, so whoever starts again before
// the next checkpoint comes here again.
StorageResult<void> EngineReplay::LeaveOut(const UnreadableStream& unreadable) {
  const uint64_t version = streams_.store()->version();
  const auto stand_in = loader_.StandIn(unreadable.entry);
  if (!stand_in) return std::unexpected(stand_in.error());
  left_out_.insert(unreadable.entry.id.value);
  Aftermath after;
  {
    std::lock_guard lock((*stand_in)->home.mutex);
    const bool entered = loader_.Enter(*stand_in, version);
    THALWEG_ASSERT(entered);
    const RemoveRecord removal{
        .id = unreadable.entry.id, .cause = RemoveCause::kDelete, .at = streams_.Now()};
    streams_.Remove(*stand_in, removal, Lsn{}, after);
  }
  streams_.Finish(after);
  on_left_out_(unreadable.fault);
  return {};
}

// Whether `record` is of a stream that is left out, be it that its source is.
bool EngineReplay::IsLeftOut(const Record& record) {
  if (left_out_.empty()) return false;
  const StreamId id = StreamOf(record);
  const auto* create = std::get_if<CreateRecord>(&record);
  if (create == nullptr || !left_out_.contains(create->source.value)) {
    return left_out_.contains(id.value);
  }
  left_out_.insert(id.value);
  last_id_ = std::max(last_id_, id);  // it was given, and is not given again
  on_left_out_(StorageFault{.message = "stream " + std::to_string(id.value) + " at " +
                                       std::string(create->path) + ": its source cannot be read"});
  return true;
}

StorageResult<void> EngineReplay::Take(Lsn lsn, const Record& record) {
  if (IsLeftOut(record)) return {};
  return std::visit([&](const auto& one) { return Fold(lsn, one); }, record);
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const CreateRecord& record) {
  auto source = Find(record.source);
  if (!source) return std::unexpected(source.error());
  const auto ground = GroundOf(record, *source);
  if (!ground) return std::unexpected(ground.error());
  const std::string objection = Objection(record, *ground);
  if (!objection.empty()) return DamageFault(objection);
  last_id_ = std::max(last_id_, record.id);  // threads draw ids before they stage
  const StreamHandle stream =
      streams_.Add(record, lsn, CopyIfLong(record.data), *std::move(source));
  RememberUse(*stream);
  by_id_.emplace(record.id.value, stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const AppendRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  const StreamHandle& stream = *found;
  Aftermath after;  // nobody watches yet
  streams_.Append(stream, record, lsn, CopyIfLong(record.data), after);
  stream->visible.At(lsn);  // durable: it comes from the log
  RememberUse(*stream);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const RemoveRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  const StreamHandle& stream = *found;
  Aftermath after;
  streams_.Remove(stream, record, lsn, after);
  streams_.Finish(after);
  return {};
}

StorageResult<void> EngineReplay::Fold(Lsn lsn, const TouchRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  const StreamHandle& stream = *found;
  streams_.Touch(stream, record, lsn);
  RememberUse(*stream);
  return {};
}

template <typename R>
StorageResult<StreamHandle> EngineReplay::FindFor(const R& record) {
  auto found = Find(record.id);
  if (!found) return found;
  const std::string objection = Objection(record, StateOf(*found));
  if (!objection.empty()) return DamageFault(objection);
  return found;
}

// What a create meets, in memory and in the store.
StorageResult<CreateGround> EngineReplay::GroundOf(const CreateRecord& record,
                                                   const StreamHandle& source) {
  const PathKey key(record.path);
  const auto& streams = streams_.PartitionOf(key).streams;
  CreateGround ground{.id_is_taken = by_id_.contains(record.id.value),
                      .path_is_taken = streams.contains(key),
                      .source = StateOf(source)};
  if (streams_.store() == nullptr || ground.path_is_taken) return ground;
  const auto loaded = loader_.Load(key);
  if (!loaded) return CannotRead(record.path, loaded.error());
  ground.path_is_taken = !loaded->known;  // it has just been loaded
  if (ground.id_is_taken || record.id > streams_.store()->last_id()) return ground;
  const auto same_id = streams_.store()->catalog().Find(record.id);
  if (!same_id) return std::unexpected(same_id.error());
  ground.id_is_taken = same_id->has_value();
  return ground;
}

// Forgets those that are gone when it meets them.
StorageResult<StreamHandle> EngineReplay::Find(StreamId id) {
  const auto it = by_id_.find(id.value);
  if (it != by_id_.end() && !it->second->gone) return it->second;
  if (it != by_id_.end()) {
    by_id_.erase(it);
    return nullptr;
  }
  if (streams_.store() == nullptr || id > streams_.store()->last_id() || id == StreamId{}) {
    return nullptr;
  }
  auto found = loader_.Find(id);
  if (!found) {
    const auto entry = streams_.store()->catalog().Find(id);
    if (entry && *entry) return CannotRead((*entry)->path, found.error());
    return found;
  }
  if (*found != nullptr) by_id_.emplace(id.value, *found);
  return found;
}

}  // namespace thalweg
