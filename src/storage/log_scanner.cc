#include "storage/log_scanner.h"

#include <algorithm>

namespace thalweg {
namespace {

constexpr size_t kReadBytes = 1u << 20;

}  // namespace

LogScanner::LogScanner(const File& file, uint64_t size, const LogFileHeader& header)
    : file_(file), size_(size), salt_(header.salt) {}

DiskResult<std::optional<LogScanner::Block>> LogScanner::Next() {
  DiskResult<std::optional<Block>> block = BlockAt(position_);
  if (block && *block) position_ += LogBlockBytes((*block)->head.payload_bytes);
  return block;
}

DiskResult<std::optional<LogSeal>> LogScanner::Seal(uint32_t crc_before) {
  const DiskResult<std::string_view> bytes = Window(position_, kLogSealBytes);
  if (!bytes) return std::unexpected(bytes.error());
  const std::optional<LogSeal> seal = DecodeLogSeal(*bytes);
  if (!seal || seal->salt != salt_ || seal->crc_before != crc_before) return std::nullopt;
  return seal;
}

DiskResult<std::optional<Lsn>> LogScanner::FindLater() {
  for (uint64_t at = position_ + kLogPageBytes; at < size_; at += kLogPageBytes) {
    const DiskResult<std::optional<Block>> block = BlockAt(at);
    if (!block) return std::unexpected(block.error());
    if (*block) return (*block)->head.first;
  }
  return std::nullopt;
}

DiskResult<Lsn> LogScanner::FindDurable() {
  Lsn durable;
  const DiskResult<std::string_view> head = Window(kLogPageBytes, kLogBlockHeadBytes);
  if (!head) return std::unexpected(head.error());
  if (head->find_first_not_of('\0') == std::string_view::npos) return durable;
  const std::optional<LogBlockHead> first = DecodeLogBlockHead(*head, salt_);
  for (uint64_t at = kLogPageBytes; at < size_; at += kLogPageBytes) {
    const DiskResult<std::optional<Block>> block = BlockAt(at);
    if (!block) return std::unexpected(block.error());
    if (!*block || (first && (*block)->head.salt != first->salt)) continue;
    durable = std::max(durable, (*block)->head.durable);
  }
  return durable;
}

DiskResult<bool> LogScanner::IsTorn() {
  const DiskResult<std::string_view> head = Window(position_, kLogBlockHeadBytes);
  if (!head) return std::unexpected(head.error());
  return DecodeLogBlockHead(*head, salt_).has_value();
}

DiskResult<std::optional<LogScanner::Block>> LogScanner::BlockAt(uint64_t position) {
  DiskResult<std::string_view> bytes = Window(position, kLogBlockHeadBytes);
  if (!bytes) return std::unexpected(bytes.error());
  const std::optional<LogBlockHead> head = DecodeLogBlockHead(*bytes, salt_);
  if (!head) return std::nullopt;
  const size_t block_bytes = kLogBlockHeadBytes + head->payload_bytes;
  if (block_bytes > size_ - position) return std::nullopt;
  bytes = Window(position, block_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() < block_bytes) return std::nullopt;
  const std::optional<uint32_t> crc = LogBlockCrc(*bytes, *head);
  if (!crc) return std::nullopt;
  return Block{*head, *crc, bytes->substr(kLogBlockHeadBytes)};
}

DiskResult<std::string_view> LogScanner::Window(uint64_t position, size_t bytes) {
  const auto in_window = [&] {
    return position >= window_at_ && position + bytes <= window_at_ + window_.size();
  };
  if (!in_window()) {
    if (position >= size_) return std::string_view();
    window_.resize(std::min<uint64_t>(std::max(bytes, kReadBytes), size_ - position));
    window_at_ = position;
    const DiskResult<size_t> got = file_.ReadAt(position, window_);
    if (!got) return std::unexpected(got.error());
    window_.resize(*got);
  }
  return std::string_view(window_).substr(position - window_at_, bytes);
}

DiskResult<LogHeaderResult> ReadLogFileHeader(const File& file) {
  std::string page(kLogPageBytes, '\0');
  const DiskResult<size_t> got = file.ReadAt(0, page);
  if (!got) return std::unexpected(got.error());
  return DecodeLogFileHeader(std::string_view(page).substr(0, *got));
}

}  // namespace thalweg
