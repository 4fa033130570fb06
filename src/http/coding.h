// Which content coding an answer gets. (RFC 9110 12.5.3) Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace thalweg {

enum class Coding : uint8_t { kIdentity, kGzip, kDeflate, kZstd };

// The name in Content-Encoding; "" for identity.
std::string_view CodingName(Coding coding);

// The coding that an Accept-Encoding header prefers; among equals zstd, then gzip, then deflate.
// "*" stands for gzip and deflate: zstd goes only to those who name it.
Coding NegotiateCoding(std::string_view accept_encoding);

// The better of gzip and identity: gzip among equals.
Coding NegotiateGzip(std::string_view accept_encoding);

// Whether bytes of this media type can shrink; images, archives and their like are packed already.
bool IsCompressible(std::string_view content_type);

}  // namespace thalweg
