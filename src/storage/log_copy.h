// Copies a commit log to another disk, also while a server writes and trims it: the copy is a
// prefix of the log, and what is there already is not copied again. It has all that was durable
// when it was surveyed, and may have a block more that nobody was told of yet.
//
// A trimmed file is used again, and its first change is that of its header: what was read of a file
// counts if its header is the same afterwards.
//
// Used by one thread, its calls in the order in which they stand here. Changes nothing at the
// source, but syncs what it found there; holds its files open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/directory.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/folder_names.h"
#include "storage/log_format.h"

namespace thalweg {

class LogCopy {
 public:
  // REQUIRES: the disks outlive it; each has a folder log/.
  LogCopy(Disk& source, Disk& target, const DirectoryId& id)
      : source_(source), target_(target), id_(id), folder_(target, kLogFolder) {}

  // Looks what there is behind `checkpoint`. False: the log begins later by now; look again with
  // a newer checkpoint.
  [[nodiscard]] StorageResult<bool> Survey(Lsn checkpoint);

  // kForeign: the target's log is not what the source's was once. False: as Survey's.
  [[nodiscard]] StorageResult<bool> Compare();

  // Whether the target's log is whole at every moment of PutInPlace.
  bool connects() const { return connects_; }

  // Copies what is new under other names (false: as Survey's); then gives it its names, and seals
  // each file that another follows; then removes what the source has trimmed, and the drafts of a
  // copy that was cut short.
  [[nodiscard]] StorageResult<bool> WriteDrafts();
  [[nodiscard]] StorageResult<void> PutInPlace();
  [[nodiscard]] StorageResult<void> RemoveOld();

  // Reads the copy as a server's start would; returns its last record.
  [[nodiscard]] StorageResult<Lsn> Check();

  uint64_t files_copied() const { return drafts_.size(); }
  uint64_t files_kept() const { return spans_.size() - drafts_.size(); }
  uint64_t bytes_copied() const { return bytes_copied_; }

 private:
  // The whole blocks at the front of a log file.
  struct Span {
    std::shared_ptr<const File> file;
    LogFileHeader header;
    uint64_t end = 0;         // in the file, behind the last of them
    uint32_t crc_last = 0;    // of the last of them
    Lsn last;                 // of the last record
    std::optional<Lsn> lost;  // first record of a whole block that stands behind a gap
    std::optional<LogSeal> seal;
  };
  using Spans = std::map<uint64_t, Span>;  // by number; files without a header are left out

  Lsn last() const { return spans_.empty() ? Lsn{} : spans_.rbegin()->second.last; }
  static DiskResult<Span> ScanBlocks(std::shared_ptr<const File> file, const LogFileHeader& header,
                                     uint64_t limit);
  static StorageResult<std::optional<Span>> ScanFile(Disk& disk, uint64_t number);
  static StorageResult<Spans> Scan(Disk& disk, const std::vector<uint64_t>& numbers);
  StorageResult<void> CheckSource() const;
  StorageResult<void> CheckEnd() const;
  StorageResult<void> SealFiles();
  StorageResult<void> CheckHeaderless(uint64_t number) const;
  StorageResult<void> Remove(const std::vector<uint64_t>& numbers);
  static DiskResult<bool> IsStill(const Span& span);
  StorageResult<bool> IsPrefix(uint64_t number, const Span& has) const;

  Disk& source_;
  Disk& target_;
  const DirectoryId id_;
  Directory folder_;  // the target's
  Lsn checkpoint_;
  Spans spans_;                    // of the source
  Spans there_;                    // of the target, before
  std::vector<uint64_t> blank_;    // the target's files without records
  std::vector<uint64_t> trimmed_;  // the target's files that the source has no more
  std::vector<uint64_t> drafts_;
  bool connects_ = true;
  uint64_t bytes_copied_ = 0;
};

}  // namespace thalweg
