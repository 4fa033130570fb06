// Any text is no instant and no window, or one within the bounds of its notation.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "stream/expiry.h"

namespace {

// The first and the last instant that can be written, each at the far end of the offsets.
constexpr int64_t kFirstMs = -62'167'219'200'000 - 86'400'000;
constexpr int64_t kLastMs = 253'402'300'799'999 + 86'400'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const std::optional<int64_t> ms = thalweg::ParseRfc3339(text)) {
    THALWEG_ASSERT(*ms > kFirstMs && *ms < kLastMs);
    THALWEG_ASSERT(size >= 20 && text[4] == '-' && text[13] == ':');
    THALWEG_ASSERT(!thalweg::ParseRfc3339(text + "Z"));
  }
  if (const std::optional<uint64_t> ttl_s = thalweg::ParseTtl(text)) {
    THALWEG_ASSERT(*ttl_s <= thalweg::kTtlSecondsMax);
    THALWEG_ASSERT(std::to_string(*ttl_s) == text);
  }
  return 0;
}
