// Crosses threads: see the header.
#include "engine/history.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
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
      start = stream->state.start;
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

enum class Taken : uint8_t { kSome, kNothingFits, kNoBoundary, kVanished };

// Reads on in one stream of the chain.
class LegReader {
 public:
  LegReader(const StreamStore* store, const Leg& leg, const StretchRequest& request,
            Stretch& stretch)
      : store_(store), leg_(leg), request_(request), stretch_(stretch) {}

  // Adds some more of the leg to the stretch, `room` bytes at most where that has something.
  StorageResult<Taken> Take(size_t room) {
    StreamEntry& stream = *leg_.stream;
    std::unique_lock lock(stream.home.mutex);
    if (stream.gone) return Taken::kVanished;
    const Offset memory_begins = stream.own.start();
    if (stretch_.end >= memory_begins) return TakeFromMemory(stream.own, room);
    lock.unlock();
    return TakeFromStore(std::min(leg_.end, memory_begins), room);
  }

 private:
  Taken TakeFromMemory(const TailBytes& own, size_t room) {
    if (!request_.from_inside && !own.IsBoundary(stretch_.end)) return Taken::kNoBoundary;
    const auto [end, ends_inside] =
        own.Collect(stretch_.end, leg_.end, {room, request_.part_bytes_max}, stretch_.parts,
                    request_.with_ends ? &stretch_.ends : nullptr);
    stretch_.ends_inside = ends_inside;
    return std::exchange(stretch_.end, end) == end ? Taken::kNothingFits : Taken::kSome;
  }

  StorageResult<Taken> TakeFromStore(Offset limit, size_t room) {
    const StreamEntry& stream = *leg_.stream;
    if (stretch_.end == limit) return Taken::kNothingFits;
    StretchRequest request = request_;
    request.bytes_max = room;
    request.at_least_one = stretch_.parts.empty();
    auto found = store_->Read(stream.state.id, stretch_.end, limit, request);
    if (!found) return std::unexpected(found.error());
    if (!*found) return MissingFromStore();
    if (!(*found)->boundary) return Taken::kNoBoundary;
    if ((*found)->end == stretch_.end) return Taken::kNothingFits;
    if ((*found)->file.length != 0) {
      stretch_.files.push_back({stretch_.parts.size(), std::move((*found)->file)});
    }
    stretch_.parts.push_back(std::move((*found)->bytes));
    stretch_.ends.insert(stretch_.ends.end(), (*found)->ends.begin(), (*found)->ends.end());
    stretch_.end = (*found)->end;
    stretch_.ends_inside = (*found)->ends_inside;
    return Taken::kSome;
  }

  StorageResult<Taken> MissingFromStore() {
    const StreamEntry& stream = *leg_.stream;
    std::lock_guard lock(stream.home.mutex);
    if (stream.gone) return Taken::kVanished;
    return DamageFault("no segment has byte " + std::to_string(stretch_.end.value) + " of stream " +
                       std::to_string(stream.state.id.value) + " at " + stream.state.path);
  }

  const StreamStore* const store_;
  const Leg& leg_;
  const StretchRequest& request_;
  Stretch& stretch_;
};

}  // namespace

StorageResult<std::optional<Stretch>> ReadHistory(const StreamStore* store,
                                                  const StreamHandle& stream, Offset from,
                                                  Offset limit, const StretchRequest& request) {
  THALWEG_ASSERT(from <= limit);
  std::optional<std::vector<Leg>> legs = FindLegs(stream, from, limit);
  if (!legs) return std::nullopt;
  Stretch stretch;
  stretch.end = from;
  for (auto leg = legs->rbegin(); leg != legs->rend(); ++leg) {
    LegReader reader(store, *leg, request, stretch);
    do {
      const size_t taken = stretch.end.value - from.value;
      const auto took = reader.Take(request.bytes_max - std::min(request.bytes_max, taken));
      if (!took) return std::unexpected(took.error());
      if (*took == Taken::kVanished) return std::nullopt;
      if (*took == Taken::kNoBoundary) {
        THALWEG_ASSERT(stretch.parts.empty());
        return Stretch{.boundary = false, .parts = {}, .end = {}};
      }
      const bool is_full = *took == Taken::kNothingFits || stretch.ends_inside;
      if (is_full && stretch.end < leg->end) return stretch;
    } while (stretch.end < leg->end);
  }
  return stretch;
}

}  // namespace thalweg
