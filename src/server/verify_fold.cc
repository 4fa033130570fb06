#include "server/verify_fold.h"

#include <utility>
#include <variant>

#include "base/assert.h"
#include "stream/apply.h"

namespace thalweg {
namespace {

std::unexpected<StorageFault> DoesNotFit(Lsn lsn, const std::string& why) {
  return std::unexpected(StorageFault{StorageFault::Kind::kDamage,
                                      "holds record " + std::to_string(lsn.value) + ", " + why});
}

std::string Name(StreamId id) { return "stream " + std::to_string(id.value); }

}  // namespace

StorageResult<void> StreamFold::Take(Lsn lsn, const Record& record) {
  ++records_;
  return std::visit([&](const auto& one) { return Fold(lsn, one); }, record);
}

const FoldedStream* StreamFold::Find(StreamId id) const {
  const auto it = streams_.find(id.value);
  return it == streams_.end() ? nullptr : &it->second;
}

FoldedStream* StreamFold::Find(StreamId id) {
  const auto it = streams_.find(id.value);
  return it == streams_.end() ? nullptr : &it->second;
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const CreateRecord& record) {
  if (Find(record.id) != nullptr) {
    return DoesNotFit(lsn, "which gives the id of " + Name(record.id) + " again");
  }
  if (paths_.contains(record.path)) {
    return DoesNotFit(lsn, "which creates " + std::string(record.path) + " where it stands");
  }
  if (record.source != StreamId{}) {
    FoldedStream* source = Find(record.source);
    const bool fits = source != nullptr && !source->state.soft_deleted &&
                      source->state.start <= record.start && record.start <= source->state.tail;
    if (!fits) return DoesNotFit(lsn, "a fork of what was not there");
    ApplyForkAdded(source->state);
  }
  const uint64_t appends = (record.prefix.empty() ? 0 : 1) + (record.data.empty() ? 0 : 1);
  paths_.emplace(record.path, record.id);
  streams_.emplace(record.id.value, FoldedStream{ApplyCreate(record), lsn, appends});
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const AppendRecord& record) {
  FoldedStream* stream = Find(record.id);
  if (stream == nullptr || !Fits(stream->state, record)) {
    return DoesNotFit(lsn, "an append to " + Name(record.id) + " that it cannot have taken");
  }
  ApplyAppend(stream->state, record);
  stream->last = lsn;
  if (!record.data.empty()) ++stream->appends;
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const RemoveRecord& record) {
  FoldedStream* stream = Find(record.id);
  if (stream == nullptr || stream->state.soft_deleted) {
    return DoesNotFit(lsn, "which removes " + Name(record.id) + ", which is not there");
  }
  stream->last = lsn;
  if (ApplyRemove(stream->state, record) == Fate::kGone) Drop(record.id);
  return {};
}

StorageResult<void> StreamFold::Fold(Lsn lsn, const TouchRecord& record) {
  FoldedStream* stream = Find(record.id);
  if (stream == nullptr) {
    return DoesNotFit(lsn, "a use of " + Name(record.id) + ", which is not there");
  }
  ApplyTouch(stream->state, record);
  stream->last = lsn;
  return {};
}

// With it go the sources that were only kept for it.
void StreamFold::Drop(StreamId id) {
  for (bool gone = true; gone;) {
    const FoldedStream* stream = Find(id);
    THALWEG_ASSERT(stream != nullptr);
    const StreamId source = stream->state.source;
    paths_.erase(stream->state.path);
    streams_.erase(id.value);
    FoldedStream* left = source == StreamId{} ? nullptr : Find(source);
    gone = left != nullptr && ApplyForkReleased(left->state) == Fate::kGone;
    id = source;
  }
}

}  // namespace thalweg
