#include "server/backup.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "server/fault_exit.h"
#include "storage/data_directory.h"
#include "storage/data_directory_backup.h"
#include "storage/data_directory_view.h"
#include "storage/directory.h"
#include "storage/lmdb_catalog.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

// The catalog as it is committed now, beside a server that runs. (data_directory_backup.h)
class CatalogCopier {
 public:
  CatalogCopier(Disk& from, std::string from_path, Disk& to, std::string to_path)
      : from_(from),
        from_path_(std::move(from_path) + "/" + kCatalogFolder),
        to_(to),
        to_path_(std::move(to_path) + "/" + kCatalogFolder) {}

  StorageResult<CatalogHead> Copy(const DirectoryId& id) {
    Directory folder(to_, kCatalogFolder);
    const std::string draft = DraftOf(kCatalogFile);
    if (const auto removed = folder.RemoveIfThere(draft); !removed) {
      return DiskFault(removed.error());
    }
    DataDirectoryView view(from_);
    const auto is_there = CatalogIsThere(view);
    if (!is_there) return std::unexpected(is_there.error());
    if (!*is_there) return CatalogHead{};
    const auto names = from_.List(kCatalogFolder);
    if (!names) return DiskFault(names.error());
    // Where no server ever was there is no lock file, and none is to be made.
    const bool joins = Contains(*names, kCatalogLockFile) && !IsReadOnly();
    const auto alone = joins ? std::unique_ptr<File>() : view.Lock(kLockFile);
    if (!alone) return NotAlone(alone.error());
    const auto catalog =
        LmdbCatalog::Open(from_path_, id, {.mode = joins ? Mode::kRead : Mode::kReadAtRest});
    if (!catalog) return std::unexpected(catalog.error());
    const auto file = folder.Create(draft);
    if (!file) return DiskFault(file.error());
    if (const auto copied = (*catalog)->CopyTo(**file); !copied) {
      return std::unexpected(copied.error());
    }
    const auto copy = LmdbCatalog::Open(to_path_, id, {.mode = Mode::kReadAtRest, .file = draft});
    if (!copy) return std::unexpected(copy.error());
    if (const auto whole = (*copy)->Verify(); !whole) return std::unexpected(whole.error());
    return (*copy)->Head();
  }

 private:
  using Mode = LmdbCatalog::Mode;

  // As of a mount or a snapshot: whoever writes the catalog could not be told of who reads it.
  bool IsReadOnly() const {
    const std::string lock = from_path_ + "/" + kCatalogLockFile;
    return eaccess(lock.c_str(), W_OK) != 0 && errno == EROFS;
  }

  static std::unexpected<StorageFault> NotAlone(const DiskError& error) {
    if (error.code != EWOULDBLOCK) return DiskFault(error);
    return ForeignFault(
        "is in use by another process; beside a server a backup has to be able to write to "
        "catalog/lock.mdb");
  }

  Disk& from_;
  const std::string from_path_;
  Disk& to_;
  const std::string to_path_;
};

// Whether `path`, which need not exist, is `dir` or in it, by whatever names they go.
bool IsWithin(const std::filesystem::path& path, const std::string& dir) {
  std::error_code unknown;  // what cannot be looked at is another's, or not there yet
  const auto full = std::filesystem::absolute(path, unknown);
  for (auto part = std::filesystem::weakly_canonical(full, unknown); part.has_relative_path();
       part = part.parent_path()) {
    if (std::filesystem::equivalent(part, dir, unknown)) return true;
  }
  return false;
}

StorageResult<BackupReport> Run(const std::string& dir, const std::string& target) {
  const auto from = PosixDisk::Open(dir);
  if (!from) return DiskFault(from.error());
  if (IsWithin(target, dir)) {
    return std::unexpected(StorageFault{
        StorageFault::Kind::kForeign,
        "the target is within the directory that is to be copied, so it would be lost with it, and "
        "be in its way; choose one outside of it, best on another disk"});
  }
  DataDirectoryView view(**from);
  if (const auto original = DataDirectory::OpenReadOnly(view); !original) {
    return std::unexpected(original.error());  // before a target is made that looks like a copy
  }
  const auto made = DataDirectory::CreateMissing(target);
  if (!made) return std::unexpected(made.error());
  const auto to = PosixDisk::Open(target);
  if (!to) return DiskFault(to.error());
  CatalogCopier copier(**from, dir, **to, target);
  return BackUpDirectory(**from, **to,
                         [&copier](const DirectoryId& id) { return copier.Copy(id); });
}

}  // namespace

int Backup(const std::string& dir, const std::string& target) {
  const auto report = Run(dir, target);
  if (!report) {
    return Fail("backup of " + dir + " to " + target + ": " + report.error().message,
                ExitCodeFor(report.error().kind));
  }
  std::printf(
      "backed up %s to %s: up to record %llu; files: %llu copied (%llu bytes), %llu "
      "there already\n",
      dir.c_str(), target.c_str(), static_cast<unsigned long long>(report->last.value),
      static_cast<unsigned long long>(report->copied),
      static_cast<unsigned long long>(report->bytes),
      static_cast<unsigned long long>(report->kept));
  return 0;
}

}  // namespace thalweg
