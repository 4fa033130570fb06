#include "storage/directory_watch.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
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

// The first of `files`, which stand in folders, that is not there.
std::optional<std::string> FindMissingFile(Disk& disk, const std::vector<std::string>& files) {
  std::map<std::string, DiskResult<std::vector<std::string>>> listed;
  for (const std::string& path : files) {
    const size_t slash = path.rfind('/');
    THALWEG_ASSERT(slash != std::string::npos);
    const std::string folder = path.substr(0, slash);
    auto there = listed.find(folder);
    if (there == listed.end()) there = listed.emplace(folder, disk.List(folder)).first;
    const auto& names = there->second;
    const bool is_missing = names && !std::ranges::binary_search(*names, path.substr(slash + 1));
    if (is_missing) return path + " is missing";
  }
  return std::nullopt;
}

}  // namespace

// What is open is looked at, too: a backup of the directory, put in its place once that has been
// removed, has its identity.
std::optional<std::string> DirectoryWatch::FindGone(const std::vector<std::string>& needed) const {
  const auto there = PosixDisk::Open(path_);
  if (!there && IsMissing(there.error().code)) return there.error().message;
  if (there) {
    if (auto found = FoundInsteadOf(id_, **there, needed)) return found;
  }
  return FoundInsteadOf(id_, disk_, needed);
}

std::optional<std::string> FoundInsteadOf(const DirectoryId& id, Disk& disk,
                                          const std::vector<std::string>& needed) {
  const auto text = Directory(disk, "").ReadText(kIdentityFile);
  if (!text) return IsGone(text.error().code) ? std::optional(text.error().message) : std::nullopt;
  if (!*text) return std::string(kIdentityFile) + " is missing";
  const auto found = DecodeIdentity(**text);
  if (found && *found != id) {
    return "this is data directory " + DataDirectory::NameOf(*found) + ", and " +
           DataDirectory::NameOf(id) + " is served";
  }
  const auto part = FindMissingPart(disk);
  return part ? part : FindMissingFile(disk, needed);
}

}  // namespace thalweg
