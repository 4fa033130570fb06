// The directory that holds everything of one server: its identity, its lock, its parts.
//
//   identity     who this directory is, in text
//   lock         held by the process that serves from here
//   clock        how its time goes on (directory_clock.h); may be missing
//   life         whose bytes are served from it (directory_life.h); may be missing
//   log/         the commit log
//   segments/    sealed data files
//   catalog/     what changes rarely about every stream
//   quarantine/  what was found and not understood; never deleted by us
//
// A directory that was one once and lacks a part is refused, never started afresh: a mount may be
// missing. Owned by whoever serves; holds the lock as long as it lives. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/log_format.h"

namespace thalweg {

inline constexpr int kDataFormat = 1;

class DataDirectory {
 public:
  // Locks and checks the root of `disk`; an empty one becomes a data directory called `fresh_id`.
  // REQUIRES: `disk` outlives the result.
  [[nodiscard]] static StorageResult<std::unique_ptr<DataDirectory>> Open(
      Disk& disk, const DirectoryId& fresh_id);

  // The same without lock and without changing anything: for whoever only looks, also while a
  // server is running.
  [[nodiscard]] static StorageResult<std::unique_ptr<DataDirectory>> OpenReadOnly(Disk& disk);

  // The same, yet refused while somebody serves from here, and nobody can begin to meanwhile.
  [[nodiscard]] static StorageResult<std::unique_ptr<DataDirectory>> OpenAtRest(Disk& disk);

  // Locks what is to hold a copy of the directory called `id`: such a copy, or one that was not
  // finished, or an empty directory. A new copy has no identity and is not served from before
  // FinishCopy.
  [[nodiscard]] static StorageResult<std::unique_ptr<DataDirectory>> OpenForCopy(
      Disk& disk, const DirectoryId& id);

  // Gives the copy its identity, where it has none yet. REQUIRES: `disk` is OpenForCopy's, and all
  // that belongs into the copy is on stable storage.
  [[nodiscard]] static StorageResult<void> FinishCopy(Disk& disk);

  // Takes the copy its identity until FinishCopy: it will not be whole for a while.
  [[nodiscard]] static StorageResult<void> ReopenCopy(Disk& disk);

  // Makes the directory at `path` of the machine where it alone is missing.
  [[nodiscard]] static StorageResult<void> CreateMissing(const std::string& path);

  // For the functions above.
  DataDirectory(std::unique_ptr<File> lock, const DirectoryId& id)
      : lock_(std::move(lock)), id_(id) {}

  const DirectoryId& id() const { return id_; }
  bool is_new() const { return is_new_; }  // Open has made it

  // A directory's name: 32 hexadecimal digits.
  static std::string NameOf(const DirectoryId& id);

  // Whether something of ours may be called `name` in the part `part` ("log", "segments").
  static bool IsKnownName(std::string_view part, std::string_view name);

  // Whether `name` is nobody's, and stands where a file system begins.
  static bool IsOfFileSystem(std::string_view name);

  // Names in log/ and segments/ that nobody knows were moved to quarantine/; these are their new
  // paths.
  const std::vector<std::string>& quarantined() const { return quarantined_; }
  // The paths of those that cannot be moved.
  const std::vector<std::string>& left() const { return left_; }

 private:
  StorageResult<void> QuarantineUnknown(Disk& disk);

  const std::unique_ptr<File> lock_;  // null: read only
  const DirectoryId id_;
  bool is_new_ = false;
  std::vector<std::string> quarantined_;
  std::vector<std::string> left_;
};

// The text of the identity file.
std::string EncodeIdentity(const DirectoryId& id);

// kForeign: not the text of an identity, or of another format.
[[nodiscard]] StorageResult<DirectoryId> DecodeIdentity(const std::string& text);

}  // namespace thalweg
