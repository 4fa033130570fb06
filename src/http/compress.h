// Compresses a body in one of the content codings. THREAD: any; keeps no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/coding.h"
#include "thalweg/bytes.h"

namespace thalweg {

// The parts, one after the other, as one body. "deflate" is the zlib format. (RFC 9110 8.4.1.2)
// REQUIRES: coding is not identity.
std::string Compress(Coding coding, std::span<const Bytes> parts);

// A gzip body whose pieces are compressed each by itself, so that they can be made one after the
// other and shared: kGzipBegin, what CompressPiece makes of each, GzipEnd. (RFC 1952)
inline constexpr std::string_view kGzipBegin("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);

struct GzipSum {
  uint32_t crc = 0;
  uint64_t bytes = 0;
};
struct GzipPiece {
  std::string bytes;
  GzipSum sum;  // of what they are uncompressed
};
GzipPiece CompressPiece(std::span<const Bytes> parts);
// Of two pieces, one behind the other.
GzipSum Joined(const GzipSum& first, const GzipSum& second);
std::string GzipEnd(const GzipSum& sum);

}  // namespace thalweg
