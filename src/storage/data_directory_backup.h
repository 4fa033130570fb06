// Copies a data directory to another disk, also while a server runs on it.
//
// The copy is what was durable when the backup began, and perhaps some of what came later. What
// was copied before (segments never change, the log only grows) is not copied again. An interrupted
// first backup has no identity and is not served from; an interrupted renewal leaves the old copy,
// the new one, or what the original was at some moment between them, but for a moment while files
// get their names, when a copy whose log ends before the original's now begins has no identity
// either. Changes nothing at the source. THREAD: one.
#pragma once

#include <cstdint>
#include <functional>

#include "storage/catalog.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/log_format.h"
#include "stream/ids.h"

namespace thalweg {

struct BackupReport {
  uint64_t copied = 0;  // files of log and segments
  uint64_t kept = 0;    // … those that were there already
  uint64_t bytes = 0;   // written
  Lsn last;             // of the last record in the copy
};

// Brings the catalog of the source, which is called so, as it is committed now, to the target under
// the name DraftOf(kCatalogFile), in place of an earlier one, synced; returns its head. Where the
// source has none yet: an empty head.
using CopyCatalog = std::function<StorageResult<CatalogHead>(const DirectoryId&)>;

// Refuses a target that is not empty and no earlier backup of this directory, or one that was
// served from since; nothing is changed there. The copy was read and found whole when this
// succeeds.
[[nodiscard]] StorageResult<BackupReport> BackUpDirectory(Disk& source, Disk& target,
                                                          const CopyCatalog& copy_catalog);

}  // namespace thalweg
