#include "storage/segment_merge.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr size_t kIdsPerLook = 4096;

}  // namespace

SegmentMerge::SegmentMerge(const Catalog& catalog,
                           std::vector<std::shared_ptr<const Segment>> inputs,
                           std::unique_ptr<SegmentWriter> out, const AfterPiece& after_piece)
    : catalog_(catalog), out_(std::move(out)) {
  for (auto& segment : inputs) {
    inputs_.push_back({SegmentWalker(std::move(segment), after_piece), {}});
  }
}

StorageResult<bool> SegmentMerge::Step(size_t bytes) {
  if (const auto started = Start(); !started) return std::unexpected(started.error());
  for (step_bytes_ = 0; step_bytes_ < bytes;) {
    if (stream_ == StreamId{}) {
      if (const auto entered = EnterStream(); !entered) return std::unexpected(entered.error());
      if (stream_ == StreamId{}) return false;
    }
    const auto next = std::ranges::find_if(
        inputs_, [this](const Input& input) { return input.run && input.run->id == stream_; });
    const auto done = next == inputs_.end() ? LeaveStream() : TakeRun(*next);
    if (!done) return std::unexpected(done.error());
  }
  return true;
}

StorageResult<void> SegmentMerge::Start() {
  if (std::exchange(started_, true)) return {};
  for (Input& input : inputs_) {
    auto run = input.walker.Next();
    if (!run) return Blame(input, run.error());
    input.run = *run;
  }
  return {};
}

// The stream with the least id that is left, if any.
StorageResult<void> SegmentMerge::EnterStream() {
  StreamId least{std::numeric_limits<uint64_t>::max()};
  bool found = false;
  for (const Input& input : inputs_) {
    if (!input.run) continue;
    least = std::min(least, input.run->id);
    found = true;
  }
  if (!found) return {};
  const auto live = IsLive(least);
  if (!live) return std::unexpected(live.error());
  stream_ = least;
  keeps_ = *live;
  end_.reset();
  state_.clear();
  return {};
}

// Ids come in growing order, so the catalog is read once from one end to the other.
StorageResult<bool> SegmentMerge::IsLive(StreamId id) {
  if (id > live_up_to_) {
    auto ids = catalog_.Ids(StreamId{id.value - 1}, kIdsPerLook);
    if (!ids) return std::unexpected(ids.error());
    live_ = *std::move(ids);
    next_live_ = 0;
    live_up_to_ =
        live_.size() < kIdsPerLook ? StreamId{std::numeric_limits<uint64_t>::max()} : live_.back();
  }
  while (next_live_ < live_.size() && live_[next_live_] < id) ++next_live_;
  return next_live_ < live_.size() && live_[next_live_] == id;
}

StorageResult<void> SegmentMerge::TakeRun(Input& input) {
  if (keeps_) {
    const SegmentRun& run = *input.run;
    auto content = input.walker.Read();
    if (!content) return Blame(input, content.error());
    if (!end_) out_->Begin(run.id, run.base);
    if (end_ && *end_ != run.base) {
      return Blame(input,
                   input.walker.DamageHere("goes on with stream " + std::to_string(run.id.value) +
                                           " from " + std::to_string(run.base.value) +
                                           ", yet the segment before it has it up to " +
                                           std::to_string(end_->value)));
    }
    end_ = run.end();
    if (const auto put = out_->Append(content->bytes, content->tables.ends); !put) {
      return DiskFault(put.error());
    }
    if (!content->tables.state.empty()) state_ = std::move(content->tables.state);
    step_bytes_ += run.bytes + run.tables_bytes();
  }
  step_bytes_ += kSegmentRunEntryBytes;
  auto next = input.walker.Next();
  if (!next) return Blame(input, next.error());
  input.run = *next;
  return {};
}

std::unexpected<StorageFault> SegmentMerge::Blame(const Input& input, StorageFault fault) {
  if (fault.kind == StorageFault::Kind::kDamage) {
    damaged_ = static_cast<size_t>(&input - inputs_.data());
  }
  return std::unexpected(std::move(fault));
}

StorageResult<void> SegmentMerge::LeaveStream() {
  stream_ = StreamId{};
  if (!keeps_) return {};
  if (const auto ended = out_->End(state_); !ended) return DiskFault(ended.error());
  return {};
}

StorageResult<std::optional<SegmentFooter>> SegmentMerge::Finish() {
  THALWEG_ASSERT(started_ && stream_ == StreamId{});
  if (out_->streams() == 0) return std::nullopt;
  const auto footer = out_->Finish();
  if (!footer) return DiskFault(footer.error());
  return *footer;
}

}  // namespace thalweg
