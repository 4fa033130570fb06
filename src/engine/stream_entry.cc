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

Capture CaptureNow(StreamEntry& stream, Moment now) {
  THALWEG_ASSERT(!stream.gone);
  Capture capture{.state = {},
                  .bytes = stream.own,
                  .due_ms = {},
                  .state_bytes = std::exchange(stream.state_bytes, 0)};
  EncodeState(stream.state, stream.last, capture.state);
  if (stream.state.soft_deleted) return capture;
  // As whoever loads it will reckon.
  const int64_t used_ms = LatestUseMs(stream.state.config->expiry, stream.state.accessed_steady_ms);
  const auto in_ms = ExpiresInMs(stream.state.config->expiry, used_ms, now);
  if (in_ms && !__builtin_add_overflow(now.wall_ms, *in_ms, &capture.due_ms.emplace(0))) {
    return capture;
  }
  capture.due_ms.reset();
  return capture;
}

}  // namespace thalweg
