// Crosses threads: see the header.
#include "engine/history.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "engine/stream_entry.h"

namespace thalweg {
namespace {

// Each may have to be read from a segment of its own, by a loop; the next page goes on behind them.
constexpr size_t kStoredLegsMax = 64;

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
}

enum class Taken : uint8_t { kSome, kNothingFits, kNoBoundary, kVanished };

// Reads on in one stream of the chain.
class LegReader {
 public:
  LegReader(const StreamStore* store, const Leg& leg, const PageRequest& request, Page& page)
      : store_(store), leg_(leg), request_(request), page_(page) {}

  bool has_asked_store() const { return has_asked_store_; }

  // Adds some more of the leg to the page, `room` bytes at most where that has something.
  StorageResult<Taken> Take(size_t room) {
    StreamEntry& stream = *leg_.stream;
    std::unique_lock lock(stream.home.mutex);
    if (stream.gone) return Taken::kVanished;
    const Offset memory_begins = stream.own.start();
    if (page_.end >= memory_begins) return TakeFromMemory(stream.own, room);
    lock.unlock();
    return TakeFromStore(std::min(leg_.end, memory_begins), room);
  }

 private:
  Taken TakeFromMemory(const TailBytes& own, size_t room) {
    if (!request_.from_inside && !own.IsBoundary(page_.end)) return Taken::kNoBoundary;
    const auto [end, ends_inside] =
        own.Collect(page_.end, leg_.end, {room, request_.part_bytes_max}, page_.parts,
                    request_.with_ends ? &page_.ends : nullptr);
    page_.ends_inside = ends_inside;
    return std::exchange(page_.end, end) == end ? Taken::kNothingFits : Taken::kSome;
  }

  StorageResult<Taken> TakeFromStore(Offset limit, size_t room) {
    const StreamEntry& stream = *leg_.stream;
    if (page_.end == limit) return Taken::kNothingFits;
    has_asked_store_ = true;
    auto found = store_->Read(stream.state.id, page_.end, limit,
                              {.bytes_max = room,
                               .at_least_one = page_.parts.empty(),
                               .part_bytes_max = request_.part_bytes_max,
                               .from_inside = request_.from_inside,
                               .with_ends = request_.with_ends,
                               .files = request_.files,
                               .may_wait = request_.may_wait});
    if (!found) return std::unexpected(found.error());
    if (!*found) return MissingFromStore();
    if (!(*found)->boundary) return Taken::kNoBoundary;
    if ((*found)->end == page_.end) return Taken::kNothingFits;
    if ((*found)->file.length != 0) {
      page_.files.push_back({page_.parts.size(), std::move((*found)->file)});
    }
    page_.parts.push_back(std::move((*found)->bytes));
    page_.ends.insert(page_.ends.end(), (*found)->ends.begin(), (*found)->ends.end());
    page_.end = (*found)->end;
    page_.ends_inside = (*found)->ends_inside;
    return Taken::kSome;
  }

  StorageResult<Taken> MissingFromStore() {
    const StreamEntry& stream = *leg_.stream;
    std::lock_guard lock(stream.home.mutex);
    if (stream.gone) return Taken::kVanished;
    return DamageFault("no segment has byte " + std::to_string(page_.end.value) + " of stream " +
                       std::to_string(stream.state.id.value) + " at " + stream.state.path);
  }

  const StreamStore* const store_;
  const Leg& leg_;
  const PageRequest& request_;
  Page& page_;
  bool has_asked_store_ = false;
};

}  // namespace

StorageResult<HistoryVerdict> ReadHistory(const StreamStore* store, const StreamHandle& stream,
                                          Offset limit, const PageRequest& request, Page& page) {
  THALWEG_ASSERT(page.start <= limit);
  std::optional<std::vector<Leg>> legs = FindLegs(stream, page.start, limit);
  if (!legs) return HistoryVerdict::kVanished;
  page.end = page.start;
  size_t stored_legs = 0;
  for (auto leg = legs->rbegin(); leg != legs->rend(); ++leg) {
    LegReader reader(store, *leg, request, page);
    do {
      const auto took = reader.Take(request.bytes_max - std::min(request.bytes_max, page.size()));
      if (!took) return std::unexpected(took.error());
      if (*took == Taken::kVanished) return HistoryVerdict::kVanished;
      if (*took == Taken::kNoBoundary) {
        THALWEG_ASSERT(page.parts.empty());
        return HistoryVerdict::kNotABoundary;
      }
      const bool is_full = *took == Taken::kNothingFits || page.ends_inside;
      if (is_full && page.end < leg->end) return HistoryVerdict::kRead;
    } while (page.end < leg->end);
    if (reader.has_asked_store() && ++stored_legs == kStoredLegsMax) break;
  }
  return HistoryVerdict::kRead;
}

}  // namespace thalweg
