// Crosses threads: see the header.
#include "engine/checkpoint.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

// The create record without bytes: what does not change.
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
  std::ranges::sort(changed, {}, [](const StreamHandle& stream) { return stream->state.id; });
  frozen_.reserve(changed.size());
  for (StreamHandle& stream : changed) frozen_.emplace_back().stream = std::move(stream);
  const auto written = WriteSegment();
  if (written) return true;
  Abandon();
  return std::unexpected(written.error());
}

StorageResult<void> Checkpoint::WriteSegment() {
  auto writer = table_.store()->NewSegment();
  if (!writer) return std::unexpected(writer.error());
  for (Frozen& frozen : frozen_) {
    if (const auto written = WriteStream(frozen, **writer); !written) {
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

StorageResult<void> Checkpoint::WriteStream(Frozen& frozen, SegmentWriter& writer) {
  const std::optional<Capture> capture = Take(frozen);
  if (!capture) {
    frozen.gone = true;
    change_.removed.push_back(frozen.stream->state.id);
    return {};
  }
  PutEntry(frozen, *capture);
  frozen.end = capture->bytes.end();
  frozen.state_bytes = capture->state_bytes;
  writer.Begin(frozen.stream->state.id, capture->bytes.start());
  DiskResult<void> done;
  capture->bytes.Visit([&](const TailBytes::Piece& piece) {
    done = writer.Append(piece.bytes, piece.ends);
    return done.has_value();
  });
  if (done) done = writer.End(capture->state);
  return done ? StorageResult<void>() : DiskFault(done.error());
}

// The stream as it stood when it was frozen; null: it was gone.
std::optional<Capture> Checkpoint::Take(Frozen& frozen) {
  StreamEntry& stream = *frozen.stream;
  std::lock_guard lock(stream.home.mutex);
  if (stream.captured != nullptr) return std::move(*std::exchange(stream.captured, nullptr));
  THALWEG_ASSERT(stream.changed_in != stream.home.epoch);  // else it would have been captured
  stream.changed_in = 0;
  if (stream.gone) {
    frozen.state_bytes = std::exchange(stream.state_bytes, 0);  // put back by Abandon
    return std::nullopt;
  }
  return CaptureNow(stream, table_.Now());
}

// What of a stream stands in the catalog changes only where its time came and passed.
void Checkpoint::PutEntry(Frozen& frozen, const Capture& capture) {
  StreamEntry& stream = *frozen.stream;
  std::lock_guard lock(stream.home.mutex);
  const bool is_new = !stream.stored;
  frozen.due_ms = stream.due_ms;
  const bool due_passed = stream.due_ms && *stream.due_ms <= table_.Now().wall_ms;
  if (!is_new && !due_passed && stream.due_ms.has_value() == capture.due_ms.has_value()) return;
  frozen.due_ms = capture.due_ms;
  change_.put.push_back({.id = stream.state.id,
                         .path = stream.state.path,
                         .create = EncodeCreate(stream.state),
                         .due_ms = capture.due_ms});
}

void Checkpoint::Abandon() {
  uint64_t twice = 0;
  for (const Frozen& frozen : frozen_) {
    StreamEntry& stream = *frozen.stream;
    std::lock_guard lock(stream.home.mutex);
    stream.state_bytes += frozen.state_bytes;
    if (stream.captured != nullptr) {
      stream.state_bytes += std::exchange(stream.captured, nullptr)->state_bytes;
    }
    if (stream.changed_in == stream.home.epoch) {
      twice += kChangedStreamBytes;
    } else {
      stream.changed_in = stream.home.epoch;
      stream.home.changed.push_back(frozen.stream);
    }
  }
  table_.tail_bytes().fetch_sub(twice, std::memory_order_relaxed);
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
  for (const Frozen& frozen : frozen_) Release(frozen);
  frozen_.clear();
  frozen_.shrink_to_fit();
  if (const auto trimmed = log_.Trim(report.at); !trimmed) return DiskFault(trimmed.error());
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
  table_.tail_bytes().fetch_sub(bytes, std::memory_order_relaxed);
}

}  // namespace thalweg
