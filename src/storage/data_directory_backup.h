// Copies a data directory to another disk, also while a server runs on it.
//
// The copy is a prefix of the log: everything that was durable when the backup began, and perhaps
// some of what came later. An interrupted first backup has no identity and is not served from; an
// interrupted renewal leaves a copy between the old and the new. Changes nothing at the source.
// THREAD: one.
#pragma once

#include <cstdint>

#include "storage/disk.h"
#include "storage/fault.h"
#include "stream/ids.h"

namespace thalweg {

struct BackupReport {
  uint64_t copied = 0;  // log files
  uint64_t kept = 0;    // of them, those that were there already
  uint64_t bytes = 0;   // written
  Lsn last;             // of the last record in the copy
};

// Refuses a target that is not empty and no earlier backup of this directory, or one that was
// served from since; nothing is changed there. The copy was read and found whole when this
// succeeds.
[[nodiscard]] StorageResult<BackupReport> BackUpDirectory(Disk& source, Disk& target);

}  // namespace thalweg
