// Streams that are used next, fetched into the processor's cache all at the same time.
//
// Crosses threads: takes the locks of partitions that are free, several at once, and waits for
// none.
#pragma once

#include <span>
#include <string_view>

#include "engine/stream_table.h"

namespace thalweg {

// See Engine::Expect.
void ExpectStreams(StreamTable& table, std::span<const std::string_view> paths);

}  // namespace thalweg
