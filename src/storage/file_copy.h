// Copies a file under a name that nobody reads; renaming it makes it the copy.
#pragma once

#include <cstdint>
#include <string>

#include "storage/directory.h"
#include "storage/disk.h"

namespace thalweg {

// Copies the first `end` bytes of `from` to the draft of `name` in `folder`, in place of an earlier
// one, and syncs it. Counts what it writes in `bytes`. REQUIRES: `from` has so many.
[[nodiscard]] DiskResult<void> CopyToDraft(const File& from, uint64_t end, Directory& folder,
                                           const std::string& name, uint64_t& bytes);

}  // namespace thalweg
