// How a failure of the disk is told: what was tried, on what, and what the system said.
#pragma once

#include <expected>
#include <string>

#include "storage/disk.h"

namespace thalweg {

// "write 4096 bytes at 8192 of log/1.log: No space left on device".
// REQUIRES: code is an errno, not 0.
std::unexpected<DiskError> DiskFailure(int code, const std::string& tried);

}  // namespace thalweg
