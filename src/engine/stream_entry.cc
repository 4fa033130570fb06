#include "engine/stream_entry.h"

#include <utility>

#include "base/assert.h"
#include "stream/state_codec.h"

namespace thalweg {

size_t HashOfPath::operator()(const StreamHandle& stream) const {
  return PathKey(stream->state.path).hash;
}
bool SamePath::operator()(const StreamHandle& a, const StreamHandle& b) const {
  return a->state.path == b->state.path;
}
bool SamePath::operator()(const StreamHandle& a, const PathKey& b) const {
  return a->state.path == b.path;
}

std::optional<int64_t> DueMs(const StreamEntry& stream, Moment now) {
  if (stream.state.soft_deleted) return std::nullopt;
  const Expiry& expiry = stream.state.config->expiry;
  const int64_t used_ms = LatestUseMs(expiry, stream.state.accessed_steady_ms);
  const auto in_ms = ExpiresInMs(expiry, used_ms, now);
  int64_t due_ms = 0;
  if (!in_ms || __builtin_add_overflow(now.wall_ms, *in_ms, &due_ms)) return std::nullopt;
  return due_ms;
}

bool IsDueStale(std::optional<int64_t> stored, std::optional<int64_t> due_ms, int64_t wall_ms) {
  if (!stored || !due_ms) return stored.has_value() != due_ms.has_value();
  return *stored <= wall_ms || *stored - kDueLateMs >= *due_ms;
}

Capture CaptureNow(StreamEntry& stream, Moment now) {
  THALWEG_ASSERT(!stream.gone);
  Capture capture{.state = {},
                  .bytes = stream.own,
                  .due_ms = DueMs(stream, now),
                  .state_bytes = std::exchange(stream.state_bytes, 0)};
  EncodeState(stream.state, stream.last, capture.state);
  return capture;
}

}  // namespace thalweg
