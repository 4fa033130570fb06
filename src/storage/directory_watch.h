// Whether a data directory is still where it is served from, with the files that it needs: it may
// be moved, unmounted or removed, and files that are open tell nothing of that.
//
// Constant after construction. THREAD: any; a look may wait for the disk, and for any that the path
// leads through.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/disk.h"
#include "storage/log_format.h"

namespace thalweg {

class DirectoryWatch {
 public:
  // Of the directory called `id` that `disk` was opened for, at `path` of the machine, from the
  // root, without links. REQUIRES: `disk` outlives it.
  DirectoryWatch(Disk& disk, std::string path, const DirectoryId& id)
      : disk_(disk), path_(std::move(path)), id_(id) {}

  // What was found in its place, where that is nothing, what has no identity or lacks a part or a
  // file that it needs, or another data directory. Null: it is there, or the system says something
  // else, which tells nothing. `needed`: files, by their paths in it.
  std::optional<std::string> FindGone(const std::vector<std::string>& needed) const;

  const std::string& path() const { return path_; }

 private:
  Disk& disk_;
  const std::string path_;
  const DirectoryId id_;
};

// The same of the root of `disk` alone.
std::optional<std::string> FoundInsteadOf(const DirectoryId& id, Disk& disk,
                                          const std::vector<std::string>& needed);

}  // namespace thalweg
