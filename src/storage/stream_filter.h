// Tells in memory that a segment does not have a stream, mostly: a Bloom filter of about ten bits
// and seven probes per stream. It never denies a stream that is there, and affirms about one in a
// hundred that is not.
//
// A value; its bits are kept in segments, so the hash must never change. THREAD: any for reads.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "stream/ids.h"

namespace thalweg {

inline constexpr size_t kStreamFilterBitsPerStream = 10;
inline constexpr size_t kStreamFilterProbes = 7;

// The filter of these streams: as many bytes as they need, at least eight.
std::string BuildStreamFilter(std::span<const StreamId> ids);

// Whether the streams that `filter` was built of may have `id` among them.
// REQUIRES: `filter` is not empty.
bool StreamFilterMayHave(std::string_view filter, StreamId id);

}  // namespace thalweg
