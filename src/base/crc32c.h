// CRC32C (Castagnoli), the checksum of everything we keep. Uses the processor's instruction where
// it has one. Pure. THREAD: any.
#pragma once

#include <cstdint>
#include <string_view>

namespace thalweg {

// The checksum of `before` (0: nothing) followed by `bytes`:
// Crc32c("456", Crc32c("123")) == Crc32c("123456").
uint32_t Crc32c(std::string_view bytes, uint32_t before = 0);

// The same without the processor's help; for machines that have none, and to test against.
uint32_t Crc32cPortable(std::string_view bytes, uint32_t before = 0);

}  // namespace thalweg
