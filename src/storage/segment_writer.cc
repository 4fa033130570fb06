#include "storage/segment_writer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/stream_filter.h"

namespace thalweg {

DiskResult<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(Directory& folder,
                                                                 const SegmentHeader& header,
                                                                 AfterPiece after_piece) {
  auto file = folder.Create(SegmentFileName(header.number));
  if (!file) return std::unexpected(file.error());
  return std::make_unique<SegmentWriter>(std::move(*file), header, std::move(after_piece));
}

SegmentWriter::SegmentWriter(std::unique_ptr<File> file, const SegmentHeader& header,
                             AfterPiece after_piece)
    : file_(std::move(file)),
      after_piece_(std::move(after_piece)),
      buffer_(EncodeSegmentHeader(header)) {
  footer_.header = header;
}

void SegmentWriter::Begin(StreamId id, Offset base) {
  THALWEG_ASSERT(run_.id == StreamId{});
  THALWEG_ASSERT(streams_.empty() || streams_.back() < id);
  streams_.push_back(id);
  run_ = {.id = id, .base = base, .position = position()};
}

DiskResult<void> SegmentWriter::Append(std::string_view bytes, std::span<const uint32_t> ends) {
  THALWEG_ASSERT(run_.id != StreamId{});
  THALWEG_ASSERT(ends.empty() ? bytes.empty() : ends.back() == bytes.size());
  uint32_t begin = 0;
  for (const uint32_t end : ends) {
    if (const auto put = AppendOne(bytes.substr(begin, end - begin)); !put) return put;
    begin = end;
  }
  return {};
}

DiskResult<void> SegmentWriter::AppendOne(std::string_view bytes) {
  THALWEG_ASSERT(!bytes.empty());
  const bool is_full =
      bytes.size() > kSegmentRunBytesMax - std::min<size_t>(kSegmentRunBytesMax, run_.bytes) ||
      run_.appends == kSegmentRunAppendsMax;
  if (run_.appends != 0 && is_full) {
    const SegmentRun before = run_;
    if (const auto ended = EndRun({}); !ended) return ended;
    run_ = {.id = before.id, .base = before.end(), .position = position()};
  }
  for (std::string_view rest = bytes; !rest.empty();) {
    const size_t in_block = run_.bytes % kSegmentBlockBytes;
    if (in_block == 0) tables_.block_crcs.push_back(0);
    const std::string_view piece = rest.substr(0, kSegmentBlockBytes - in_block);
    tables_.block_crcs.back() = Crc32c(piece, tables_.block_crcs.back());
    run_.bytes += static_cast<uint32_t>(piece.size());
    rest.remove_prefix(piece.size());
  }
  ++run_.appends;
  tables_.ends.push_back(run_.bytes);
  footer_.data_bytes += bytes.size();
  return Put(bytes);
}

DiskResult<void> SegmentWriter::End(std::string_view state) {
  THALWEG_ASSERT(run_.id != StreamId{} && !state.empty());
  return EndRun(state);
}

DiskResult<void> SegmentWriter::EndRun(std::string_view state) {
  tables_.state = state;
  run_.state_bytes = static_cast<uint32_t>(state.size());
  std::string encoded;
  EncodeRunTables(tables_, encoded);
  run_.tables_crc = Crc32c(encoded);
  page_.push_back(std::exchange(run_, SegmentRun{}));
  ++footer_.runs;
  tables_.block_crcs.clear();
  tables_.ends.clear();
  if (const auto put = Put(encoded); !put) return put;
  return page_.size() == kSegmentRunsPerPage ? EndPage() : DiskResult<void>();
}

DiskResult<void> SegmentWriter::EndPage() {
  fence_.push_back({.id = page_.front().id, .base = page_.front().base, .page_at = position()});
  const auto put = Put(EncodeSegmentPage(page_));
  page_.clear();
  return put;
}

DiskResult<SegmentFooter> SegmentWriter::Finish() {
  THALWEG_ASSERT(run_.id == StreamId{});
  if (!page_.empty()) {
    if (const auto ended = EndPage(); !ended) return std::unexpected(ended.error());
  }
  const std::string filter = BuildStreamFilter(streams_);
  const std::string fence = EncodeSegmentFence(fence_);
  footer_.streams = streams_.size();
  footer_.filter_at = position();
  footer_.filter_bytes = static_cast<uint32_t>(filter.size());
  footer_.filter_crc = Crc32c(filter);
  footer_.fence_posts = static_cast<uint32_t>(fence_.size());
  footer_.fence_crc = Crc32c(fence);
  for (const std::string& part : {filter, fence, EncodeSegmentFooter(footer_)}) {
    if (const auto put = Put(part); !put) return std::unexpected(put.error());
  }
  const auto rest = file_->WriteAt(written_, buffer_);
  if (!rest) return std::unexpected(rest.error());
  if (const auto synced = file_->Sync(); !synced) return std::unexpected(synced.error());
  THALWEG_ASSERT(position() == footer_.file_bytes());
  return footer_;
}

DiskResult<void> SegmentWriter::Put(std::string_view bytes) {
  while (buffer_.size() + bytes.size() >= piece_bytes_) {
    const size_t missing = piece_bytes_ - buffer_.size();
    buffer_.append(bytes.substr(0, missing));
    bytes.remove_prefix(missing);
    if (const auto written = WritePiece(); !written) return written;
  }
  buffer_.append(bytes);
  return {};
}

DiskResult<void> SegmentWriter::WritePiece() {
  DiskResult<void> out;
  if (piece_bytes_ >= kPieceBytesInHurry) {
    out = file_->WriteOutPastCache(written_, buffer_);
  } else {
    out = file_->WriteAt(written_, buffer_);
    if (out) out = file_->WriteOut(written_, buffer_.size());
  }
  if (!out) return out;
  written_ += buffer_.size();
  buffer_.clear();
  if (after_piece_) piece_bytes_ = after_piece_();
  return {};
}

}  // namespace thalweg
