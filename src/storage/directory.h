// The only way in which storage creates, renames and removes: each change of a name is followed by
// the sync without which a power cut may undo it, so nobody can forget it.
//
// Borrows the disk. After a failure it is unknown whether the change will be there after a crash.
// THREAD: any.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/disk.h"

namespace thalweg {

class Directory {
 public:
  // The directory at `path` of `disk`, which must exist; "" is the root.
  Directory(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  // Makes the directory `name` in this one.
  [[nodiscard]] DiskResult<Directory> MakeDirectory(const std::string& name);

  // ENSURES: the empty file's name is on stable storage. EEXIST where there is one already.
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Create(const std::string& name);

  // Moves `name` of this directory to `new_name` of `target` (which may be this one), in place of
  // what stands there.
  [[nodiscard]] DiskResult<void> RenameInto(Directory& target, const std::string& name,
                                            const std::string& new_name);

  // Puts a file of these bytes under `name`, in place of what stands there: whole or not at all. It
  // is written under the name DraftOf(name).
  [[nodiscard]] DiskResult<void> Replace(const std::string& name, std::string_view bytes);

  // Removes a file; RemoveIfThere takes one that is not there for removed.
  [[nodiscard]] DiskResult<void> Remove(const std::string& name);
  [[nodiscard]] DiskResult<void> RemoveIfThere(const std::string& name);

  // Opens a file that exists. REQUIRES: mode is not kCreate.
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Open(const std::string& name, Disk::Mode mode);

  // The text of a file, at most its first 4096 bytes; null: there is no such file.
  [[nodiscard]] DiskResult<std::optional<std::string>> ReadText(const std::string& name);

  // As Disk::List.
  [[nodiscard]] DiskResult<std::vector<std::string>> List() { return disk_.List(path_); }

  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& name) const;

 private:
  DiskResult<void> Sync() { return disk_.SyncDirectory(path_); }

  Disk& disk_;
  std::string path_;
};

// The name of what is to be called `name` once it is whole.
inline std::string DraftOf(const std::string& name) { return name + ".new"; }

// Whether a listing has `name`.
inline bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace thalweg
