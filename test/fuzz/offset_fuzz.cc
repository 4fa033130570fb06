// Any text is no offset, or one that is written as it was read.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "stream/offset.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::optional<thalweg::Offset> offset = thalweg::ParseOffset(text);
  if (!offset) return 0;
  THALWEG_ASSERT(size == thalweg::kOffsetTextBytes);
  const std::string again = thalweg::FormatOffset(*offset);
  THALWEG_ASSERT(thalweg::ParseOffset(again) == offset);
  // A first number other than 0 is beyond every tail, and is read as the last offset.
  const bool is_beyond = !text.starts_with("0000000000000000_");
  THALWEG_ASSERT(is_beyond ? offset->value == thalweg::kOffsetMax : again == text);
  return 0;
}
