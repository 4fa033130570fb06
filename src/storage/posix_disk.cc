#include "storage/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/retry_interrupted.h"
#include "storage/aio_writer.h"
#include "storage/posix_disk_file.h"

namespace thalweg {
namespace {

constexpr mode_t kDirectoryMode = 0750;

int FlagsOf(Disk::Mode mode) {
  switch (mode) {
    case Disk::Mode::kRead: return O_RDONLY;
    case Disk::Mode::kReadWrite: return O_RDWR;
    case Disk::Mode::kCreate: return O_RDWR | O_CREAT | O_EXCL;
  }
  THALWEG_ASSERT(false);
}

const char* VerbOf(Disk::Mode mode) { return mode == Disk::Mode::kCreate ? "create " : "open "; }

// The path as the *at calls want it. An absolute one would leave the root.
const char* Relative(const std::string& path) {
  THALWEG_ASSERT(!path.starts_with('/'));
  return path.empty() ? "." : path.c_str();
}

std::string Tried(const char* verb, const std::string& path) {
  return std::string(verb) + Relative(path);
}

bool IsDirectory(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

// Takes `fd`. Null, with errno set: the system refused.
DIR* ReadDirectory(OwnedFd fd) {
  DIR* stream = fdopendir(fd.get());
  if (stream != nullptr) fd.Release();
  return stream;
}

// The names in `stream`; false, with errno set: the system failed in between.
bool CollectNames(DIR* stream, std::vector<std::string>& names) {
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream);
    if (entry == nullptr) return errno == 0;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
}

bool TryLock(const OwnedFd& fd) {
  return RetryInterrupted([&] { return flock(fd.get(), LOCK_EX | LOCK_NB); }) == 0;
}

}  // namespace

DiskResult<std::unique_ptr<PosixDisk>> PosixDisk::Open(const std::string& root) {
  OwnedFd fd(RetryInterrupted([&] { return open(root.c_str(), O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return DiskFailure(errno, "open directory " + root);
  return std::make_unique<PosixDisk>(std::move(fd));
}

DiskResult<std::unique_ptr<File>> PosixDisk::Open(const std::string& path, Mode mode) {
  const int flags = FlagsOf(mode) | O_CLOEXEC;
  OwnedFd fd(
      RetryInterrupted([&] { return openat(root_.get(), Relative(path), flags, kFileMode); }));
  if (!fd.valid()) return DiskFailure(errno, VerbOf(mode) + path);
  if (IsDirectory(fd.get())) return DiskFailure(EISDIR, VerbOf(mode) + path);
  return std::make_unique<PosixFile>(std::move(fd), path);
}

DiskResult<void> PosixDisk::Rename(const std::string& from, const std::string& to) {
  if (renameat(root_.get(), Relative(from), root_.get(), Relative(to)) == 0) return {};
  return DiskFailure(errno, "rename " + from + " to " + to);
}

DiskResult<void> PosixDisk::Remove(const std::string& path) {
  if (unlinkat(root_.get(), Relative(path), 0) == 0) return {};
  return DiskFailure(errno, "remove " + path);
}

DiskResult<void> PosixDisk::MakeDirectory(const std::string& path) {
  if (mkdirat(root_.get(), Relative(path), kDirectoryMode) == 0) return {};
  return DiskFailure(errno, "make directory " + path);
}

DiskResult<void> PosixDisk::SyncDirectory(const std::string& path) {
  const DiskResult<OwnedFd> fd = OpenDirectory(path, "sync directory ");
  if (!fd) return std::unexpected(fd.error());
  if (RetryInterrupted([&] { return fsync(fd->get()); }) == 0) return {};
  return DiskFailure(errno, Tried("sync directory ", path));
}

DiskResult<std::vector<std::string>> PosixDisk::List(const std::string& path) {
  DiskResult<OwnedFd> fd = OpenDirectory(path, "list ");
  if (!fd) return std::unexpected(fd.error());
  DIR* stream = ReadDirectory(std::move(*fd));
  if (stream == nullptr) return DiskFailure(errno, Tried("list ", path));
  std::vector<std::string> names;
  const int code = CollectNames(stream, names) ? 0 : errno;
  closedir(stream);
  if (code != 0) return DiskFailure(code, Tried("list ", path));
  std::ranges::sort(names);
  return names;
}

DiskResult<std::unique_ptr<File>> PosixDisk::Lock(const std::string& path) {
  if (path.empty()) return LockRoot(OwnedFd(), path);
  const auto open = [&](int flags) {
    return RetryInterrupted(
        [&] { return openat(root_.get(), Relative(path), flags | O_CLOEXEC, kFileMode); });
  };
  int opened = open(O_RDWR | O_CREAT);
  const int code = errno;
  // Who may only read wants to be alone all the same.
  if (opened < 0 && (code == EROFS || code == EACCES)) opened = open(O_RDONLY);
  OwnedFd fd(opened);
  if (!fd.valid()) return DiskFailure(code, "open " + path);
  if (!TryLock(fd)) return DiskFailure(errno, "lock " + path);
  return LockRoot(std::move(fd), path);
}

// The file can be removed, and another made in its place. Not every file system locks directories;
// there the file alone must do.
DiskResult<std::unique_ptr<File>> PosixDisk::LockRoot(OwnedFd with, const std::string& path) {
  DiskResult<OwnedFd> root = OpenDirectory("", "open ");
  if (!root) return std::unexpected(root.error());
  if (!TryLock(*root) && errno == EWOULDBLOCK) return DiskFailure(errno, Tried("lock ", path));
  return std::make_unique<PosixFile>(std::move(*root), path, std::move(with));
}

std::optional<uint64_t> PosixDisk::FreeBytes(const std::string& path) const {
  if (!TellsFreeBytes(FileSystemOf(root_.get()))) return std::nullopt;
  const DiskResult<OwnedFd> fd = OpenDirectory(path, "look at ");
  struct statvfs space{};
  if (!fd || fstatvfs(fd->get(), &space) != 0) return std::nullopt;
  if (space.f_blocks == 0) return std::nullopt;  // a tmpfs without a size
  const bool may_take_all = geteuid() == 0;      // also what is kept for the administrator
  return uint64_t{may_take_all ? space.f_bfree : space.f_bavail} * space.f_frsize;
}

std::unique_ptr<AsyncWriter> PosixDisk::NewAsyncWriter(int event_fd) {
  return WritesBesideCaller(FileSystemOf(root_.get())) ? AioWriter::Make(event_fd) : nullptr;
}

DiskResult<OwnedFd> PosixDisk::OpenDirectory(const std::string& path, const char* tried) const {
  OwnedFd fd(RetryInterrupted(
      [&] { return openat(root_.get(), Relative(path), O_DIRECTORY | O_RDONLY | O_CLOEXEC); }));
  if (!fd.valid()) return DiskFailure(errno, Tried(tried, path));
  return fd;
}

}  // namespace thalweg
