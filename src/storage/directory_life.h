// A number that tells what is served from a data directory from what was served from the original
// that it is a copy of: after the backup, the two give the same names to other bytes.
//
// The file `life` of the root has it. The first start that finds none draws it, and no backup
// copies it. THREAD: one.
#pragma once

#include <cstdint>
#include <string>

#include "storage/disk.h"

namespace thalweg {

// What the root of `disk` says; where it says nothing, `fresh`, which it says from now on. Where
// there is no room to say it, the next start draws another.
[[nodiscard]] DiskResult<uint64_t> LifeOf(Disk& disk, uint64_t fresh);

// The text of the file.
std::string EncodeLife(uint64_t life);

}  // namespace thalweg
