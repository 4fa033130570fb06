// One open file of a PosixDisk.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/owned_fd.h"
#include "storage/disk_error.h"

namespace thalweg {

// Whether an error of a direct write says that the same may go through the cache.
bool IsRefusal(int code);

// For messages.
std::string Tried(const char* verb, size_t bytes, uint64_t offset, const std::string& path);

// Of what type the file system is that an open file is of; 0: the system does not say.
uint64_t FileSystemOf(int fd);

// Whether file systems of this type are known to sync a direct write that asks for it. 9p and SMB
// take the flag, and leave the bytes in their server's cache; what overlayfs does is what the one
// below it does, whose type it does not tell.
bool SyncsDirectWrites(uint64_t file_system);

// Whether they are known to go on with it beside the caller, too.
bool WritesBesideCaller(uint64_t file_system);

// Whether they are known to tell what space is free at once, from memory, and to mean it: btrfs and
// ZFS do not, and of others a server may be asked.
bool TellsFreeBytes(uint64_t file_system);

// Memory as a direct write wants it, and as much as it writes at a time: with 64 KiB segments were
// slower than through the cache, and 4 MiB take no less of the processor.
inline constexpr size_t kDirectPageBytes = 4096;
struct alignas(kDirectPageBytes) DirectPages {
  std::array<char, 256 * kDirectPageBytes> bytes;
};

class PosixFile final : public File {
 public:
  // `with`: another descriptor that stays open as long as this one.
  PosixFile(OwnedFd fd, std::string path, OwnedFd with = OwnedFd())
      : fd_(std::move(fd)), path_(std::move(path)), with_(std::move(with)) {}

  [[nodiscard]] DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const override;
  [[nodiscard]] DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] DiskResult<void> Sync() override;
  [[nodiscard]] DiskResult<void> WriteOut(uint64_t offset, uint64_t bytes) override;
  [[nodiscard]] DiskResult<void> WriteOutPastCache(uint64_t offset,
                                                   std::string_view bytes) override;
  [[nodiscard]] DiskResult<void> WriteAndSync(uint64_t offset, std::string_view bytes) override;
  void DropCache(const std::function<void()>& rest) override;
  [[nodiscard]] DiskResult<void> Allocate(uint64_t size) override;
  [[nodiscard]] DiskResult<void> Truncate(uint64_t size) override;
  [[nodiscard]] DiskResult<uint64_t> Size() const override;
  int fd() const override { return fd_.get(); }

  // For writes of whole pages past the cache that go on beside the caller; -1: this file has none.
  int async_fd();
  const std::string& path() const { return path_; }

 private:
  bool HasHoles() const;
  DiskResult<void> Reserve(uint64_t size);
  bool CanWriteDirectly();
  uint64_t FileSystem();
  DiskResult<bool> WriteDirectly(uint64_t offset, std::string_view bytes, int flags);
  template <typename Write>
  DiskResult<void> WriteAll(uint64_t offset, size_t bytes, const Write& write);

  const OwnedFd fd_;
  const std::string path_;
  const OwnedFd with_;
  std::optional<uint64_t> file_system_;  // its type; null: not asked
  std::optional<OwnedFd> direct_fd_;     // null: not tried; none: the system cannot
  std::unique_ptr<DirectPages> direct_pages_;
};

}  // namespace thalweg
