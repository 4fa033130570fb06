// Crosses threads; see the header.
#include "storage/lmdb_env.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/assert.h"
#include "base/damage.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

constexpr unsigned kReadersMax = 1022;      // of all processes at once; 64 bytes each in lock.mdb
constexpr uint64_t kLockBytes = 64 * 1024;  // what LMDB makes of lock.mdb for so many
constexpr unsigned kTablesMax = 8;
// The map is a whole number of pages of any system we run on.
constexpr uint64_t kMapGranule = 64 * 1024;

// LMDB takes a lock that stands for the process by its id.
constexpr const char* kSameProcessId =
    "begin to read: a process with the same id has it open, in another container: run this one in "
    "that container, or where each sees the other's processes";

StorageResult<std::unique_ptr<File>> OpenFile(const std::string& path, const std::string& name,
                                              Disk::Mode mode) {
  const auto disk = PosixDisk::Open(path);
  if (!disk) return DiskFaultIn(path, disk.error());
  auto file = (*disk)->Open(name, mode);
  if (!file) return DiskFaultIn(path, file.error());
  return std::move(*file);
}

uint64_t RoundedUp(uint64_t bytes) { return (bytes + kMapGranule - 1) / kMapGranule * kMapGranule; }

// LMDB trusts the pages that it reads. Where one is not what it takes it for it does not go on.
[[noreturn]] void EndForPage(MDB_env* env, const char* message) {
  const char* path = nullptr;
  mdb_env_get_path(env, &path);
  EndForDamage(std::string("the catalog ") + (path == nullptr ? "" : path) +
               " is damaged, restore the data directory from a backup (lmdb: " + message + ")");
}

StorageFault::Kind KindOf(int code) {
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:  // a tree deeper than any can be
    case MDB_NOTFOUND:     // of a table that must be there
    case MDB_BAD_TXN:      // one that has met a page which cannot be
    case MDB_BAD_VALSIZE: return StorageFault::Kind::kDamage;
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE: return StorageFault::Kind::kForeign;
    default: return StorageFault::Kind::kDisk;
  }
}

}  // namespace

std::unexpected<StorageFault> LmdbFault(int code, const std::string& tried) {
  THALWEG_ASSERT(code != 0);
  return std::unexpected(StorageFault{.kind = KindOf(code),
                                      .message = tried + ": " + mdb_strerror(code),
                                      .is_shortage = IsShortage(code),
                                      .is_gone = IsGone(code)});
}

LmdbEnv::Read::~Read() {
  if (txn_ != nullptr) env_->EndRead(txn_);
}

StorageResult<std::unique_ptr<LmdbEnv>> LmdbEnv::Open(const std::string& path,
                                                      const std::string& data_file,
                                                      const Options& options) {
  auto env = std::make_unique<LmdbEnv>(path, data_file);
  if (const auto opened = env->OpenEnv(options); !opened) return std::unexpected(opened.error());
  return env;
}

LmdbEnv::~LmdbEnv() {
  THALWEG_ASSERT(reading_ == 0);
  for (MDB_txn* const txn : idle_) mdb_txn_abort(txn);
}

StorageResult<void> LmdbEnv::OpenEnv(const Options& options) {
  const auto file_bytes = FileBytes();
  if (!file_bytes) return std::unexpected(file_bytes.error());
  if (*file_bytes == 0 && !options.fresh) {
    return DamageFault(data_path() + " is empty");
  }
  THALWEG_ASSERT(!options.fresh || (*file_bytes == 0 && options.mode == Mode::kWrite));
  if (options.mode != Mode::kReadAtRest) {
    if (const auto ready = PrepareLock(); !ready) return ready;
  }
  if (options.mode == Mode::kWrite) {
    if (const auto synced = SyncFile(); !synced) return synced;
  }
  const uint64_t map_bytes = RoundedUp(std::max(*file_bytes, options.map_bytes));
  if (const int code = OpenRaw(options, map_bytes); code != 0) return Refused(code, "open");
  if (const auto whole = CheckWhole(); !whole) return whole;
  if (options.mode != Mode::kWrite) return {};
  if (const auto dropped = DropDeadReaders(); !dropped) return dropped;
  return ExtendFile(map_bytes);
}

