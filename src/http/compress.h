// Compresses a body in one of the content codings. THREAD: any; keeps no state.
#pragma once

#include <span>
#include <string>

#include "http/coding.h"
#include "thalweg/bytes.h"

namespace thalweg {

// The parts, one after the other, as one body. "deflate" is the zlib format. (RFC 9110 8.4.1.2)
// REQUIRES: coding is not identity.
std::string Compress(Coding coding, std::span<const Bytes> parts);

}  // namespace thalweg
