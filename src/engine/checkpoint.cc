// Crosses threads: see the header.
#include "engine/checkpoint.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/prefetch.h"
#include "engine/stream_cost.h"

namespace thalweg {
namespace {

// Each stream stands in memory of its own, which no cache holds any more: what is needed of so many
// is asked for together, before it is used. (docs/BENCHMARKS.md, "What brought what")
constexpr size_t kStreamsTogether = 32;
// … but fewer where their states are so long already: who has many producers has megabytes of it.
constexpr size_t kStateBytesTogether = 1u << 20;

struct Place {
  StreamId id;
  size_t index;
};

// The places of streams in growing order of their ids. To sort the streams themselves would look
// into them again and again.
std::vector<Place> PlacesInOrder(const std::vector<StreamHandle>& streams) {
  std::vector<Place> places;
  places.reserve(streams.size());
  for (size_t i = 0; i < streams.size(); ++i) places.push_back({streams[i]->state.id, i});
  std::ranges::sort(places, {}, &Place::id);
  return places;
}

// The create record without bytes: what never changes, and so needs no lock.
std::string EncodeCreate(const StreamState& state) {
  std::string out;
  EncodeRecord(CreateRecord{.id = state.id,
                            .path = state.path,
                            .requested = state.config->requested,
                            .content_type = state.config->content_type,
                            .expiry = state.config->expiry,
                            .source = state.source,
                            .start = state.start,
                            .prefix = {},
                            .data = {},
                            .closed = false,
                            .at = {.wall_ms = state.created_wall_ms, .steady_ms = 0}},
               out);
  return out;
}

}  // namespace

StorageResult<bool> Checkpoint::Write() {
  THALWEG_ASSERT(frozen_.empty());
  change_ = {};
  segment_.reset();
  std::vector<StreamHandle> changed = table_.Freeze([this] {
    change_.checkpoint = log_.staged();
    change_.last_id = StreamId{last_id_.load()};
  });
  if (changed.empty()) return false;
  frozen_.reserve(changed.size());
  for (const Place& place : PlacesInOrder(changed)) {
    frozen_.emplace_back().stream = std::move(changed[place.index]);
  }
  const auto written = WriteSegment();
  if (written) return true;
  Abandon();
  return std::unexpected(written.error());
}

StorageResult<void> Checkpoint::WriteSegment() {
  auto writer = table_.store()->NewSegment();
  if (!writer) return std::unexpected(writer.error());
  for (std::span<Frozen> rest = frozen_; !rest.empty();) {
    if (const auto written = WriteSome(rest, **writer); !written) {
      table_.store()->Abandon(*std::move(writer));
      return written;
    }
  }
  if ((*writer)->streams() == 0) {
    table_.store()->Abandon(*std::move(writer));
    return {};
  }
  const auto footer = (*writer)->Finish();
  if (footer) {
    segment_ = *footer;
    return {};
  }
  table_.store()->Abandon(*std::move(writer));
  return DiskFault(footer.error());
}

// Writes some of those that `rest` begins with, and takes them off it.
StorageResult<void> Checkpoint::WriteSome(std::span<Frozen>& rest, SegmentWriter& writer) {
  const auto some = rest.first(std::min(rest.size(), kStreamsTogether));
  for (const Frozen& frozen : some) Prefetch(frozen.stream.get(), sizeof(StreamEntry));
  std::vector<std::optional<Capture>> captures;
  captures.reserve(some.size());
  const Moment now = table_.Now();
  size_t state_bytes = 0;
  for (Frozen& frozen : some) {
    const auto& capture = captures.emplace_back(Take(frozen, now));
    if (!capture) continue;
    capture->bytes.PrefetchBegin();
    state_bytes += capture->state.size();
    if (state_bytes >= kStateBytesTogether) break;
  }
  rest = rest.subspan(captures.size());
  for (size_t i = 0; i < captures.size(); ++i) {
    if (!captures[i]) continue;
    if (some[i].is_put) PutEntry(some[i]);
    const auto written = WriteStream(*some[i].stream, *captures[i], writer);
    if (!written) return DiskFault(written.error());
  }
  return {};
}

DiskResult<void> Checkpoint::WriteStream(const StreamEntry& stream, const Capture& capture,
                                         SegmentWriter& writer) {
  writer.Begin(stream.state.id, capture.bytes.start());
  DiskResult<void> done;
  capture.bytes.Visit([&](const TailBytes::Piece& piece) {
    done = writer.Append(piece.bytes, piece.ends);
    return done.has_value();
  });
  return done ? writer.End(capture.state) : done;
}

// The stream as it stood when it was frozen; null: it was gone.
std::optional<Capture> Checkpoint::Take(Frozen& frozen, Moment now) {
  StreamEntry& stream = *frozen.stream;
  std::optional<Capture> capture;
  std::lock_guard lock(stream.home.mutex);
  if (stream.captured != nullptr) {
    capture = std::move(*std::exchange(stream.captured, nullptr));
  } else {
    THALWEG_ASSERT(stream.changed_in != stream.home.epoch);  // else it would have been captured
    stream.changed_in = 0;
    if (stream.gone) {
      frozen.gone = true;
      frozen.state_bytes = std::exchange(stream.state_bytes, 0);  // put back by Abandon
      change_.removed.push_back(stream.state.id);
      return std::nullopt;
    }
    capture = CaptureNow(stream, now);
  }
  frozen.end = capture->bytes.end();
  frozen.state_bytes = capture->state_bytes;
  frozen.is_put = !stream.stored || IsDueStale(stream.due_ms, capture->due_ms, now.wall_ms);
  frozen.due_ms = frozen.is_put ? capture->due_ms : stream.due_ms;
  return capture;
}

void Checkpoint::PutEntry(const Frozen& frozen) {
  const StreamState& state = frozen.stream->state;
  change_.put.push_back(
      {.id = state.id, .path = state.path, .create = EncodeCreate(state), .due_ms = frozen.due_ms});
}

void Checkpoint::Abandon() {
  uint64_t twice = 0;
  for (const Frozen& frozen : frozen_) {
    StreamEntry& stream = *frozen.stream;
    std::lock_guard lock(stream.home.mutex);
    if (stream.changed_in == stream.home.epoch) {
      twice += kChangedStreamBytes + frozen.state_bytes;
      if (stream.captured != nullptr) {
        twice += std::exchange(stream.captured, nullptr)->state_bytes;
      }
    } else {
      stream.state_bytes += frozen.state_bytes;
      stream.changed_in = stream.home.epoch;
      stream.home.changed.push_back(frozen.stream);
    }
  }
  table_.ReleaseTailBytes(twice);
  frozen_.clear();
}

StorageResult<Checkpoint::Report> Checkpoint::Commit() {
  THALWEG_ASSERT(log_.durable() >= at());
  Report report{
      .at = at(), .streams = frozen_.size(), .bytes = segment_ ? segment_->data_bytes : 0};
  if (const auto committed = table_.store()->Commit(std::move(change_), segment_); !committed) {
    Abandon();
    return std::unexpected(committed.error());
  }
  for (size_t i = 0; i < frozen_.size(); ++i) {
    if (i + kStreamsTogether < frozen_.size()) {
      Prefetch(frozen_[i + kStreamsTogether].stream.get(), sizeof(StreamEntry));
    }
    Release(frozen_[i]);
  }
  frozen_.clear();
  frozen_.shrink_to_fit();
  return report;
}

// The store has it now: memory need not.
void Checkpoint::Release(const Frozen& frozen) {
  StreamEntry& stream = *frozen.stream;
  std::optional<TailBytes> dropped;
  uint64_t bytes = kChangedStreamBytes + frozen.state_bytes;
  std::lock_guard lock(stream.home.mutex);
  if (frozen.gone) {
    stream.home.gone.erase(stream.state.id.value);
  } else {
    stream.stored = true;
    stream.due_ms = frozen.due_ms;
    if (!stream.gone) {
      bytes += frozen.end.value - stream.own.start().value;
      dropped = stream.own.DropTo(frozen.end);
    }
  }
  table_.ReleaseTailBytes(bytes);
}

}  // namespace thalweg
