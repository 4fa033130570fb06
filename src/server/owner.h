// Whose a data directory is. THREAD: any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace thalweg {

// Who serves from `dir`, by a file that a server has made, where that is somebody else than this
// process; null: nobody does, or it cannot be told.
std::optional<uid_t> OtherOwner(const std::string& dir);

}  // namespace thalweg
