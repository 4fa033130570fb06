// Crosses threads: see the header.
#include "storage/local_log.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"
#include "storage/folder_names.h"
#include "storage/log_format.h"
#include "storage/loop_committer.h"
#include "thalweg/clock.h"

namespace thalweg {
namespace {

// A batch's memory beyond this goes back to the system.
constexpr size_t kKeptBytes = 8u << 20;

// A record of more has its room in the batch at once, and is refused where the disk has none.
constexpr size_t kLongBytes = 64u << 10;

// What a batch takes besides its records, and what is to be left for records without bytes.
constexpr size_t kAroundBytes = 16 * kLogPageBytes;

// How long others wait for a loop that has the log; then it is the thread's.
constexpr std::chrono::milliseconds kLoopMax{10};

void Clear(std::string& block) {
  if (block.capacity() > kKeptBytes) std::string().swap(block);  // assigned, it keeps its memory
  block.assign(kLogBlockHeadBytes, '\0');
}

// What a record holds that may be long.
size_t LongBytes(const Record& record) {
  if (const auto* append = std::get_if<AppendRecord>(&record)) return append->data.size();
  const auto* create = std::get_if<CreateRecord>(&record);
  return create == nullptr ? 0 : create->prefix.size() + create->data.size();
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
  const auto content = ReadLog(disk_, options_.directory, checkpoint, replay);
  if (!content) return std::unexpected(content.error());
  if (const auto repaired = Repair(*content); !repaired) return std::unexpected(repaired.error());
  LogRecoveryReport report{.files = content->files.size(),
                           .bytes_read = content->bytes_read,
                           .last = content->last,
                           .cut = content->torn,
                           .cut_at = content->end,
                           .cut_file = {}};
  if (content->torn) report.cut_file = LogFilePath(content->files.back().number);
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
  auto file = disk_.Open(LogFilePath(number), Disk::Mode::kReadWrite);
  if (!file) return DiskFault(file.error());
  const auto size = (*file)->Size();
  if (!size) return DiskFault(size.error());
  current_ = {std::move(*file), number, content.salt, *size};
  end_ = content.end;
  if (const auto kept = KeepSpace(); !kept) return DiskFault(kept.error());
  NoteRest();
  if (content.torn) {
    const std::string zeros(std::min<uint64_t>(kLogPageBytes, current_.size - end_), '\0');
    if (const auto cut = current_.file->WriteAt(end_, zeros); !cut) return DiskFault(cut.error());
  }
  if (const auto synced = current_.file->Sync(); !synced) return DiskFault(synced.error());
  return {};
}

// Where the current file was copied, what nothing was written to yet may be a hole, and the disk
// have no space for it: then the file ends behind a page for its seal, which gives back what it
// got, and the log goes on in the next one.
DiskResult<void> LocalLog::KeepSpace() {
  auto done = current_.file->Allocate(current_.size);
  if (done || !IsShortage(done.error().code)) return done;
  current_.size = std::min(current_.size, end_ + kLogPageBytes);
  done = current_.file->Truncate(current_.size);
  return !done && IsShortage(done.error().code) ? DiskResult<void>() : done;
}

// A crash came before the last file but one was sealed, or it was written by a program that does
// not seal.
DiskResult<void> LocalLog::SealBefore(const LogContent& content) {
  if (!content.unsealed) return {};
  const LogContent::Unsealed& before = *content.unsealed;
  const auto file = disk_.Open(LogFilePath(before.number), Disk::Mode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  return PutSeal(**file, before.end, before.seal);
}

void LocalLog::Attach(CommitListener* listener) {
  std::lock_guard lock(listener_mutex_);
  listener_ = listener;
}

// What is held ready takes the short ones: who allocates ahead is not so late. Of what a long one
// needs beyond that the file system tells: twice, for a checkpoint writes it once more before the
// log gives it up, and what is free then must not be what the log still needs.
bool LocalLog::HasRoomFor(size_t bytes) const {
  if (!HasRoom()) return false;
  if (bytes <= kLongBytes) return true;
  const uint64_t written_bytes = written_bytes_.value();
  const uint64_t staged_bytes = std::max(staged_bytes_.value(), written_bytes);
  const uint64_t all_bytes = staged_bytes - written_bytes + coming_bytes_.load() + bytes;
  const uint64_t needed_bytes = all_bytes + kAroundBytes;
  if (needed_bytes <= rest_bytes_.load(std::memory_order_relaxed)) return true;
  if (needed_bytes <= supply_.next_bytes()) return true;
  const auto free_bytes = disk_.FreeBytes(kLogFolder);
  if (!free_bytes || needed_bytes + all_bytes <= supply_.SpaceWith(*free_bytes)) return true;
  refused_.store(true, std::memory_order_relaxed);
  return false;
}

Lsn LocalLog::Stage(const Record& record) noexcept {
  const size_t long_bytes = LongBytes(record) > kLongBytes ? LongBytes(record) : 0;
  if (long_bytes != 0) coming_bytes_.fetch_add(long_bytes);
  const Lsn lsn = StageOneByOne(record, long_bytes);
  if (long_bytes != 0) coming_bytes_.fetch_sub(long_bytes);
  return lsn;
}

Lsn LocalLog::StageOneByOne(const Record& record, size_t long_bytes) noexcept {
  std::lock_guard lock(staging_mutex_);
  if (failed()) return Lsn{++last_staged_.value};
  if (staged_.block.size() >= options_.batch_bytes_max) {
    filled_.push_back(std::exchange(staged_, Staged{}));
    Clear(staged_.block);
  }
  std::string& block = staged_.block;
  const size_t length_at = block.size();
  // With what fills the last page: to grow for that alone would copy all of it.
  if (long_bytes != 0) block.reserve(length_at + long_bytes + 2 * kLogPageBytes);
  block.append(kLogRecordHeadBytes, '\0');
  EncodeRecord(record, block);
  SetLogRecordLength(block, length_at);
  THALWEG_ASSERT(block.size() <= kLogPayloadBytesMax);
  ++staged_.records;
  staged_bytes_.Add(block.size() - length_at);
  return Lsn{++last_staged_.value};
}

Lsn LocalLog::staged() const {
  std::lock_guard lock(staging_mutex_);
  return last_staged_;
}

std::unique_ptr<CommitStarter> LocalLog::StarterOn(Executor& executor) {
  return LoopCommitter::Make(*this, executor);
}

void LocalLog::StartCommit() {
  std::lock_guard lock(staging_mutex_);
  if (committer_ == Committer::kNobody && staged_.records != 0) GiveToThread();
  if (committer_ == Committer::kLoop) WatchLoops();
}

// REQUIRES: staging_mutex_ is held.
void LocalLog::GiveToThread() {
  committer_ = Committer::kThread;
  thread_is_due_.notify_one();
}

// Somebody waits for a loop, which may be long in a turn. REQUIRES: staging_mutex_ is held.
void LocalLog::WatchLoops() {
  waited_for_ = last_staged_;
  if (std::exchange(is_watching_, true)) return;
  watched_ = waited_for_;
  thread_is_due_.notify_one();
}

bool LocalLog::WaitForStaged(std::stop_token stop) {
  std::unique_lock lock(staging_mutex_);
  const auto is_due = [this] { return committer_ == Committer::kThread; };
  while (thread_is_due_.wait(lock, stop, [&] { return is_due() || is_watching_; })) {
    if (is_due() || thread_is_due_.wait_for(lock, stop, kLoopMax, is_due)) return true;
    if (durable() < watched_) GiveToThreadUntil(watched_);
    // Who has come meanwhile has waited less. At the end nothing waits, and this would be a spin.
    is_watching_ = !stop.stop_requested() && durable() < waited_for_;
    watched_ = waited_for_;
  }
  return staged_.records != 0;
}

// Whether there is something to commit: then it is in writing_, and `by` commits it. There is one
// thread, and a loop does not know which one commits. In a pause of the loops nothing is taken: the
// thread takes what comes until it has woken, too.
bool LocalLog::Take(Committer by) {
  std::lock_guard lock(staging_mutex_);
  const bool is_threads = by == Committer::kThread && committer_ == Committer::kThread;
  if (committer_ != Committer::kNobody && !is_threads) {
    if (committer_ == Committer::kLoop) WatchLoops();
    return false;
  }
  if (by == Committer::kLoop && pause_.is_on(NowUs() / 1000)) {
    if (staged_.records != 0) GiveToThread();
    return false;
  }
  if (writing_.records == 0 && !filled_.empty()) {
    writing_ = std::move(filled_.front());
    filled_.pop_front();
  } else if (writing_.records == 0) {
    std::swap(staged_, writing_);
  }
  committer_ = writing_.records == 0 ? Committer::kNobody : by;
  return writing_.records != 0;
}

// Whether something was staged meanwhile that the caller, a loop, is to see to. The thread goes on
// where somebody sleeps until it has, where no loop can write so much, and where none is to.
bool LocalLog::Release() {
  std::lock_guard lock(staging_mutex_);
  const bool more_is_staged = staged_.records != 0;
  const bool is_long = !filled_.empty() || staged_.block.size() > AsyncWriter::kBytesMax;
  const bool is_threads = last_written_ < thread_until_ || is_long || loops_.empty();
  if (more_is_staged && (is_threads || pause_.is_on(NowUs() / 1000))) {
    GiveToThread();
    return false;
  }
  if (more_is_staged && committer_ == Committer::kThread) {
    eventfd_write(loops_.front(), 1);
    WatchLoops();
  }
  committer_ = Committer::kNobody;
  return more_is_staged;
}

// A loop that sleeps ends nothing: the thread does it then.
void LocalLog::CommitNow() {
  std::lock_guard lock(staging_mutex_);
  GiveToThreadUntil(last_staged_);
}

// Now, or as soon as the loop is through that is just looking at what it has under way
// (SetUnderWay, Release). REQUIRES: staging_mutex_ is held.
void LocalLog::GiveToThreadUntil(Lsn lsn) {
  thread_until_ = std::max(thread_until_, lsn);
  const bool is_free = committer_ == Committer::kNobody && staged_.records != 0;
  if (is_free || under_way_ != nullptr) GiveToThread();
}

void LocalLog::SetUnderWay(AsyncWriter& writer) {
  std::lock_guard lock(staging_mutex_);
  under_way_ = &writer;
  if (last_written_ < thread_until_) GiveToThread();
}

// For the loop that has `writer` to look at it; false: the thread does, or did.
bool LocalLog::TakeBack(const AsyncWriter& writer, bool waits) {
  std::unique_lock lock(staging_mutex_);
  const auto is_threads = [&] { return committer_ == Committer::kThread && under_way_ == &writer; };
  if (waits) thread_ended_.wait(lock, [&] { return !is_threads(); });
  if (under_way_ != &writer || is_threads()) return false;
  under_way_ = nullptr;
  return true;
}

// What a loop had under way when the log was given to the thread.
DiskResult<void> LocalLog::EndForLoop() {
  std::unique_lock lock(staging_mutex_);
  if (committer_ != Committer::kThread || under_way_ == nullptr) return {};
  AsyncWriter& writer = *under_way_;
  lock.unlock();
  const DiskResult<void> ended = *writer.End(true);
  lock.lock();
  under_way_ = nullptr;
  thread_ended_.notify_all();
  lock.unlock();
  if (!ended) return Fail(ended.error());
  EndLoopWrite();
  return {};
}

void LocalLog::AddLoop(int event_fd) {
  std::lock_guard lock(staging_mutex_);
  loops_.push_back(event_fd);
}

void LocalLog::RemoveLoop(int event_fd) {
  std::lock_guard lock(staging_mutex_);
  std::erase(loops_, event_fd);
  if (committer_ == Committer::kNobody && staged_.records != 0) GiveToThread();
}

DiskResult<void> LocalLog::Commit() {
  if (loop_error_) return std::unexpected(*loop_error_);
  THALWEG_ASSERT(!failed());
  if (const auto ended = EndForLoop(); !ended) return ended;
  if (!Take(Committer::kThread)) return {};
  began_us_ = NowUs();
  const size_t payload_bytes = writing_.block.size() - kLogBlockHeadBytes;
  const auto room = MakeRoom(LogBlockBytes(payload_bytes));
  const bool is_shortage = !room && IsShortage(room.error().code);
  has_room_for_batch_.store(!is_shortage, std::memory_order_relaxed);
  if (is_shortage) shortages_.Add();
  if (!room) return is_shortage ? room : Fail(room.error());
  if (const auto written = WriteBlock(); !written) return Fail(written.error());
  TellDurable(NowUs());
  Release();
  return {};
}

bool LocalLog::BeginCommit(AsyncWriter& writer) {
  if (failed() || !Take(Committer::kLoop)) return false;
  const size_t payload_bytes = writing_.block.size() - kLogBlockHeadBytes;
  const size_t block_bytes = LogBlockBytes(payload_bytes);
  if (end_ != 0 && FitsInFile(block_bytes) && block_bytes <= AsyncWriter::kBytesMax) {
    sealed_ = Seal();
    began_us_ = NowUs();
    pause_.OnBegin(began_us_ / 1000);
    if (writer.Begin(*current_.file, end_, writing_.block)) {
      SetUnderWay(writer);
      return true;
    }
    writing_.block.resize(kLogBlockHeadBytes + payload_bytes);  // as it was before Seal
  }
  std::lock_guard lock(staging_mutex_);
  GiveToThread();
  return false;
}

LocalLog::Ended LocalLog::EndCommit(AsyncWriter& writer, bool waits) {
  if (!TakeBack(writer, waits)) return Ended::kMayGoOn;
  const auto ended = writer.End(waits);
  if (!ended) {
    SetUnderWay(writer);
    return Ended::kNot;
  }
  if (!*ended) {
    std::lock_guard lock(staging_mutex_);
    loop_error_ = ended->error();
    failed_.store(true, std::memory_order_release);
    GiveToThread();
    return Ended::kAll;
  }
  EndLoopWrite();
  return Release() ? Ended::kMayGoOn : Ended::kAll;
}

int64_t LocalLog::NowUs() const {
  return options_.clock == nullptr ? 0 : options_.clock->SteadyUs();
}

void LocalLog::EndLoopWrite() {
  const int64_t now_us = NowUs();
  pause_.OnEnd(now_us / 1000);
  TakeForWritten(sealed_);
  TellDurable(now_us);
}

// Of writing_, which is written and synced.
void LocalLog::TellDurable(int64_t now_us) {
  commits_.Add(now_us - began_us_);
  writing_.records = 0;
  Clear(writing_.block);
  durable_.store(last_written_.value, std::memory_order_release);
  std::lock_guard lock(listener_mutex_);
  if (listener_ != nullptr) listener_->OnDurable(last_written_);
}

bool LocalLog::FitsInFile(size_t block_bytes) const {
  const uint64_t seal_at = end_ + block_bytes;
  return current_.file != nullptr && seal_at + kLogPageBytes <= current_.size;
}

// Makes the current file one that has room for a block of this size behind end_.
DiskResult<void> LocalLog::MakeRoom(size_t block_bytes) {
  if (FitsInFile(block_bytes)) return {};
  auto next = supply_.Take(kLogPageBytes + block_bytes + kLogPageBytes);
  if (!next) return std::unexpected(next.error());
  if (current_.file != nullptr) {
    left_ = {std::move(current_.file), current_.salt, end_, crc_last_};
  }
  current_ = std::move(*next);
  end_ = 0;
  NoteRest();
  return {};
}

void LocalLog::NoteRest() {
  rest_bytes_.store(current_.size - std::min(current_.size, end_), std::memory_order_relaxed);
}

// Makes a block of what writing_ has, for behind end_.
LocalLog::Sealed LocalLog::Seal() {
  std::string& block = writing_.block;
  const LogBlockHead head{
      .salt = current_.salt,
      .payload_bytes = static_cast<uint32_t>(block.size() - kLogBlockHeadBytes),
      .record_count = writing_.records,
      .first = {last_written_.value + 1},
      .durable = last_written_,
      .crc_before = crc_last_,
  };
  return {head, SealLogBlock(head, block)};
}

DiskResult<void> LocalLog::WriteBlock() {
  const Sealed sealed = Seal();
  std::string& block = writing_.block;
  const bool begins_file = end_ == 0;
  if (begins_file) {
    block.insert(0, EncodeLogFileHeader({.directory = options_.directory,
                                         .number = current_.number,
                                         .salt = current_.salt,
                                         .first = sealed.head.first,
                                         .crc_before = crc_last_}));
  }
  if (const auto written = current_.file->WriteAndSync(end_, block); !written) return written;
  if (const auto left = SealLeft(sealed.head.first); !left) return left;
  TakeForWritten(sealed);
  if (begins_file) {
    std::lock_guard lock(files_mutex_);
    files_.push_back({current_.number, sealed.head.first, current_.size});
  }
  return {};
}

void LocalLog::TakeForWritten(const Sealed& sealed) {
  const size_t bytes = writing_.block.size();
  end_ += bytes;
  written_bytes_.Add(sealed.head.payload_bytes);
  framing_bytes_.Add(bytes - sealed.head.payload_bytes);
  NoteRest();
  crc_last_ = sealed.crc;
  last_written_ = sealed.head.last();
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

std::vector<std::string> LocalLog::NeededFiles(Lsn checkpoint) const {
  std::lock_guard lock(files_mutex_);
  std::vector<std::string> paths;
  for (size_t i = 0; i < files_.size(); ++i) {
    const bool is_last = i + 1 == files_.size();
    if (is_last || files_[i + 1].first.value > checkpoint.value + 1) {
      paths.push_back(LogFilePath(files_[i].number));
    }
  }
  return paths;
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

}  // namespace thalweg
