#include "server/verify_fold.h"

#include <utility>
#include <variant>

#include "base/assert.h"
#include "http/target.h"
#include "stream/apply.h"
#include "stream/fit.h"

namespace thalweg {
namespace {

const StreamState* StateOf(const RestoredStream* stream) {
  return stream == nullptr ? nullptr : &stream->state;
}

}  // namespace

void StreamFold::Put(RestoredStream stream) {
  const StreamId id = stream.state.id;
  paths_.emplace(stream.state.path, id);
  streams_.emplace(id.value, std::move(stream));
}

std::vector<std::string> StreamFold::Objections() const {
  std::unordered_map<uint64_t, uint64_t> forks;
  std::vector<std::string> found;
  const auto object = [&found](const StreamState& state, const std::string& what) {
    found.push_back("stream " + std::to_string(state.id.value) + " at " + ToldKey(state.path) +
                    ": " + what);
  };
  for (const auto& [id, stream] : streams_) {
    const StreamState& state = stream.state;
    if (state.source == StreamId{}) continue;
    ++forks[state.source.value];
    const RestoredStream* source = Find(state.source);
    if (source == nullptr) {
      object(state, "its source is nowhere");
    } else if (state.start > source->state.tail) {
      object(state, "it begins behind the end of its source");
    }
  }
  for (const auto& [id, stream] : streams_) {
    const auto counted = forks.find(id);
    const uint64_t count = counted == forks.end() ? 0 : counted->second;
    if (count == stream.state.forks) continue;
    object(stream.state, "it has " + std::to_string(count) + " forks, and counts " +
                             std::to_string(stream.state.forks));
  }
  return found;
}

StorageResult<void> StreamFold::Take(Lsn lsn, const Record& record) {
  ++records_;
  return std::visit([&](const auto& one) { return Fold(lsn, one); }, record);
}

const RestoredStream* StreamFold::Find(StreamId id) const {
  const auto it = streams_.find(id.value);
  return it == streams_.end() ? nullptr : &it->second;
}

RestoredStream* StreamFold::Find(StreamId id) {
  const auto it = streams_.find(id.value);
  return it == streams_.end() ? nullptr : &it->second;
}

template <typename R>
StorageResult<RestoredStream*> StreamFold::FindFor(const R& record) {
  RestoredStream* const stream = Find(record.id);
  const std::string objection = Objection(record, StateOf(stream));
  if (!objection.empty()) return DamageFault(objection);
  return stream;
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const CreateRecord& record) {
  RestoredStream* source = Find(record.source);
  const std::string objection = Objection(record, {.id_is_taken = Find(record.id) != nullptr,
                                                   .path_is_taken = paths_.contains(record.path),
                                                   .source = StateOf(source)});
  if (!objection.empty()) return DamageFault(objection);
  if (source != nullptr) ApplyForkAdded(source->state);
  paths_.emplace(record.path, record.id);
  streams_.emplace(record.id.value,
                   RestoredStream{ApplyCreate(record, configs_.Share(record)), lsn});
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const AppendRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  RestoredStream* const stream = *found;
  ApplyAppend(stream->state, record);
  stream->last = lsn;
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const RemoveRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  RestoredStream* const stream = *found;
  stream->last = lsn;
  if (ApplyRemove(stream->state, record) == Fate::kGone) Drop(record.id);
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const TouchRecord& record) {
  const auto found = FindFor(record);
  if (!found) return std::unexpected(found.error());
  RestoredStream* const stream = *found;
  ApplyTouch(stream->state, record);
  stream->last = lsn;
  return {};
}

// With it go the sources that were only kept for it.
void StreamFold::Drop(StreamId id) {
  for (bool gone = true; gone;) {
    const RestoredStream* stream = Find(id);
    THALWEG_ASSERT(stream != nullptr);
    const StreamId source = stream->state.source;
    paths_.erase(stream->state.path);
    streams_.erase(id.value);
    RestoredStream* left = source == StreamId{} ? nullptr : Find(source);
    gone = left != nullptr && ApplyForkReleased(left->state) == Fate::kGone;
    id = source;
  }
}

}  // namespace thalweg
