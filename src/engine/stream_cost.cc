#include "engine/stream_cost.h"

#include "stream/config_pool.h"

namespace thalweg {

// Streams that share a configuration count for its texts each: the last of them keeps it.
uint64_t LongTextBytes(const StreamState& state) {
  const StreamConfig& config = *state.config;
  const RequestedConfig& requested = config.requested;
  const uint64_t texts = state.path.size() + config.content_type.size() +
                         config.expiry.at_text.size() + requested.content_type.size() +
                         requested.expiry.at_text.size() + requested.fork_source.size();
  return texts > kTextBytesCovered ? texts - kTextBytesCovered : 0;
}

uint64_t ExtraBytes(const StreamState& state) {
  const uint64_t own = MayBeShared(state.config->expiry, state.source) ? 0 : kOwnConfigBytes;
  return own + LongTextBytes(state) + GrowingBytes(state);
}

}  // namespace thalweg