// LMDB writes to the file of its lock through a map: where the disk has no space for a page of it,
// that is a bus error. One that is long enough may be in use, and is left alone.
StorageResult<void> LmdbEnv::PrepareLock() const {
  const std::string name = HasUsualName() ? kCatalogLockFile : data_file_ + "-lock";
  const std::string lock_path = path_ + "/" + name;
  struct stat lock{};
  const bool is_there = stat(lock_path.c_str(), &lock) == 0;
  // On a read-only file system LMDB would read without telling who writes, whose pages it then
  // gets.
  if (is_there && eaccess(lock_path.c_str(), R_OK | W_OK) != 0 &&
      (errno == EACCES || errno == EROFS)) {
    return LmdbFault(errno, lock_path + ": write, as every reader of the catalog does");
  }
  if (is_there && static_cast<uint64_t>(lock.st_size) >= kLockBytes) return {};
  const auto disk = PosixDisk::Open(path_);
  if (!disk) return DiskFaultIn(path_, disk.error());
  const auto file = (*disk)->Open(name, is_there ? Disk::Mode::kReadWrite : Disk::Mode::kCreate);
  // LMDB does without, or somebody was quicker.
  if (!file && (file.error().code == EROFS || file.error().code == EEXIST)) return {};
  const auto done = file ? (*file)->Allocate(kLockBytes) : std::unexpected(file.error());
  if (!done) return DiskFaultIn(path_, done.error());
  return {};
}

// Those that were killed, which would keep pages from being used again.
StorageResult<void> LmdbEnv::DropDeadReaders() {
  int dead = 0;
  if (const int code = mdb_reader_check(env_.get(), &dead); code != 0) {
    return Refused(code, "look for readers that are gone");
  }
  return {};
}

int LmdbEnv::OpenRaw(const Options& options, uint64_t map_bytes) {
  MDB_env* env = nullptr;
  int code = mdb_env_create(&env);
  if (code != 0) return code;
  env_.reset(env);
  mdb_env_set_assert(env, EndForPage);
  code = mdb_env_set_maxdbs(env, kTablesMax);
  if (code == 0) code = mdb_env_set_maxreaders(env, kReadersMax);
  if (code == 0 && options.mode == Mode::kWrite) code = mdb_env_set_mapsize(env, map_bytes);
  if (code != 0) return code;
  // A name other than LMDB's own takes MDB_NOSUBDIR.
  const unsigned flags = MDB_NOTLS | (HasUsualName() ? 0u : MDB_NOSUBDIR) |
                         (options.mode == Mode::kWrite ? 0u : MDB_RDONLY) |
                         (options.mode == Mode::kReadAtRest ? MDB_NOLOCK : 0u);
  code = mdb_env_open(env, (HasUsualName() ? path_ : data_path()).c_str(), flags, kFileMode);
  int fd = -1;
  if (code == 0 && mdb_env_get_fd(env, &fd) == 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return code;
}

StorageResult<uint64_t> LmdbEnv::FileBytes() const {
  const auto file = OpenFile(path_, data_file_, Disk::Mode::kRead);
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->Size();
  if (!size) return DiskFaultIn(path_, size.error());
  return *size;
}

// What is found may be in the page cache alone: where a commit has failed, LMDB puts what was there
// before into its place, and does not sync that. Who acts on it, and removes segments that it does
// not name, must not be on the disk sooner than it.
StorageResult<void> LmdbEnv::SyncFile() const {
  const auto file = OpenFile(path_, data_file_, Disk::Mode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  if (const auto synced = (*file)->Sync(); !synced) return DiskFaultIn(path_, synced.error());
  return {};
}

// Before any transaction needs the room, and synced: so a file that is shorter than what it holds
// has been cut.
StorageResult<void> LmdbEnv::ExtendFile(uint64_t bytes) {
  const auto size = FileBytes();
  if (!size) return std::unexpected(size.error());
  if (*size >= bytes) return {};
  const auto file = OpenFile(path_, data_file_, Disk::Mode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  auto done = (*file)->Truncate(bytes);
  if (done) done = (*file)->Sync();
  if (!done) return DiskFaultIn(path_, done.error());
  return {};
}

// LMDB would meet the missing part as a bus error. The size is read last: a server that grows the
// file extends it first.
StorageResult<void> LmdbEnv::CheckWhole() const {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_env_info(env_.get(), &info);
  mdb_env_stat(env_.get(), &stat);
  const uint64_t used = (uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
  const auto size = FileBytes();
  if (!size) return std::unexpected(size.error());
  if (used <= *size) return {};
  return DamageFault(data_path() + " ends at " + std::to_string(*size) + ", yet holds " +
                     std::to_string(used) + " bytes: it was cut");
}

// Calls once more where the server in another process has grown the file.
template <typename Call>
int LmdbEnv::RetryResized(Call call) {
  int code = call();
  if (code != MDB_MAP_RESIZED) return code;
  code = SetMapBytes(0);
  return code == 0 ? call() : code;
}

StorageResult<LmdbEnv::Read> LmdbEnv::BeginRead() {
  MDB_txn* txn = nullptr;
  const int code = RetryResized([&] { return BeginReadOnce(txn); });
  if (code != 0) return Refused(code, "begin to read");
  return Read(*this, txn);
}

int LmdbEnv::BeginReadOnce(MDB_txn*& txn) {
  Enter();
  txn = TakeIdle();
  const bool renew = txn != nullptr;
  const int code =
      renew ? mdb_txn_renew(txn) : mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  if (code == 0) return 0;
  if (renew) mdb_txn_abort(txn);
  Leave();
  return code;
}

void LmdbEnv::EndRead(MDB_txn* txn) {
  mdb_txn_reset(txn);
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(txn);
  }
  Leave();
}

void LmdbEnv::Enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_; });
  ++reading_;
}

