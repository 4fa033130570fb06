#include "storage/directory_watch.h"

#include "storage/data_directory.h"
#include "storage/directory.h"
#include "storage/fault.h"
#include "storage/folder_names.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

// Of those that hold what was acknowledged.
std::optional<std::string> FindMissingPart(Directory& root) {
  const auto names = root.List();
  if (!names) return std::nullopt;
  for (const char* part : {kLogFolder, kSegmentsFolder, kCatalogFolder}) {
    if (!Contains(*names, part)) return std::string(part) + " is missing";
  }
  return std::nullopt;
}

}  // namespace

// What is open is looked at, too: a backup of the directory, put in its place once that has been
// removed, has its identity.
std::optional<std::string> DirectoryWatch::FindGone() const {
  const auto there = PosixDisk::Open(path_);
  if (!there) {
    return IsMissing(there.error().code) ? std::optional(there.error().message) : std::nullopt;
  }
  auto found = FoundInsteadOf(id_, **there);
  return found ? found : FoundInsteadOf(id_, disk_);
}

std::optional<std::string> FoundInsteadOf(const DirectoryId& id, Disk& disk) {
  Directory root(disk, "");
  const auto text = root.ReadText(kIdentityFile);
  if (!text) return std::nullopt;
  if (!*text) return std::string(kIdentityFile) + " is missing";
  const auto found = DecodeIdentity(**text);
  if (found && *found != id) {
    return "this is data directory " + DataDirectory::NameOf(*found) + ", and " +
           DataDirectory::NameOf(id) + " is served";
  }
  return FindMissingPart(root);
}

}  // namespace thalweg
