// Looks at every file of a log by itself, so that a log that cannot be recovered tells of each file
// that is damaged and not only of the first.
//
// Reads only. THREAD: one.
#pragma once

#include <string>
#include <vector>

#include "storage/disk.h"
#include "storage/log_format.h"

namespace thalweg {

// Damage within the files of log/ and between them, as sentences; in the words of ReadLog where it
// knows the same; records up to `checkpoint` may be missing. Within a file only the first gap. What
// a disk refuses to read is damage too.
std::vector<std::string> DamageInLog(Disk& disk, const DirectoryId& directory, Lsn checkpoint);

}  // namespace thalweg
