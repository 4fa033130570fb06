// Any bytes are no state, or a valid one that nothing else is the encoding of.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "stream/state_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<thalweg::StateChanges> changes = thalweg::DecodeState(bytes);
  if (!changes) return 0;
  THALWEG_ASSERT(thalweg::IsValid(*changes));
  thalweg::StreamState state;
  thalweg::RestoreChanges(state, *changes);
  std::string again;
  thalweg::EncodeState(state, changes->last, again);
  THALWEG_ASSERT(again == bytes);
  return 0;
}
