// Crosses threads: see the header.
#include "engine/history.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "engine/stream_entry.h"

namespace thalweg {
namespace {

// What one stream of the chain gives: its own bytes up to `end`.
struct Leg {
  StreamHandle stream;
  Offset end;
};

// The legs that hold [from, limit), the last part first. Null: a stream vanished.
std::optional<std::vector<Leg>> FindLegs(StreamHandle stream, Offset from, Offset limit) {
  std::vector<Leg> legs;
  while (stream != nullptr) {
    StreamHandle source;
    Offset start;
    {
      std::lock_guard lock(stream->home.mutex);
      if (stream->gone) return std::nullopt;
      start = stream->own.start();
      source = stream->source;
    }
    const bool owns_from = start <= from;
    if (owns_from || start < limit) legs.push_back({std::move(stream), limit});
    if (owns_from) return legs;
    limit = std::min(limit, start);  // what the source got later is not inherited
    stream = std::move(source);
  }
  THALWEG_ASSERT(!"every chain begins at offset 0");
  return std::nullopt;
}

}  // namespace

std::optional<Stretch> ReadHistory(const StreamHandle& stream, Offset from, Offset limit,
                                   size_t bytes_max) {
  THALWEG_ASSERT(from <= limit);
  std::optional<std::vector<Leg>> legs = FindLegs(stream, from, limit);
  if (!legs) return std::nullopt;
  Stretch stretch;
  stretch.end = from;
  for (auto leg = legs->rbegin(); leg != legs->rend(); ++leg) {
    std::lock_guard lock(leg->stream->home.mutex);
    if (leg->stream->gone) return std::nullopt;
    const TailBytes& own = leg->stream->own;
    if (!own.IsBoundary(stretch.end)) {
      THALWEG_ASSERT(stretch.parts.empty());
      return Stretch{.boundary = false, .parts = {}, .end = {}};
    }
    const size_t taken = stretch.end.value - from.value;
    stretch.end =
        own.Collect(stretch.end, leg->end, bytes_max - std::min(bytes_max, taken), stretch.parts);
    if (stretch.end < leg->end) break;
  }
  return stretch;
}

}  // namespace thalweg
