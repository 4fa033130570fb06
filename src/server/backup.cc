#include "server/backup.h"

#include <cstdio>
#include <memory>

#include "server/fault_exit.h"
#include "storage/data_directory.h"
#include "storage/data_directory_backup.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

StorageResult<BackupReport> Run(const std::string& dir, const std::string& target) {
  const auto from = PosixDisk::Open(dir);
  if (!from) return std::unexpected(StorageFault{StorageFault::Kind::kDisk, from.error().message});
  const auto made = DataDirectory::CreateMissing(target);
  if (!made) return std::unexpected(made.error());
  const auto to = PosixDisk::Open(target);
  if (!to) return std::unexpected(StorageFault{StorageFault::Kind::kDisk, to.error().message});
  return BackUpDirectory(**from, **to);
}

}  // namespace

int Backup(const std::string& dir, const std::string& target) {
  const auto report = Run(dir, target);
  if (!report) {
    std::fprintf(stderr, "thalweg: backup of %s to %s: %s\n", dir.c_str(), target.c_str(),
                 report.error().message.c_str());
    return ExitCodeFor(report.error().kind);
  }
  std::printf(
      "backed up %s to %s: up to record %llu; log files: %llu copied (%llu bytes), %llu "
      "there already\n",
      dir.c_str(), target.c_str(), static_cast<unsigned long long>(report->last.value),
      static_cast<unsigned long long>(report->copied),
      static_cast<unsigned long long>(report->bytes),
      static_cast<unsigned long long>(report->kept));
  return 0;
}

}  // namespace thalweg
