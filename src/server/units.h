// Durations and sizes as people write them: `500ms`, `30s`, `2m`, `1h`; `1024`, `64KB`, `4MiB`.
//
// Pure. Fractions, signs and inner white space are refused.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/durations.h"

namespace thalweg {

inline constexpr int64_t kDurationMsMax = kYearMs;
inline constexpr uint64_t kSizeBytesMax = 1ULL << 40;

// Milliseconds. A unit is required, except for 0. The error says what was expected.
std::expected<int64_t, std::string> ParseDurationMs(std::string_view text);

// Bytes. Without a unit: bytes. KB and MB are powers of ten, KiB and MiB of two; case is ignored.
std::expected<uint64_t, std::string> ParseSizeBytes(std::string_view text);

}  // namespace thalweg
