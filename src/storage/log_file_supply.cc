// Crosses threads: see the header.
#include "storage/log_file_supply.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "storage/disk_error.h"
#include "storage/fault.h"
#include "storage/folder_names.h"
#include "storage/log_format.h"
#include "storage/numbered_name.h"

namespace thalweg {
namespace {

constexpr uint64_t kLogFileBytesMin = 3 * kLogPageBytes;  // its header, a block, its seal

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

}  // namespace

LogFileSupply::LogFileSupply(Disk& disk, LocalLogOptions options)
    : disk_(disk), options_(std::move(options)), folder_(disk, kLogFolder) {
  THALWEG_ASSERT(options_.file_bytes >= kLogFileBytesMin);
  THALWEG_ASSERT(options_.file_bytes % kLogPageBytes == 0);
}

DiskResult<void> LogFileSupply::KeepSpares(const LogContent& content) {
  std::lock_guard lock(mutex_);
  if (!content.files.empty()) number_last_ = content.files.back().number;
  // Who made them may have ended before their names were on the disk. After a power cut each would
  // be a file of the log again, with what was written to it since.
  const auto named = content.spares.empty() ? DiskResult<void>() : disk_.SyncDirectory(kLogFolder);
  if (!named && !IsShortage(named.error().code)) return named;
  std::vector<uint64_t> numbers = content.spares;
  for (const uint64_t number : content.blank) {
    number_last_ = Behind(number_last_, number);
    auto done = MakeSpare(folder_, number);
    if (done) {
      numbers.push_back(number);
    } else if (IsShortage(done.error().code)) {
      done = UnmakeSpare(folder_, number);
      if (done) done = folder_.Remove(LogFileName(number));
    }
    if (!done) return done;
  }
  for (const uint64_t number : numbers) {
    number_last_ = Behind(number_last_, number);
    if (named && spares_.size() < options_.spares_max && IsSpare(LogSpareName(number))) {
      spares_.push_back(number);
    } else if (const auto removed = DropSpare(folder_, number); !removed) {
      return removed;
    }
  }
  CountSpares();
  return {};
}

// A crash may have come before the file had all of its space, and what was copied may have holes.
// One that gives trouble is none: nothing is lost with it.
bool LogFileSupply::IsSpare(const std::string& name) {
  const auto file = folder_.Open(name, Disk::Mode::kReadWrite);
  if (!file) return false;
  const auto size = (*file)->Size();
  if (!size || *size != options_.file_bytes) return false;
  return (*file)->Allocate(options_.file_bytes) && (*file)->Sync();
}

uint64_t LogFileSupply::SpaceWith(uint64_t free_bytes) const {
  const uint64_t spare_bytes = spare_count_.load(std::memory_order_relaxed) * options_.file_bytes;
  const bool leaves_space = leaves_space_.load(std::memory_order_relaxed);
  return next_bytes() + spare_bytes + (leaves_space ? 0 : free_bytes);
}

DiskResult<void> LogFileSupply::Prepare(const std::function<void()>& rest) {
  std::lock_guard lock(mutex_);
  if (next_.file != nullptr) return {};
  const bool may_wait = spares_.empty() && !is_awaited_.load(std::memory_order_relaxed);
  if (may_wait && leaves_space_.load(std::memory_order_relaxed)) {
    has_room_.store(false, std::memory_order_relaxed);
    return DiskFailure(ENOSPC, std::string("allocate another file in ") + kLogFolder +
                                   ", which leaves the space to a checkpoint");
  }
  auto made = MakeFile(options_.file_bytes, rest);
  const bool is_shortage = !made && IsShortage(made.error().code);
  has_room_.store(!is_shortage, std::memory_order_relaxed);
  // The checkpoint that would make the log shorter may wait for the same batch, and so may whoever
  // deletes: it gets a file of its own, as long as there is space for that.
  if (is_shortage && is_awaited_.load(std::memory_order_relaxed)) {
    made = MakeFile(kLogFileBytesMin, rest);
  }
  if (!made) return std::unexpected(made.error());
  next_ = std::move(*made);
  number_last_ = next_.number;
  is_prepared_.store(true, std::memory_order_release);
  return {};
}

// REQUIRES: mutex_ is held.
DiskResult<LogFileSupply::OpenFile> LogFileSupply::MakeFile(uint64_t bytes,
                                                            const std::function<void()>& rest) {
  if (const auto removed = RemoveLeftover(); !removed) return std::unexpected(removed.error());
  const uint64_t number = number_last_ + 1;
  const std::string name = LogFileName(number);
  if (!spares_.empty()) bytes = options_.file_bytes;
  auto file = spares_.empty() ? CreateFile(name, bytes) : UseSpare(name, rest);
  if (file) return OpenFile{std::move(*file), number, SaltOf(number), bytes};
  // Who has made what stands there may be writing it. To pass it over would leave a file without
  // records of ours before one with them.
  if (file.error().code == EEXIST) return std::unexpected(file.error());
  ++number_last_;  // a name is used once
  if (const auto removed = folder_.RemoveIfThere(name); !removed) leftover_ = number;
  return std::unexpected(file.error());
}

// A file without records must not stand before one with records: a start would miss its header. One
// that is not there by now is made anew, for then the sync of its removal has failed, and a sync
// that is only repeated proves nothing.
DiskResult<void> LogFileSupply::RemoveLeftover() {
  if (!leftover_) return {};
  const std::string name = LogFileName(*leftover_);
  auto removed = folder_.Remove(name);
  if (!removed && removed.error().code == ENOENT) {
    const auto anew = folder_.Create(name);
    removed = anew ? folder_.Remove(name) : std::unexpected(anew.error());
  }
  if (removed) leftover_.reset();
  return removed;
}

DiskResult<std::unique_ptr<File>> LogFileSupply::CreateFile(const std::string& name,
                                                            uint64_t bytes) {
  auto file = folder_.Create(name);
  if (!file) return file;
  auto made = (*file)->Allocate(bytes);
  if (made) made = (*file)->Sync();  // its size, away from the first commit's path
  if (!made) return std::unexpected(made.error());
  return file;
}

// The spare looks like a file that was allocated before it has the name of one. Where that fails it
// is no spare any more: after a failed sync it must not be written to.
DiskResult<std::unique_ptr<File>> LogFileSupply::UseSpare(const std::string& name,
                                                          const std::function<void()>& rest) {
  if (folder_.Open(name, Disk::Mode::kRead)) {  // whose place a rename would take
    return DiskFailure(EEXIST, "create " + folder_.PathOf(name));
  }
  const std::string spare = LogSpareName(spares_.front());
  auto file = folder_.Open(spare, Disk::Mode::kReadWrite);
  if (!file && IsShortage(file.error().code)) return file;  // it was not touched
  spares_.pop_front();
  CountSpares();
  if (!file && IsMissing(file.error().code)) {  // somebody has removed it, and lost nothing
    return spares_.empty() ? CreateFile(name, options_.file_bytes) : UseSpare(name, rest);
  }
  if (!file) return file;
  auto made = (*file)->WriteAt(0, std::string(kLogFrontBytes, '\0'));
  if (made) made = (*file)->Sync();
  if (made) {
    // Old pages in large pieces would count as written whole whenever a commit writes one page.
    (*file)->DropCache([&] {
      if (rest && !is_awaited_.load(std::memory_order_relaxed)) rest();
    });
    made = folder_.RenameInto(folder_, spare, name);
  }
  if (made) return file;
  [[maybe_unused]] const auto removed = folder_.Remove(spare);
  return std::unexpected(made.error());
}

DiskResult<LogFileSupply::OpenFile> LogFileSupply::Take(uint64_t bytes) {
  is_awaited_.store(true, std::memory_order_relaxed);
  const auto prepared = Prepare();
  is_awaited_.store(false, std::memory_order_relaxed);
  if (!prepared) return std::unexpected(prepared.error());
  std::unique_lock lock(mutex_);
  if (const auto longer = LengthenNext(bytes); !longer) return std::unexpected(longer.error());
  OpenFile taken = std::exchange(next_, OpenFile{});
  is_prepared_.store(false, std::memory_order_release);
  if (!spares_.empty()) {
    has_room_.store(true, std::memory_order_relaxed);
    return taken;
  }
  lock.unlock();
  // Before anybody hears of the batch that this file is for it is known whether there is room
  // behind it: who is late to allocate it is too late to refuse what would have to wait for it.
  // Another error than a full disk comes again when the file is needed.
  static_cast<void>(Prepare());
  return taken;
}

// The space of the spares may be all that is missing, and no checkpoint gives it up that waits for
// the same batch. One that cannot be removed is tried again with the batch. REQUIRES: mutex_ is
// held.
DiskResult<void> LogFileSupply::LengthenNext(uint64_t bytes) {
  if (next_.size >= bytes) return {};
  auto longer = next_.file->Allocate(bytes);
  if (!longer && IsShortage(longer.error().code) && !spares_.empty()) {
    static_cast<void>(RemoveAllSpares());
    longer = next_.file->Allocate(bytes);
  }
  if (longer) {
    next_.size = bytes;
  } else {
    has_room_.store(!IsShortage(longer.error().code), std::memory_order_relaxed);
  }
  return longer;
}

// A file that is longer than others, or was made for another length, is no spare. It gets the name
// of one all the same before it goes: that can be tried again, for while a file has a name, a
// change of it whose sync failed can be made anew.
DiskResult<void> LogFileSupply::Retire(const LogContent::FileInfo& trimmed) {
  auto done = MakeSpare(folder_, trimmed.number);
  if (!done && done.error().code == ENOENT) {
    done = UnmakeSpare(folder_, trimmed.number);
    if (done) done = MakeSpare(folder_, trimmed.number);
  }
  if (!done) return done;
  const bool is_wanted = trimmed.size == options_.file_bytes && WantsSpares();
  if (!is_wanted || !IsSpare(LogSpareName(trimmed.number))) {
    return DropSpare(folder_, trimmed.number);
  }
  std::lock_guard lock(mutex_);  // nobody else makes spares meanwhile
  spares_.push_back(trimmed.number);
  CountSpares();
  return {};
}

bool LogFileSupply::WantsSpares() {
  std::lock_guard lock(mutex_);
  return spares_.size() < options_.spares_max;
}

DiskResult<void> LogFileSupply::RemoveSpares() {
  std::lock_guard lock(mutex_);
  return RemoveAllSpares();
}

// A try that failed may have got as far as a file and not as far as the directory's sync. REQUIRES:
// mutex_ is held.
DiskResult<void> LogFileSupply::RemoveAllSpares() {
  for (; !spares_.empty(); spares_.pop_front(), CountSpares()) {
    if (const auto removed = folder_.RemoveIfThere(LogSpareName(spares_.front())); !removed) {
      return removed;
    }
  }
  return {};
}

// splitmix64: distinct for every number of a seed.
uint64_t LogFileSupply::SaltOf(uint64_t number) const {
  uint64_t z = options_.salt_seed + number * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace thalweg
