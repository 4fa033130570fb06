// A data directory as those see it who only look: nothing can be changed through here, and in log/
// and segments/ stands only what has a name of ours, as after the next start.
//
// Borrows the disk. THREAD: as Disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/disk.h"

namespace thalweg {

class DataDirectoryView final : public Disk {
 public:
  explicit DataDirectoryView(Disk& disk) : disk_(disk) {}

  // Fails with EROFS but for Mode::kRead.
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override;
  [[nodiscard]] DiskResult<std::vector<std::string>> List(const std::string& path) override;

  // Makes no file: where there is none, takes the lock of all of them.
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override;

  // What follows fails with EROFS.
  [[nodiscard]] DiskResult<void> Rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] DiskResult<void> Remove(const std::string& path) override;
  [[nodiscard]] DiskResult<void> MakeDirectory(const std::string& path) override;
  [[nodiscard]] DiskResult<void> SyncDirectory(const std::string& path) override;

  // Names in log/ and segments/ that nobody knows, with their paths.
  [[nodiscard]] DiskResult<std::vector<std::string>> Unknown();

 private:
  Disk& disk_;
};

}  // namespace thalweg
