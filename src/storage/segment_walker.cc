#include "storage/segment_walker.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/assert.h"

namespace thalweg {
namespace {

constexpr size_t kWindowBytes = 1u << 20;
constexpr size_t kKeptWindowBytes = 8u << 20;  // what a longer run took is given back with the next

}  // namespace

StorageResult<std::optional<SegmentRun>> SegmentWalker::Next() {
  if (next_run_ == runs_.size()) {
    if (next_page_ == segment_->pages()) {
      if (runs_seen_ != segment_->footer().runs) {
        return segment_->DamageAt(segment_->footer().filter_at, "has lost an index page");
      }
      return std::nullopt;
    }
    auto page = segment_->Page(next_page_++);
    if (!page) return std::unexpected(page.error());
    const SegmentRun& first = page->front();
    const bool goes_on = first.id == run_.id && first.base == run_.end();
    if (run_.state_bytes == 0 && run_.id != StreamId{} ? !goes_on : first.id <= run_.id) {
      return segment_->DamageAt(first.position, "has a stream out of order");
    }
    runs_ = *std::move(page);
    next_run_ = 0;
  }
  run_ = runs_[next_run_++];
  ++runs_seen_;
  return run_;
}

StorageResult<SegmentWalker::Content> SegmentWalker::Read() {
  THALWEG_ASSERT(run_.id != StreamId{});
  damaged_part_ = RunPart::kTables;
  const auto both = Window(run_.position, run_.bytes + run_.tables_bytes());
  if (!both) return std::unexpected(both.error());
  const std::string_view bytes = both->substr(0, run_.bytes);
  auto tables = DecodeRunTables(both->substr(run_.bytes), run_);
  if (!tables) return segment_->DamageAt(run_.tables_at(), "fails its checksum");
  if (!BlocksAreIntact(bytes, *tables, 0)) {
    damaged_part_ = RunPart::kBytes;
    return segment_->DamageAt(run_.position, "fails its checksum");
  }
  return Content{bytes, *std::move(tables)};
}

StorageFault SegmentWalker::DamageHere(const std::string& what) const {
  return segment_->DamageAt(run_.position, what).error();
}

StorageResult<std::string_view> SegmentWalker::Window(uint64_t at, size_t bytes) {
  if (at < window_at_ || at + bytes > window_at_ + window_.size()) {
    const uint64_t file_bytes = segment_->footer().file_bytes();
    const uint64_t rest = file_bytes - std::min(at, file_bytes);
    if (bytes > rest) return segment_->DamageAt(at, "has a run that leaves the file");
    const auto filled = FillWindow(at, std::min<uint64_t>(rest, std::max(bytes, kWindowBytes)));
    if (!filled) return std::unexpected(filled.error());
  }
  return std::string_view(window_).substr(at - window_at_, bytes);
}

StorageResult<void> SegmentWalker::FillWindow(uint64_t at, size_t bytes) {
  window_at_ = at;
  if (window_.capacity() > kKeptWindowBytes) std::string().swap(window_);
  window_.resize(bytes);
  StorageResult<void> read;
  for (std::span<char> left = window_; read && !left.empty();) {
    const auto piece = left.first(std::min(left.size(), piece_bytes_));
    read = segment_->ReadInto(at, piece, false);
    if (!read && read.error().kind == StorageFault::Kind::kWouldWait) {
      read = segment_->ReadInto(at, piece, true);
      if (after_piece_) piece_bytes_ = after_piece_();
    }
    at += piece.size();
    left = left.subspan(piece.size());
  }
  if (!read) window_.clear();
  return read;
}

StorageResult<void> VerifySegment(std::shared_ptr<const Segment> segment,
                                  const OnDamagedRun& on_damaged) {
  const SegmentFooter& footer = segment->footer();
  SegmentWalker walker(segment);
  uint64_t streams = 0;
  uint64_t data_bytes = 0;
  for (;;) {
    const auto run = walker.Next();
    if (!run) return std::unexpected(run.error());
    if (!*run) break;
    if (const auto content = walker.Read(); !content) {
      const StorageFault& fault = content.error();
      // What the disk refuses may stand behind the run, for more is read at a time.
      if (!on_damaged || fault.is_refusal) return std::unexpected(fault);
      on_damaged(**run, walker.damaged_part(), fault);
    }
    streams += (*run)->state_bytes != 0 ? 1 : 0;
    data_bytes += (*run)->bytes;
  }
  if (streams == footer.streams && data_bytes == footer.data_bytes) return {};
  return segment->DamageAt(footer.filter_at, "holds something else than its footer says");
}

}  // namespace thalweg
