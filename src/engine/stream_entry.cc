#include "engine/stream_entry.h"

#include "base/assert.h"
#include "stream/state_codec.h"

namespace thalweg {

Capture CaptureNow(const StreamEntry& stream, Moment now) {
  THALWEG_ASSERT(!stream.gone);
  Capture capture;
  EncodeState(stream.state, stream.last, capture.state);
  capture.base = stream.own.start();
  capture.pieces = stream.own.Share();
  capture.end = stream.own.end();
  if (stream.state.soft_deleted) return capture;
  // As whoever loads it will reckon.
  const int64_t used_ms = LatestUseMs(stream.info.expiry, stream.state.accessed_steady_ms);
  const auto in_ms = ExpiresInMs(stream.info.expiry, used_ms, now);
  if (in_ms && !__builtin_add_overflow(now.wall_ms, *in_ms, &capture.due_ms.emplace(0))) {
    return capture;
  }
  capture.due_ms.reset();
  return capture;
}

}  // namespace thalweg
