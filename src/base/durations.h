// Lengths of time.
#pragma once

#include <cstdint>

namespace thalweg {

// No option of time is longer: no sum of some of these and a moment overflows.
inline constexpr int64_t kYearMs = int64_t{365} * 24 * 3600 * 1000;

}  // namespace thalweg
