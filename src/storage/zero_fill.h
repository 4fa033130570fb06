// Allocation for file systems that know none: real zeros, written.
#pragma once

#include <cstdint>

#include "storage/disk.h"

namespace thalweg {

// Gives [0, size) of `file` real space by writing zeros past its end and over blocks that read as
// zero (they may be holes). Never writes over a block that holds anything else: a torn write must
// not touch what is already safe.
[[nodiscard]] DiskResult<void> FillWithZeros(File& file, uint64_t size);

}  // namespace thalweg
