// Any bytes are no record, or one whose encoding they are.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "stream/record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::optional<thalweg::Record> record = thalweg::DecodeRecord(bytes);
  if (!record) return 0;
  std::string again;
  thalweg::EncodeRecord(*record, again);
  THALWEG_ASSERT(again == bytes);
  THALWEG_ASSERT(thalweg::DecodeRecord(again) == record);
  return 0;
}
