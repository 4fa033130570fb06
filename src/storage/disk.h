// The disk as a seam: everything that storage does to files goes through here. The real one is
// posix_disk.h; the simulated one (testing/sim_disk.h) loses, tears and fails on purpose.
//
// A Disk speaks of one directory tree; paths are relative to its root and use '/'. Calls may block
// on the disk. THREAD: any for Disk; a File is used by one thread at a time, but for ReadAt, which
// may come from any, and so is an AsyncWriter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg {

struct DiskError {
  int code = 0;         // errno
  std::string message;  // what was tried, on what, and what the system said
};

template <typename T>
using DiskResult = std::expected<T, DiskError>;

class File {
 public:
  virtual ~File() = default;  // closes; what was not synced may be lost

  // Reads up to out.size() bytes at `offset`; fewer only where the file ends.
  [[nodiscard]] virtual DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const = 0;

  // Writes all of `bytes` at `offset`, with one system call where the system takes it whole.
  [[nodiscard]] virtual DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) = 0;

  // fdatasync. After a failure nothing is known of what was written: never call it again.
  [[nodiscard]] virtual DiskResult<void> Sync() = 0;

  // Waits until the disk has these bytes, which were written before. They are not on stable
  // storage: that still takes a Sync, which finds less to do. After a failure, as after one of
  // Sync.
  [[nodiscard]] virtual DiskResult<void> WriteOut(uint64_t /*offset*/, uint64_t /*bytes*/) {
    return {};
  }

  // WriteAt and WriteOut. Whole pages may go past what the system caches of the file: cheaper, but
  // dearer to read. (docs/BENCHMARKS.md, "Other sizes")
  [[nodiscard]] virtual DiskResult<void> WriteOutPastCache(uint64_t offset,
                                                           std::string_view bytes) {
    const DiskResult<void> written = WriteAt(offset, bytes);
    return written ? WriteOut(offset, bytes.size()) : written;
  }

  // WriteAt, and a sync of at least these bytes, which may go past the cache as well.
  [[nodiscard]] virtual DiskResult<void> WriteAndSync(uint64_t offset, std::string_view bytes) {
    const DiskResult<void> written = WriteAt(offset, bytes);
    return written ? Sync() : written;
  }

  // Forgets what is cached of the file, so that reads tell what the disk has: after a failed sync
  // the cache may show bytes that will never get there. A long file takes milliseconds: `rest` is
  // called between its pieces (null: nobody else needs the processor). REQUIRES: Sync has just
  // succeeded.
  virtual void DropCache(const std::function<void()>& rest) = 0;

  // Gives [0, size) real space, so that writing there cannot run out of it; new bytes read as zero.
  [[nodiscard]] virtual DiskResult<void> Allocate(uint64_t size) = 0;

  [[nodiscard]] virtual DiskResult<void> Truncate(uint64_t size) = 0;
  [[nodiscard]] virtual DiskResult<uint64_t> Size() const = 0;

  // For sendfile; -1 where there is none.
  virtual int fd() const = 0;
};

// Writes that go on beside who began them, one at a time.
class AsyncWriter {
 public:
  static constexpr size_t kBytesMax = 1 << 20;

  virtual ~AsyncWriter() = default;  // waits for the end of what is under way

  // Begins what WriteAndSync does, with a copy of `bytes`. False: it cannot be begun so, and
  // nothing is written. REQUIRES: nothing is under way; `file` is of the disk that made this, and
  // is neither used nor closed before the end; at most kBytesMax.
  [[nodiscard]] virtual bool Begin(File& file, uint64_t offset, std::string_view bytes) = 0;

  // How it ended; null: not yet, and `waits` is false. REQUIRES: something is under way.
  [[nodiscard]] virtual std::optional<DiskResult<void>> End(bool waits) = 0;
};

// Names only. Nothing about a name is on stable storage before SyncDirectory: whoever creates,
// renames or removes uses Directory (directory.h), which cannot forget it.
class Disk {
 public:
  enum class Mode : uint8_t {
    kRead,       // must exist
    kReadWrite,  // must exist
    kCreate,     // must not exist
  };

  virtual ~Disk() = default;

  [[nodiscard]] virtual DiskResult<std::unique_ptr<File>> Open(const std::string& path,
                                                               Mode mode) = 0;
  [[nodiscard]] virtual DiskResult<void> Rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual DiskResult<void> Remove(const std::string& path) = 0;
  [[nodiscard]] virtual DiskResult<void> MakeDirectory(const std::string& path) = 0;
  [[nodiscard]] virtual DiskResult<void> SyncDirectory(const std::string& path) = 0;

  // The names in a directory, without "." and "..", sorted.
  [[nodiscard]] virtual DiskResult<std::vector<std::string>> List(const std::string& path) = 0;

  // Takes the lock of the file at `path` (created where missing) for as long as the result lives.
  // Code EWOULDBLOCK: somebody else holds it. A disk has one lock: whether another file's can be
  // taken meanwhile is not said. "": the lock of all files, whether they are there or not, where
  // the file system can tell.
  [[nodiscard]] virtual DiskResult<std::unique_ptr<File>> Lock(const std::string& path) = 0;

  // How many bytes files in the directory at `path` may take yet, where the file system tells that
  // without a look at its disk, and means it; else null. Quotas, limits and others may leave less.
  // THREAD: any.
  virtual std::optional<uint64_t> FreeBytes(const std::string& /*path*/) const {
    return std::nullopt;
  }

  // A writer that writes to `event_fd`, an eventfd, whenever what it began has ended. Null: this
  // disk has none, or the system does not give one more.
  virtual std::unique_ptr<AsyncWriter> NewAsyncWriter(int /*event_fd*/) { return nullptr; }
};

}  // namespace thalweg