void LmdbEnv::Leave() {
  const std::lock_guard lock(mutex_);
  THALWEG_ASSERT(reading_ > 0);
  --reading_;
  if (paused_) changed_.notify_all();
}

MDB_txn* LmdbEnv::TakeIdle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  MDB_txn* const txn = idle_.back();
  idle_.pop_back();
  return txn;
}

StorageResult<MDB_txn*> LmdbEnv::BeginSetup() {
  MDB_txn* txn = nullptr;
  const int code =
      RetryResized([&] { return mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn); });
  if (code == EAGAIN) return Refused(code, kSameProcessId);
  if (code != 0) return Refused(code, "begin to read");
  return txn;
}

StorageResult<MDB_txn*> LmdbEnv::BeginWrite() {
  MDB_txn* txn = nullptr;
  const int code = mdb_txn_begin(env_.get(), nullptr, 0, &txn);
  if (code != 0) return Refused(code, "begin to write");
  return txn;
}

StorageResult<void> LmdbEnv::Grow() {
  const uint64_t wanted = RoundedUp(map_bytes() * 2);
  if (wanted > kMapBytesMax) {
    return DiskFault(data_path() + ": the catalog would outgrow " + std::to_string(kMapBytesMax) +
                     " bytes");
  }
  if (const auto dropped = DropDeadReaders(); !dropped) return dropped;
  if (const auto extended = ExtendFile(wanted); !extended) return extended;
  if (const int code = SetMapBytes(wanted); code != 0) return Refused(code, "grow");
  return {};
}

// 0: as large as the file says. No Read may live meanwhile; new ones wait, so that readers who
// come one after the other cannot keep us from it.
int LmdbEnv::SetMapBytes(uint64_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !paused_; });
  paused_ = true;
  changed_.wait(lock, [this] { return reading_ == 0; });
  const int code = mdb_env_set_mapsize(env_.get(), bytes);
  paused_ = false;
  changed_.notify_all();
  return code;
}

StorageResult<void> LmdbEnv::CopyTo(const File& file) {
  int code = RetryResized([&] {  // which is found before the first byte is written
    Enter();
    const int copied = mdb_env_copyfd2(env_.get(), file.fd(), MDB_CP_COMPACT);
    Leave();
    return copied;
  });
  if (code == MDB_INCOMPATIBLE) code = MDB_CORRUPTED;  // its count of free pages is wrong
  if (code != 0) return Refused(code, "copy");
  return {};
}

// LMDB does not say where its map is; the system does: by inode, of which this process has one map.
void LmdbEnv::ForgetPages() {
  const auto read = BeginRead();  // the map stays in its place
  struct stat file;
  int fd = -1;
  if (!read || mdb_env_get_fd(env_.get(), &fd) != 0 || fstat(fd, &file) != 0) return;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string rights, offset, device;
    uintptr_t begin = 0, end = 0, inode = 0;
    char dash = '\0';
    fields >> std::hex >> begin >> dash >> end >> rights >> offset >> device >> std::dec >> inode;
    if (!fields || inode != file.st_ino || !line.ends_with("/" + data_file_)) continue;
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

uint64_t LmdbEnv::map_bytes() const {
  MDB_envinfo info;
  mdb_env_info(env_.get(), &info);
  return info.me_mapsize;
}

std::unexpected<StorageFault> LmdbEnv::Refused(int code, const std::string& tried) const {
  return LmdbFault(code, data_path() + ": " + tried);
}

}  // namespace thalweg
