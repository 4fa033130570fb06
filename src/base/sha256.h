// SHA-256, for texts that are too long to stand for themselves.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace thalweg {

using Sha256Digest = std::array<uint8_t, 32>;

// THREAD: any.
Sha256Digest Sha256(std::string_view bytes);

}  // namespace thalweg
