// Any bytes are none of a segment's pieces, or one that comes back as it was. The first byte says
// which.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/little_endian.h"
#include "storage/segment_format.h"

namespace thalweg {
namespace {

// Behind a checksum that holds there is more to find.
std::string Sealed(std::string_view bytes, size_t size) {
  std::string piece(bytes.substr(0, size));
  piece.resize(size);
  Put<uint32_t>(piece.data(), 0, Crc32c(std::string_view(piece).substr(4)));
  return piece;
}

void LookAtHeader(std::string_view bytes) {
  const std::string piece = Sealed(bytes, kSegmentHeaderBytes);
  const auto header = DecodeSegmentHeader(piece);
  if (header) THALWEG_ASSERT(DecodeSegmentHeader(EncodeSegmentHeader(*header)) == header);
}

void LookAtFooter(std::string_view bytes) {
  const std::string piece = Sealed(bytes, kSegmentFooterBytes);
  const auto footer = DecodeSegmentFooter(piece);
  if (footer) THALWEG_ASSERT(DecodeSegmentFooter(EncodeSegmentFooter(*footer)) == footer);
}

void LookAtPage(std::string_view bytes) {
  const std::string piece = Sealed(bytes, kSegmentPageBytes);
  const auto runs = DecodeSegmentPage(piece);
  if (runs) THALWEG_ASSERT(DecodeSegmentPage(EncodeSegmentPage(*runs)) == runs);
}

void LookAtTables(std::string_view bytes) {
  if (bytes.size() < 12) return;
  SegmentRun run{.id = {1},
                 .base = {},
                 .position = kSegmentHeaderBytes,
                 .bytes = Get<uint32_t>(bytes, 0),
                 .appends = Get<uint32_t>(bytes, 4),
                 .state_bytes = Get<uint32_t>(bytes, 8),
                 .tables_crc = Crc32c(bytes.substr(12))};
  const auto tables = DecodeRunTables(bytes.substr(12), run);
  if (!tables) return;
  std::string again;
  EncodeRunTables(*tables, again);
  THALWEG_ASSERT(again == bytes.substr(12));
}

}  // namespace
}  // namespace thalweg

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0: thalweg::LookAtHeader(bytes); break;
    case 1: thalweg::LookAtFooter(bytes); break;
    case 2: thalweg::LookAtPage(bytes); break;
    default: thalweg::LookAtTables(bytes); break;
  }
  return 0;
}
