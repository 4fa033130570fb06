// Any bytes are no row of the catalog, or one that nothing else is the encoding of. The first byte
// says of which kind, the second how long its key is.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "storage/catalog_codec.h"

namespace thalweg {
namespace {

void LookAtPath(std::string_view key, std::string_view body) {
  const auto entry = DecodePathBody(key, body);
  if (!entry || entry->path.empty() || KeyOfPath(entry->path) != key) return;
  THALWEG_ASSERT(EncodePathBody(*entry) == body);
}

void LookAtHead(std::string_view body) {
  const auto head = DecodeHead(body);
  if (head) THALWEG_ASSERT(EncodeHead(*head) == body);
}

void LookAtKeys(std::string_view key) {
  if (const auto id = DecodeIdKey(key)) THALWEG_ASSERT(KeyOfId(*id) == key);
  if (const auto due = DecodeDueKey(key)) THALWEG_ASSERT(KeyOfDue(*due) == key);
  PrintKey(key);
}

}  // namespace
}  // namespace thalweg

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const std::string_view key = bytes.substr(0, data[1]);
  const std::string_view body = bytes.substr(key.size());
  thalweg::OpenRow(thalweg::CatalogTable::kPaths, key, body);
  switch (data[0] % 3) {
    case 0: thalweg::LookAtPath(key, body); break;
    case 1: thalweg::LookAtHead(body); break;
    default: thalweg::LookAtKeys(key); break;
  }
  return 0;
}
