#include "storage/posix_disk_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/retry_interrupted.h"
#include "storage/zero_fill.h"

namespace thalweg {
namespace {

// At a time, 0.3 to 0.6 ms: the longest piece that the system caches as one, for of one that goes
// beyond what is to be dropped nothing is.
constexpr off_t kDropBytes = 2 << 20;

}  // namespace

uint64_t FileSystemOf(int fd) {
  struct statfs about = {};
  return fstatfs(fd, &about) == 0 ? static_cast<uint64_t>(about.f_type) : 0;
}

bool SyncsDirectWrites(uint64_t file_system) {
  switch (file_system) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC: return true;
    default: return false;
  }
}

bool WritesBesideCaller(uint64_t file_system) {
  return file_system == EXT4_SUPER_MAGIC || file_system == XFS_SUPER_MAGIC;
}

bool TellsFreeBytes(uint64_t file_system) {
  switch (file_system) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
    case TMPFS_MAGIC: return true;
    default: return false;
  }
}

bool IsRefusal(int code) { return code == EINVAL || code == EOPNOTSUPP || code == ENOMEM; }

std::string Tried(const char* verb, size_t bytes, uint64_t offset, const std::string& path) {
  return verb + std::to_string(bytes) + " bytes at " + std::to_string(offset) + " of " + path;
}

DiskResult<size_t> PosixFile::ReadAt(uint64_t offset, std::span<char> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = RetryInterrupted([&] {
      return pread(fd_.get(), out.data() + done, out.size() - done,
                   static_cast<off_t>(offset + done));
    });
    if (got < 0) return DiskFailure(errno, Tried("read ", out.size(), offset, path_));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

DiskResult<void> PosixFile::WriteAt(uint64_t offset, std::string_view bytes) {
  return WriteAll(offset, bytes.size(), [&](size_t done) {
    return pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                  static_cast<off_t>(offset + done));
  });
}

// `write` writes what there is behind the `done` bytes before, as pwrite does.
template <typename Write>
DiskResult<void> PosixFile::WriteAll(uint64_t offset, size_t bytes, const Write& write) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t put = RetryInterrupted([&] { return write(done); });
    if (put <= 0) {
      const int code = put < 0 ? errno : EIO;  // taking nothing without an error would never end
      return DiskFailure(code, Tried("write ", bytes, offset, path_));
    }
    done += static_cast<size_t>(put);
  }
  return {};
}

// EINVAL: the file system knows no sync. EROFS: it met an error and writes no more, as ext4 with
// errors=remount-ro. Who only reads has none to wait for then.
DiskResult<void> PosixFile::Sync() {
  if (RetryInterrupted([&] { return fdatasync(fd_.get()); }) == 0) return {};
  const int code = errno;
  const bool only_reads = (fcntl(fd_.get(), F_GETFL) & O_ACCMODE) == O_RDONLY;
  if (only_reads && (code == EINVAL || code == EROFS)) return {};
  return DiskFailure(code, "sync " + path_);
}

// Where the system does not know how, a Sync has it all to do. Any other error, EINVAL and ENOMEM
// too, may be one of the disk's, which no later sync of this file would tell again.
DiskResult<void> PosixFile::WriteOut(uint64_t offset, uint64_t bytes) {
  constexpr unsigned kWriteAndWait = SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  const int done = RetryInterrupted([&] {
    return sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                           kWriteAndWait);
  });
  if (done == 0 || errno == ENOSYS) return {};
  return DiskFailure(errno, Tried("write out ", bytes, offset, path_));
}

DiskResult<void> PosixFile::WriteOutPastCache(uint64_t offset, std::string_view bytes) {
  const auto written = WriteDirectly(offset, bytes, 0);
  if (!written) return std::unexpected(written.error());
  return *written ? DiskResult<void>() : File::WriteOutPastCache(offset, bytes);
}

// One call for both is also one command to a disk that can write through its own cache.
DiskResult<void> PosixFile::WriteAndSync(uint64_t offset, std::string_view bytes) {
  const bool by_one_call = bytes.size() <= sizeof(DirectPages) && SyncsDirectWrites(FileSystem());
  const auto written = WriteDirectly(offset, bytes, by_one_call ? RWF_DSYNC : 0);
  if (!written) return std::unexpected(written.error());
  if (!*written) return File::WriteAndSync(offset, bytes);
  return by_one_call ? DiskResult<void>() : Sync();
}

