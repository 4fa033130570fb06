// Crosses threads: see the header.
#include "storage/local_log.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "storage/log_format.h"

namespace thalweg {
namespace {

// A batch's memory beyond this goes back to the system.
constexpr size_t kKeptBytes = 8u << 20;

void Clear(std::string& block) {
  if (block.capacity() > kKeptBytes) block = std::string();
  block.assign(kLogBlockHeadBytes, '\0');
}

// Where nobody else changes it: without a locked instruction.
void AddTo(std::atomic<uint64_t>& count, uint64_t bytes) {
  count.store(count.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

// Where the file ends behind its last block (a copy's, or of a program that does not seal) it
// grows. On a full disk it goes without: that is no reason to refuse what has its space.
DiskResult<void> PutSeal(File& file, uint64_t at, const LogSeal& seal) {
  const auto put = file.WriteAndSync(at, EncodeLogSeal(seal));
  return !put && IsShortage(put.error().code) ? DiskResult<void>() : put;
}

}  // namespace

LocalLog::LocalLog(Disk& disk, LocalLogOptions options)
    : disk_(disk), options_(std::move(options)), supply_(disk, options_) {
  Clear(staged_.block);
  Clear(writing_.block);
}

LocalLog::~LocalLog() = default;

StorageResult<LogRecoveryReport> LocalLog::Recover(Lsn checkpoint, const LogReplay& replay) {
  const auto content = ReadLog(disk_, options_.folder, options_.directory, checkpoint, replay);
  if (!content) return std::unexpected(content.error());
  if (const auto repaired = Repair(*content); !repaired) return std::unexpected(repaired.error());
  LogRecoveryReport report{.files = content->files.size(),
                           .bytes_read = content->bytes_read,
                           .last = content->last,
                           .cut = content->torn,
                           .cut_at = content->end,
                           .cut_file = {}};
  if (content->torn) report.cut_file = PathOf(content->files.back().number);
  return report;
}

// Cuts what is unfinished, and syncs what was found: a read may have seen it in the page cache
// only.
StorageResult<void> LocalLog::Repair(const LogContent& content) {
  if (const auto kept = supply_.KeepSpares(content); !kept) return DiskFault(kept.error());
  if (const auto sealed = SealBefore(content); !sealed) return DiskFault(sealed.error());
  crc_last_ = content.crc_last;
  last_staged_ = last_written_ = content.last;
  durable_.store(content.last.value, std::memory_order_release);
  files_.assign(content.files.begin(), content.files.end());
  if (content.files.empty()) return {};

  const uint64_t number = content.files.back().number;
  auto file = disk_.Open(PathOf(number), Disk::Mode::kReadWrite);
  if (!file) return DiskFault(file.error());
  const auto size = (*file)->Size();
  if (!size) return DiskFault(size.error());
  current_ = {std::move(*file), number, content.salt, *size};
  end_ = content.end;
  if (content.torn) {
    const std::string zeros(std::min<uint64_t>(kLogPageBytes, *size - end_), '\0');
    if (const auto cut = current_.file->WriteAt(end_, zeros); !cut) return DiskFault(cut.error());
  }
  if (const auto synced = current_.file->Sync(); !synced) return DiskFault(synced.error());
  return {};
}

// A crash came before the last file but one was sealed, or it was written by a program that does
// not seal.
DiskResult<void> LocalLog::SealBefore(const LogContent& content) {
  if (!content.unsealed) return {};
  const LogContent::Unsealed& before = *content.unsealed;
  const auto file = disk_.Open(PathOf(before.number), Disk::Mode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  return PutSeal(**file, before.end, before.seal);
}

void LocalLog::Attach(CommitListener* listener) {
  std::lock_guard lock(listener_mutex_);
  listener_ = listener;
}

Lsn LocalLog::Stage(const Record& record) {
  std::lock_guard lock(staging_mutex_);
  if (failed()) return Lsn{++last_staged_.value};
  if (staged_.block.size() >= options_.batch_bytes_max) {
    filled_.push_back(std::exchange(staged_, Staged{}));
    Clear(staged_.block);
  }
  std::string& block = staged_.block;
  const size_t length_at = block.size();
  block.append(kLogRecordHeadBytes, '\0');
  EncodeRecord(record, block);
  SetLogRecordLength(block, length_at);
  THALWEG_ASSERT(block.size() <= kLogPayloadBytesMax);
  ++staged_.records;
  AddTo(staged_bytes_, block.size() - length_at);
  return Lsn{++last_staged_.value};
}

Lsn LocalLog::staged() {
  std::lock_guard lock(staging_mutex_);
  return last_staged_;
}

bool LocalLog::WaitForStaged(std::stop_token stop) {
  if (writing_.records != 0) return true;
  std::unique_lock lock(staging_mutex_);
  staged_something_.wait(lock, stop, [this] { return staged_.records != 0; });
  return staged_.records != 0;
}

void LocalLog::TakeStaged() {
  std::lock_guard lock(staging_mutex_);
  if (filled_.empty()) return std::swap(staged_, writing_);
  writing_ = std::move(filled_.front());
  filled_.pop_front();
}

DiskResult<void> LocalLog::Commit() {
  THALWEG_ASSERT(!failed());
  if (writing_.records == 0) TakeStaged();
  if (writing_.records == 0) return {};
  const size_t payload_bytes = writing_.block.size() - kLogBlockHeadBytes;
  const auto room = MakeRoom(LogBlockBytes(payload_bytes));
  const bool is_shortage = !room && IsShortage(room.error().code);
  has_room_for_batch_.store(!is_shortage, std::memory_order_relaxed);
  if (!room) return is_shortage ? room : Fail(room.error());
  if (const auto written = WriteBlock(); !written) return Fail(written.error());
  writing_.records = 0;
  Clear(writing_.block);
  durable_.store(last_written_.value, std::memory_order_release);
  std::lock_guard lock(listener_mutex_);
  if (listener_ != nullptr) listener_->OnDurable(last_written_);
  return {};
}

// Makes the current file one that has room for a block of this size behind end_.
DiskResult<void> LocalLog::MakeRoom(size_t block_bytes) {
  const uint64_t seal_at = end_ + block_bytes;
  if (current_.file != nullptr && seal_at + kLogPageBytes <= current_.size) return {};
  auto next = supply_.Take(kLogPageBytes + block_bytes + kLogPageBytes);
  if (!next) return std::unexpected(next.error());
  if (current_.file != nullptr) {
    left_ = {std::move(current_.file), current_.salt, end_, crc_last_};
  }
  current_ = std::move(*next);
  end_ = 0;
  return {};
}

DiskResult<void> LocalLog::WriteBlock() {
  std::string& block = writing_.block;
  const LogBlockHead head{
      .salt = current_.salt,
      .payload_bytes = static_cast<uint32_t>(block.size() - kLogBlockHeadBytes),
      .record_count = writing_.records,
      .first = {last_written_.value + 1},
      .durable = last_written_,
      .crc_before = crc_last_,
  };
  const uint32_t crc = SealLogBlock(head, block);
  const bool begins_file = end_ == 0;
  if (begins_file) {
    block.insert(0, EncodeLogFileHeader({.directory = options_.directory,
                                         .number = current_.number,
                                         .salt = current_.salt,
                                         .first = head.first,
                                         .crc_before = crc_last_}));
  }
  if (const auto written = current_.file->WriteAndSync(end_, block); !written) return written;
  if (const auto sealed = SealLeft(head.first); !sealed) return sealed;
  end_ += block.size();
  AddTo(framing_bytes_, block.size() - head.payload_bytes);
  crc_last_ = crc;
  last_written_ = head.last();
  if (begins_file) {
    std::lock_guard lock(files_mutex_);
    files_.push_back({current_.number, head.first, current_.size});
  }
  return {};
}

// Before anybody hears of what the current file has: from here on it must be there.
DiskResult<void> LocalLog::SealLeft(Lsn first) {
  if (left_.file == nullptr) return {};
  const Left left = std::exchange(left_, Left{});
  const LogSeal seal{
      .salt = left.salt, .next = current_.number, .first = first, .crc_before = left.crc_last};
  return PutSeal(*left.file, left.end, seal);
}

DiskResult<void> LocalLog::Fail(DiskError error) {
  failed_.store(true, std::memory_order_release);
  return std::unexpected(std::move(error));
}

DiskResult<void> LocalLog::Trim(Lsn checkpoint) {
  for (;;) {
    LogContent::FileInfo oldest;
    {
      std::lock_guard lock(files_mutex_);
      if (files_.size() < 2 || files_[1].first.value > checkpoint.value + 1) return {};
      oldest = files_.front();
    }
    if (const auto retired = supply_.Retire(oldest); !retired) return retired;
    std::lock_guard lock(files_mutex_);
    files_.pop_front();
  }
}

std::string LocalLog::PathOf(uint64_t number) const {
  return options_.folder + "/" + LogFileName(number);
}

}  // namespace thalweg
