#include "storage/data_directory.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/ascii.h"
#include "storage/directory.h"
#include "storage/folder_names.h"
#include "storage/log_recovery.h"
#include "storage/posix_disk.h"
#include "storage/segment_format.h"

namespace thalweg {
namespace {

constexpr const char* kCopyIdentity = "identity.unfinished";
constexpr const char* kParts[] = {kLogFolder, kSegmentsFolder, kCatalogFolder, kQuarantineFolder};
constexpr std::string_view kFirstLine = "thalweg data directory";

// A directory that holds nothing else is empty.
bool IsNothing(const std::string& name) {
  return name == kLockFile || name == DraftOf(kIdentityFile) || name == DraftOf(kCopyIdentity) ||
         DataDirectory::IsOfFileSystem(name);
}

// On another file system, the beginning of one, or not this user's to move.
bool IsUnmovable(int code) {
  return code == EXDEV || code == EBUSY || code == EACCES || code == EPERM;
}

// What to do where something is damaged or missing: in a data directory, and in a backup.
constexpr const char* kRestore = "restore it from a backup";
constexpr const char* kMakeAgain = "make the backup again, into an empty directory";

// The identity in the file `name`.
StorageResult<DirectoryId> DecodeIdentityIn(const std::string& name, const std::string& text,
                                            const char* remedy) {
  const auto unreadable = [&] { return DamageFault(name + " cannot be read; " + remedy); };
  const std::string head = std::string(kFirstLine) + "\nformat ";
  if (head.starts_with(text)) return unreadable();  // it was cut, or emptied
  if (!text.starts_with(head)) return ForeignFault(name + " is not that of a data directory");
  DirectoryId id{};
  for (size_t i = 0; i < id.size(); ++i) {
    const size_t at = text.size() - std::min(text.size(), 33 - 2 * i);
    const auto digit = [&text](size_t p) { return HexValue(p < text.size() ? text[p] : '?'); };
    id[i] = static_cast<uint8_t>(digit(at) * 16 + digit(at + 1));
  }
  if (text == EncodeIdentity(id)) return id;
  const std::string ours = "format " + std::to_string(kDataFormat);
  const size_t begin = kFirstLine.size() + 1;
  const size_t end = text.find('\n', begin);
  const std::string found = text.substr(begin, end == text.npos ? 0 : end - begin);
  if (!found.empty() && found != ours) {
    return ForeignFault(name + " says " + found + ", and this program reads " + ours +
                        ": another version wrote it");
  }
  return unreadable();
}

StorageResult<DirectoryId> ReadIdentity(Disk& disk, const char* name, const char* remedy) {
  const auto text = Directory(disk, "").ReadText(name);
  if (!text) return DiskFault(text.error());
  if (!*text) return DiskFault(std::string(name) + " was there, and is gone");
  return DecodeIdentityIn(name, **text, remedy);
}

// Who has removed what is in quarantine may have removed the folder with it.
StorageResult<void> CheckParts(const std::vector<std::string>& names, const char* remedy) {
  for (const char* part : {kLogFolder, kSegmentsFolder, kCatalogFolder}) {
    if (Contains(names, part)) continue;
    return DamageFault(std::string(part) +
                       " is missing from a directory that has an identity; is something "
                       "not mounted? Else " +
                       remedy);
  }
  return {};
}

// Null: there is no identity, and this may become a data directory. What an initialization that
// was cut short left behind is in nobody's way.
StorageResult<std::optional<DirectoryId>> FindIdentity(Disk& disk,
                                                       const std::vector<std::string>& names,
                                                       const char* remedy = kRestore) {
  if (Contains(names, kIdentityFile)) {
    auto id = ReadIdentity(disk, kIdentityFile, remedy);
    if (!id) return std::unexpected(id.error());
    if (const auto parts = CheckParts(names, remedy); !parts) return std::unexpected(parts.error());
    return *id;
  }
  if (Contains(names, kCopyIdentity)) {
    return ForeignFault("is a backup that was not finished; make it again");
  }
  for (const std::string& name : names) {
    if (IsNothing(name)) continue;
    if (std::ranges::find(kParts, name) == std::end(kParts)) {
      return ForeignFault("holds " + name +
                          " and no identity: it is not a data directory. Choose an empty one");
    }
    const auto inside = disk.List(name);
    if (!inside) return DiskFault(inside.error());
    if (!std::ranges::all_of(*inside, DataDirectory::IsOfFileSystem)) {
      return DamageFault(std::string(kIdentityFile) + " is missing, yet " + name + " holds data; " +
                         remedy);
    }
  }
  return std::optional<DirectoryId>();
}

// Parts first, what names the directory last: with it, all is there.
DiskResult<void> Initialize(Disk& disk, const std::vector<std::string>& names,
                            const DirectoryId& id, const char* identity) {
  Directory root(disk, "");
  for (const char* part : kParts) {
    if (Contains(names, part)) continue;
    if (const auto made = root.MakeDirectory(part); !made) return std::unexpected(made.error());
  }
  // What was there already may be there in the cache only.
  if (const auto synced = disk.SyncDirectory(""); !synced) return synced;
  return root.Replace(identity, EncodeIdentity(id));
}

StorageResult<std::unique_ptr<File>> TakeLock(Disk& disk) {
  auto lock = disk.Lock(kLockFile);
  if (lock) return std::move(*lock);
  if (lock.error().code != EWOULDBLOCK) return DiskFault(lock.error());
  return ForeignFault("is in use by another process, or by another store of this one");
}

// The id of the copy at `disk`, finished or not; null: there is none yet.
StorageResult<std::optional<DirectoryId>> FindCopy(Disk& disk,
                                                   const std::vector<std::string>& names) {
  if (Contains(names, kIdentityFile) || !Contains(names, kCopyIdentity)) {
    return FindIdentity(disk, names, kMakeAgain);
  }
  const auto id = ReadIdentity(disk, kCopyIdentity, kMakeAgain);
  if (!id) return std::unexpected(id.error());
  return *id;
}

std::string FreeName(const std::vector<std::string>& taken, const std::string& name) {
  std::string free = name;
  for (int i = 2; Contains(taken, free); ++i) free = name + "." + std::to_string(i);
  return free;
}

// Where `from` is not there, it has been done before.
StorageResult<void> RenameInRoot(Disk& disk, const char* from, const char* to) {
  Directory root(disk, "");
  const auto names = root.List();
  if (!names) return DiskFault(names.error());
  if (!Contains(*names, from)) return {};
  if (const auto renamed = root.RenameInto(root, from, to); !renamed) {
    return DiskFault(renamed.error());
  }
  return {};
}

}  // namespace

std::string DataDirectory::NameOf(const DirectoryId& id) {
  std::string name;
  for (const uint8_t byte : id) AppendHex(byte, name);
  return name;
}

bool DataDirectory::IsKnownName(std::string_view part, std::string_view name) {
  if (part == kLogFolder) return LogFileNumber(name) || LogSpareNumber(name);
  return part == kSegmentsFolder && SegmentFileNumber(name);
}

bool DataDirectory::IsOfFileSystem(std::string_view name) { return name == "lost+found"; }

std::string EncodeIdentity(const DirectoryId& id) {
  return std::string(kFirstLine) + "\nformat " + std::to_string(kDataFormat) + "\nid " +
         DataDirectory::NameOf(id) + "\n";
}

StorageResult<DirectoryId> DecodeIdentity(const std::string& text) {
  return DecodeIdentityIn(kIdentityFile, text, kRestore);
}

StorageResult<std::unique_ptr<DataDirectory>> DataDirectory::Open(Disk& disk,
                                                                  const DirectoryId& fresh_id) {
  auto names = disk.List("");
  if (!names) return DiskFault(names.error());
  auto id = FindIdentity(disk, *names);  // before a lock is made in what may not be ours
  if (!id) return std::unexpected(id.error());
  auto lock = TakeLock(disk);
  if (!lock) return std::unexpected(lock.error());
  if (!*id) {
    names = disk.List("");  // somebody may have been quicker
    if (!names) return DiskFault(names.error());
    id = FindIdentity(disk, *names);
    if (!id) return std::unexpected(id.error());
  }
  const bool is_new = !*id;
  if (is_new) {
    const auto made = Initialize(disk, *names, fresh_id, kIdentityFile);
    if (!made) return DiskFault(made.error());
    *id = fresh_id;
  }
  auto directory = std::make_unique<DataDirectory>(std::move(*lock), **id);
  directory->is_new_ = is_new;
  if (const auto moved = directory->QuarantineUnknown(disk); !moved) {
    return std::unexpected(moved.error());
  }
  return directory;
}

StorageResult<std::unique_ptr<DataDirectory>> DataDirectory::OpenReadOnly(Disk& disk) {
  const auto names = disk.List("");
  if (!names) return DiskFault(names.error());
  const auto id = FindIdentity(disk, *names);
  if (!id) return std::unexpected(id.error());
  if (!*id) return ForeignFault("has no identity: it is not a data directory");
  return std::make_unique<DataDirectory>(nullptr, **id);
}

StorageResult<std::unique_ptr<DataDirectory>> DataDirectory::OpenAtRest(Disk& disk) {
  const auto looked = OpenReadOnly(disk);  // before a lock is made in what may not be ours
  if (!looked) return std::unexpected(looked.error());
  auto lock = TakeLock(disk);
  if (!lock) return std::unexpected(lock.error());
  return std::make_unique<DataDirectory>(std::move(*lock), (*looked)->id());
}

StorageResult<std::unique_ptr<DataDirectory>> DataDirectory::OpenForCopy(Disk& disk,
                                                                         const DirectoryId& id) {
  auto names = disk.List("");
  if (!names) return DiskFault(names.error());
  auto found = FindCopy(disk, *names);  // before a lock is made in what may not be ours
  if (!found) return std::unexpected(found.error());
  auto lock = TakeLock(disk);
  if (!lock) return std::unexpected(lock.error());
  names = disk.List("");  // somebody may have been quicker
  if (!names) return DiskFault(names.error());
  found = FindCopy(disk, *names);
  if (!found) return std::unexpected(found.error());
  if (*found && **found != id) {
    return ForeignFault("holds another data directory (" + NameOf(**found) +
                        "). Choose an empty one");
  }
  if (!*found) {
    const auto made = Initialize(disk, *names, id, kCopyIdentity);
    if (!made) return DiskFault(made.error());
  }
  return std::make_unique<DataDirectory>(std::move(*lock), id);
}

StorageResult<void> DataDirectory::FinishCopy(Disk& disk) {
  return RenameInRoot(disk, kCopyIdentity, kIdentityFile);
}

StorageResult<void> DataDirectory::ReopenCopy(Disk& disk) {
  return RenameInRoot(disk, kIdentityFile, kCopyIdentity);
}

StorageResult<void> DataDirectory::QuarantineUnknown(Disk& disk) {
  Directory quarantine(disk, kQuarantineFolder);
  const auto root_names = disk.List("");
  if (!root_names) return DiskFault(root_names.error());
  bool has_quarantine = Contains(*root_names, kQuarantineFolder);
  for (const char* part : {kLogFolder, kSegmentsFolder}) {
    Directory folder(disk, part);
    const auto names = folder.List();
    if (!names) return DiskFault(names.error());
    for (const std::string& name : *names) {
      if (IsKnownName(part, name) || IsOfFileSystem(name)) continue;
      if (!std::exchange(has_quarantine, true)) {
        const auto made = Directory(disk, "").MakeDirectory(kQuarantineFolder);
        if (!made) return DiskFault(made.error());
      }
      const auto taken = quarantine.List();
      if (!taken) return DiskFault(taken.error());
      const std::string new_name = FreeName(*taken, name);
      const auto moved = folder.RenameInto(quarantine, name, new_name);
      if (moved) {
        quarantined_.push_back(quarantine.PathOf(new_name));
      } else if (IsUnmovable(moved.error().code)) {
        left_.push_back(folder.PathOf(name));  // it is in nobody's way
      } else {
        return DiskFault(moved.error());
      }
    }
  }
  return {};
}

StorageResult<void> DataDirectory::CreateMissing(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) || error) return {};  // opening it says what is wrong
  const auto whole = std::filesystem::absolute(path, error).lexically_normal();
  if (error) {  // the working directory is gone
    return DiskFault("find " + path + " from the working directory: " + error.message());
  }
  const bool ends_with_slash = whole.filename().empty();
  const std::filesystem::path bare = ends_with_slash ? whole.parent_path() : whole;
  const auto parent = PosixDisk::Open(bare.parent_path().string());
  if (!parent) return DiskFault(parent.error());
  const auto made = Directory(**parent, "").MakeDirectory(bare.filename().string());
  if (!made) return DiskFault(made.error());
  return {};
}

}  // namespace thalweg