// False: these are not whole pages, or the system cannot; some may be written.
DiskResult<bool> PosixFile::WriteDirectly(uint64_t offset, std::string_view bytes, int flags) {
  const bool is_pages = offset % kDirectPageBytes == 0 && bytes.size() % kDirectPageBytes == 0;
  if (!is_pages || !CanWriteDirectly()) return false;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), sizeof(DirectPages)))) {
    const std::string_view pages = bytes.substr(0, sizeof(DirectPages));
    pages.copy(direct_pages_->bytes.data(), pages.size());
    const auto written = WriteAll(offset, pages.size(), [&](size_t done) {
      const iovec rest{direct_pages_->bytes.data() + done, pages.size() - done};
      return pwritev2(direct_fd_->get(), &rest, 1, static_cast<off_t>(offset + done), flags);
    });
    if (!written && !IsRefusal(written.error().code)) return std::unexpected(written.error());
    if (!written) {
      direct_fd_.emplace();  // none
      return false;
    }
    offset += pages.size();
  }
  return true;
}

// Opens the same file once more, for the flag belongs to what was opened, and reads need not be
// aligned.
bool PosixFile::CanWriteDirectly() {
  if (!direct_fd_) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd_.get());
    direct_fd_.emplace(
        RetryInterrupted([&] { return open(self.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC); }));
    direct_pages_ = std::make_unique_for_overwrite<DirectPages>();
  }
  return direct_fd_->valid();
}

uint64_t PosixFile::FileSystem() {
  if (!file_system_) file_system_ = FileSystemOf(fd_.get());
  return *file_system_;
}

int PosixFile::async_fd() {
  return WritesBesideCaller(FileSystem()) && CanWriteDirectly() ? direct_fd_->get() : -1;
}

void PosixFile::DropCache(const std::function<void()>& rest) {
  const auto size = rest ? static_cast<off_t>(Size().value_or(0)) : 0;
  off_t at = 0;
  for (; at + kDropBytes < size; at += kDropBytes) {
    posix_fadvise(fd_.get(), at, kDropBytes, POSIX_FADV_DONTNEED);
    rest();
  }
  posix_fadvise(fd_.get(), at, 0, POSIX_FADV_DONTNEED);  // up to the end, whatever its size is
}

// A failed attempt may have moved the end of the file: it goes back, and with it the space.
DiskResult<void> PosixFile::Allocate(uint64_t size) {
  const DiskResult<uint64_t> size_before = Size();
  if (!size_before) return std::unexpected(size_before.error());
  if (size <= *size_before && !HasHoles()) return {};
  DiskResult<void> reserved = Reserve(size);
  if (!reserved && size > *size_before) static_cast<void>(Truncate(*size_before));
  return reserved;
}

// XFS has space for all that is asked for before it looks what is there: of a full disk it says so
// of a file, too, that needs nothing.
bool PosixFile::HasHoles() const {
  constexpr int64_t kBlockBytes = 512;  // of st_blocks, whatever those of the file system are
  struct stat status;
  return fstat(fd_.get(), &status) != 0 || status.st_blocks < status.st_size / kBlockBytes;
}

DiskResult<void> PosixFile::Reserve(uint64_t size) {
  if (size == 0) return {};
  const int result =
      RetryInterrupted([&] { return fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)); });
  if (result == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return FillWithZeros(*this, size);
  return DiskFailure(errno, "allocate " + std::to_string(size) + " bytes for " + path_);
}

DiskResult<void> PosixFile::Truncate(uint64_t size) {
  if (RetryInterrupted([&] { return ftruncate(fd_.get(), static_cast<off_t>(size)); }) == 0) {
    return {};
  }
  return DiskFailure(errno, "truncate " + path_ + " to " + std::to_string(size));
}

DiskResult<uint64_t> PosixFile::Size() const {
  struct stat status;
  if (fstat(fd_.get(), &status) == 0) return static_cast<uint64_t>(status.st_size);
  return DiskFailure(errno, "stat " + path_);
}

}  // namespace thalweg
