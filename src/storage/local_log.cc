// Crosses threads: see the header.
#include "storage/local_log.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "storage/directory.h"
#include "storage/disk_error.h"

namespace thalweg {
namespace {

constexpr uint64_t kLogFileBytesMin = 3 * kLogPageBytes;  // its header, a block, its seal

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

DiskResult<void> MakeSpare(Directory& folder, uint64_t number) {
  return folder.RenameInto(folder, LogFileName(number), LogSpareName(number));
}

// Undoes a MakeSpare that failed. The file may have its new name already, and after a power cut the
// old one all the same: what is made sure is the old one.
DiskResult<void> UnmakeSpare(Directory& folder, uint64_t number) {
  const auto renamed = folder.RenameInto(folder, LogSpareName(number), LogFileName(number));
  return !renamed && renamed.error().code == ENOENT ? DiskResult<void>() : renamed;
}

// What is left of a spare for want of space stands in nobody's way, and the next start sees to it.
DiskResult<void> DropSpare(Directory& folder, uint64_t number) {
  const auto removed = folder.Remove(LogSpareName(number));
  return !removed && IsShortage(removed.error().code) ? DiskResult<void>() : removed;
}

// Where the file ends behind its last block (a copy's, or of a program that does not seal) it
// grows. On a full disk it goes without: that is no reason to refuse what has its space.
DiskResult<void> PutSeal(File& file, uint64_t at, const LogSeal& seal) {
  const auto put = file.WriteAndSync(at, EncodeLogSeal(seal));
  return !put && IsShortage(put.error().code) ? DiskResult<void>() : put;
}

}  // namespace

LocalLog::LocalLog(Disk& disk, LocalLogOptions options)
    : disk_(disk), options_(std::move(options)) {
  THALWEG_ASSERT(options_.file_bytes >= kLogFileBytesMin);
  THALWEG_ASSERT(options_.file_bytes % kLogPageBytes == 0);
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
  if (const auto kept = KeepSpares(content); !kept) return DiskFault(kept.error());
  if (const auto sealed = SealBefore(content); !sealed) return DiskFault(sealed.error());
  crc_last_ = content.crc_last;
  last_staged_ = last_written_ = content.last;
  durable_.store(content.last.value, std::memory_order_release);
  files_.assign(content.files.begin(), content.files.end());
  if (content.files.empty()) return {};

  const uint64_t number = content.files.back().number;
  number_last_ = std::max(number_last_, number);
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

// Files that were made ahead wait with the spares, or go where there is no space for that. A number
// is used once, also theirs.
DiskResult<void> LocalLog::KeepSpares(const LogContent& content) {
  std::lock_guard lock(next_mutex_);
  Directory folder(disk_, options_.folder);
  // Who made them may have ended before their names were on the disk. After a power cut each would
  // be a file of the log again, with what was written to it since.
  const auto named =
      content.spares.empty() ? DiskResult<void>() : disk_.SyncDirectory(options_.folder);
  if (!named && !IsShortage(named.error().code)) return named;
  std::vector<uint64_t> numbers = content.spares;
  for (const uint64_t number : content.blank) {
    number_last_ = std::max(number_last_, number);
    auto done = MakeSpare(folder, number);
    if (done) {
      numbers.push_back(number);
    } else if (IsShortage(done.error().code)) {
      done = UnmakeSpare(folder, number);
      if (done) done = folder.Remove(LogFileName(number));
    }
    if (!done) return done;
  }
  for (const uint64_t number : numbers) {
    number_last_ = std::max(number_last_, number);
    if (named && spares_.size() < options_.spares_max && IsSpare(folder, LogSpareName(number))) {
      spares_.push_back(number);
    } else if (const auto removed = DropSpare(folder, number); !removed) {
      return removed;
    }
  }
  return {};
}

// A crash may have come before the file had all of its space. One that gives trouble is none:
// nothing is lost with it.
bool LocalLog::IsSpare(Directory& folder, const std::string& name) const {
  const auto file = folder.Open(name, Disk::Mode::kReadWrite);
  if (!file) return false;
  const auto size = (*file)->Size();
  if (!size || *size != options_.file_bytes) return false;
  return (*file)->Allocate(options_.file_bytes) && (*file)->Sync();
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
  next_awaited_.store(true, std::memory_order_relaxed);
  const auto prepared = PrepareNext();
  next_awaited_.store(false, std::memory_order_relaxed);
  if (!prepared) return prepared;
  const auto is_room_known = TakeNext(kLogPageBytes + block_bytes + kLogPageBytes);
  if (!is_room_known) return std::unexpected(is_room_known.error());
  // Before anybody hears of this batch it is known whether there is room behind this file: who is
  // late to allocate it is too late to refuse what would have to wait for it. Another error than a
  // full disk comes again when the file is needed.
  if (!*is_room_known) static_cast<void>(PrepareNext());
  return {};
}

// True: a spare waits to be the file after it.
DiskResult<bool> LocalLog::TakeNext(uint64_t bytes) {
  std::lock_guard lock(next_mutex_);
  if (next_.size < bytes) {
    if (const auto longer = LengthenNext(bytes); !longer) {
      has_room_.store(!IsShortage(longer.error().code), std::memory_order_relaxed);
      return std::unexpected(longer.error());
    }
  }
  if (current_.file != nullptr) {
    left_ = {std::move(current_.file), current_.salt, end_, crc_last_};
  }
  current_ = std::exchange(next_, OpenFile{});
  next_prepared_.store(false, std::memory_order_release);
  end_ = 0;
  if (spares_.empty()) return false;
  has_room_.store(true, std::memory_order_relaxed);
  return true;
}

// The space of the spares may be all that is missing, and no checkpoint gives it up that waits for
// this batch. One that cannot be removed is tried again with the batch. REQUIRES: next_mutex_ is
// held.
DiskResult<void> LocalLog::LengthenNext(uint64_t bytes) {
  auto longer = next_.file->Allocate(bytes);
  if (!longer && IsShortage(longer.error().code) && !spares_.empty()) {
    Directory folder(disk_, options_.folder);
    static_cast<void>(RemoveAllSpares(folder));
    longer = next_.file->Allocate(bytes);
  }
  if (longer) next_.size = bytes;
  return longer;
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

DiskResult<void> LocalLog::PrepareNext(const std::function<void()>& rest) {
  std::lock_guard lock(next_mutex_);
  if (next_.file != nullptr) return {};
  const bool may_wait = spares_.empty() && !next_awaited_.load(std::memory_order_relaxed);
  if (may_wait && leaves_space_.load(std::memory_order_relaxed)) {
    has_room_.store(false, std::memory_order_relaxed);
    return DiskFailure(ENOSPC, "allocate another file in " + options_.folder +
                                   ", which leaves the space to a checkpoint");
  }
  auto made = MakeFile(options_.file_bytes, rest);
  const bool is_shortage = !made && IsShortage(made.error().code);
  has_room_.store(!is_shortage, std::memory_order_relaxed);
  // The checkpoint that would make the log shorter may wait for the same batch, and so may whoever
  // deletes: it gets a file of its own, as long as there is space for that.
  if (is_shortage && next_awaited_.load(std::memory_order_relaxed)) {
    made = MakeFile(kLogFileBytesMin, rest);
  }
  if (!made) return std::unexpected(made.error());
  next_ = std::move(*made);
  number_last_ = next_.number;
  next_prepared_.store(true, std::memory_order_release);
  return {};
}

// REQUIRES: next_mutex_ is held.
DiskResult<LocalLog::OpenFile> LocalLog::MakeFile(uint64_t bytes,
                                                  const std::function<void()>& rest) {
  Directory folder(disk_, options_.folder);
  if (const auto removed = RemoveLeftover(folder); !removed) {
    return std::unexpected(removed.error());
  }
  const uint64_t number = number_last_ + 1;
  const std::string name = LogFileName(number);
  if (!spares_.empty()) bytes = options_.file_bytes;
  auto file = spares_.empty() ? CreateFile(folder, name, bytes) : UseSpare(folder, name, rest);
  if (file) return OpenFile{std::move(*file), number, SaltOf(number), bytes};
  ++number_last_;  // a name is used once
  if (const auto removed = folder.RemoveIfThere(name); !removed) leftover_ = number;
  return std::unexpected(file.error());
}

DiskResult<std::unique_ptr<File>> LocalLog::CreateFile(Directory& folder, const std::string& name,
                                                       uint64_t bytes) {
  auto file = folder.Create(name);
  if (!file) return file;
  auto made = (*file)->Allocate(bytes);
  if (made) made = (*file)->Sync();  // its size, away from the first commit's path
  if (!made) return std::unexpected(made.error());
  return file;
}

// The spare looks like a file that was allocated before it has the name of one. Where that fails it
// is no spare any more: after a failed sync it must not be written to.
DiskResult<std::unique_ptr<File>> LocalLog::UseSpare(Directory& folder, const std::string& name,
                                                     const std::function<void()>& rest) {
  const std::string spare = LogSpareName(spares_.front());
  auto file = folder.Open(spare, Disk::Mode::kReadWrite);
  if (!file && IsShortage(file.error().code)) return file;  // it was not touched
  spares_.pop_front();
  if (!file) return file;
  auto made = (*file)->WriteAt(0, std::string(kLogFrontBytes, '\0'));
  if (made) made = (*file)->Sync();
  if (made) {
    // Old pages in large pieces would count as written whole whenever a commit writes one page.
    (*file)->DropCache([&] {
      if (rest && !next_awaited_.load(std::memory_order_relaxed)) rest();
    });
    made = folder.RenameInto(folder, spare, name);
  }
  if (made) return file;
  [[maybe_unused]] const auto removed = folder.Remove(spare);
  return std::unexpected(made.error());
}

// A file without records must not stand before one with records: a start would miss its header. One
// that is not there by now is made anew, for then the sync of its removal has failed, and a sync
// that is only repeated proves nothing.
DiskResult<void> LocalLog::RemoveLeftover(Directory& folder) {
  if (!leftover_) return {};
  const std::string name = LogFileName(*leftover_);
  auto removed = folder.Remove(name);
  if (!removed && removed.error().code == ENOENT) {
    const auto anew = folder.Create(name);
    removed = anew ? folder.Remove(name) : std::unexpected(anew.error());
  }
  if (removed) leftover_.reset();
  return removed;
}

DiskResult<void> LocalLog::Trim(Lsn checkpoint) {
  Directory folder(disk_, options_.folder);
  for (;;) {
    LogContent::FileInfo oldest;
    {
      std::lock_guard lock(files_mutex_);
      if (files_.size() < 2 || files_[1].first.value > checkpoint.value + 1) return {};
      oldest = files_.front();
    }
    if (const auto retired = Retire(folder, oldest); !retired) return retired;
    std::lock_guard lock(files_mutex_);
    files_.pop_front();
  }
}

// A file that is longer than others, or was made for another length, is no spare. It gets the name
// of one all the same before it goes: that can be tried again, for while a file has a name, a
// change of it whose sync failed can be made anew.
DiskResult<void> LocalLog::Retire(Directory& folder, const LogContent::FileInfo& trimmed) {
  auto done = MakeSpare(folder, trimmed.number);
  if (!done && done.error().code == ENOENT) {
    done = UnmakeSpare(folder, trimmed.number);
    if (done) done = MakeSpare(folder, trimmed.number);
  }
  if (!done) return done;
  {
    std::lock_guard lock(next_mutex_);
    if (trimmed.size == options_.file_bytes && spares_.size() < options_.spares_max) {
      spares_.push_back(trimmed.number);
      return {};
    }
  }
  return DropSpare(folder, trimmed.number);
}

DiskResult<void> LocalLog::RemoveSpares() {
  Directory folder(disk_, options_.folder);
  std::lock_guard lock(next_mutex_);
  return RemoveAllSpares(folder);
}

// A try that failed may have got as far as a file and not as far as the directory's sync. REQUIRES:
// next_mutex_ is held.
DiskResult<void> LocalLog::RemoveAllSpares(Directory& folder) {
  for (; !spares_.empty(); spares_.pop_front()) {
    if (const auto removed = folder.RemoveIfThere(LogSpareName(spares_.front())); !removed) {
      return removed;
    }
  }
  return {};
}

std::string LocalLog::PathOf(uint64_t number) const {
  return options_.folder + "/" + LogFileName(number);
}

// splitmix64: distinct for every number of a seed.
uint64_t LocalLog::SaltOf(uint64_t number) const {
  uint64_t z = options_.salt_seed + number * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace thalweg
