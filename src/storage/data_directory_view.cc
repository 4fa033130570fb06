#include "storage/data_directory_view.h"

#include <algorithm>
#include <cerrno>

#include "storage/data_directory.h"
#include "storage/disk_error.h"
#include "storage/folder_names.h"

namespace thalweg {
namespace {

bool HoldsNumbered(const std::string& part) {
  return part == kLogFolder || part == kSegmentsFolder;
}

}  // namespace

DiskResult<std::unique_ptr<File>> DataDirectoryView::Open(const std::string& path, Mode mode) {
  if (mode != Mode::kRead) return DiskFailure(EROFS, "open " + path);
  return disk_.Open(path, mode);
}

DiskResult<std::vector<std::string>> DataDirectoryView::List(const std::string& path) {
  auto names = disk_.List(path);
  if (!names || !HoldsNumbered(path)) return names;
  std::erase_if(
      *names, [&path](const std::string& name) { return !DataDirectory::IsKnownName(path, name); });
  return names;
}

DiskResult<std::unique_ptr<File>> DataDirectoryView::Lock(const std::string& path) {
  const auto names = disk_.List("");
  if (!names) return std::unexpected(names.error());
  if (std::find(names->begin(), names->end(), path) != names->end()) return disk_.Lock(path);
  return disk_.Lock("");
}

DiskResult<void> DataDirectoryView::Rename(const std::string& from, const std::string& to) {
  return DiskFailure(EROFS, "rename " + from + " to " + to);
}

DiskResult<void> DataDirectoryView::Remove(const std::string& path) {
  return DiskFailure(EROFS, "remove " + path);
}

DiskResult<void> DataDirectoryView::MakeDirectory(const std::string& path) {
  return DiskFailure(EROFS, "make directory " + path);
}

DiskResult<void> DataDirectoryView::SyncDirectory(const std::string& path) {
  return DiskFailure(EROFS, "sync directory " + path);
}

DiskResult<std::vector<std::string>> DataDirectoryView::Unknown() {
  std::vector<std::string> unknown;
  for (const std::string part : {kLogFolder, kSegmentsFolder}) {
    const auto names = disk_.List(part);
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      const bool is_told =
          !DataDirectory::IsKnownName(part, name) && !DataDirectory::IsOfFileSystem(name);
      if (is_told) unknown.push_back(part + "/" + name);
    }
  }
  return unknown;
}

}  // namespace thalweg
