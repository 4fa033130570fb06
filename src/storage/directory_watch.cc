#include "storage/directory_watch.h"

#include "storage/data_directory.h"
#include "storage/directory.h"
#include "storage/fault.h"
#include "storage/folder_names.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

// Of those that hold what was acknowledged. A folder that is there cannot be opened as a file.
std::optional<std::string> FindMissingPart(Disk& disk) {
  for (const char* part : {kLogFolder, kSegmentsFolder, kCatalogFolder}) {
    const auto found = disk.Open(part, Disk::Mode::kRead);
    if (!found && IsGone(found.error().code)) return std::string(part) + " is missing";
  }
  return std::nullopt;
}

}  // namespace

// What is open is looked at, too: a backup of the directory, put in its place once that has been
// removed, has its identity.
std::optional<std::string> DirectoryWatch::FindGone() const {
  const auto there = PosixDisk::Open(path_);
  if (!there && IsMissing(there.error().code)) return there.error().message;
  if (there) {
    if (auto found = FoundInsteadOf(id_, **there)) return found;
  }
  return FoundInsteadOf(id_, disk_);
}

std::optional<std::string> FoundInsteadOf(const DirectoryId& id, Disk& disk) {
  const auto text = Directory(disk, "").ReadText(kIdentityFile);
  if (!text) return IsGone(text.error().code) ? std::optional(text.error().message) : std::nullopt;
  if (!*text) return std::string(kIdentityFile) + " is missing";
  const auto found = DecodeIdentity(**text);
  if (found && *found != id) {
    return "this is data directory " + DataDirectory::NameOf(*found) + ", and " +
           DataDirectory::NameOf(id) + " is served";
  }
  return FindMissingPart(disk);
}

}  // namespace thalweg
