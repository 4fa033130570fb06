// The machine's file system below one directory.
//
// Interrupted calls are repeated and short writes continued here, so no one above sees either.
// THREAD: any, as Disk and File say.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/owned_fd.h"
#include "storage/disk.h"

namespace thalweg {

// Of every file in a data directory.
inline constexpr mode_t kFileMode = 0640;

class PosixDisk final : public Disk {
 public:
  // Of an open directory.
  explicit PosixDisk(OwnedFd root) : root_(std::move(root)) {}

  // `root` must be a directory that exists: one that is missing may be a mount that is missing.
  [[nodiscard]] static DiskResult<std::unique_ptr<PosixDisk>> Open(const std::string& root);

  [[nodiscard]] DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override;
  [[nodiscard]] DiskResult<void> Rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] DiskResult<void> Remove(const std::string& path) override;
  [[nodiscard]] DiskResult<void> MakeDirectory(const std::string& path) override;
  [[nodiscard]] DiskResult<void> SyncDirectory(const std::string& path) override;
  [[nodiscard]] DiskResult<std::vector<std::string>> List(const std::string& path) override;
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override;
  std::optional<uint64_t> FreeBytes(const std::string& path) const override;
  std::unique_ptr<AsyncWriter> NewAsyncWriter(int event_fd) override;

 private:
  DiskResult<std::unique_ptr<File>> LockRoot(OwnedFd with, const std::string& path);
  DiskResult<OwnedFd> OpenDirectory(const std::string& path, const char* tried) const;

  const OwnedFd root_;
};

}  // namespace thalweg
