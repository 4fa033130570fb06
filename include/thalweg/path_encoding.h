// Stream paths as names of files, as the reference implementation writes them. Pure. THREAD: any.
#pragma once

#include <string>
#include <string_view>

#include "thalweg/export.h"

namespace thalweg {

// base64url without padding of `path`. Where that is longer than 200 characters: its first 180,
// '~', and the first 16 hexadecimal digits of the path's SHA-256.
THALWEG_API std::string EncodeStreamPath(std::string_view path);

// What EncodeStreamPath was given; of a shortened name, what its first 180 characters stand for.
// Characters that are not base64url are passed over.
THALWEG_API std::string DecodeStreamPath(std::string_view encoded);

}  // namespace thalweg
