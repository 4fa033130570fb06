// Crosses threads: see the header.
#include "api/disk_space.h"

#include <system_error>

namespace thalweg {

std::optional<std::filesystem::space_info> SpaceOf(const std::string& path) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);
  return error ? std::nullopt : std::optional(space);
}

void DiskSpace::Look() {
  const auto space = SpaceOf(path_);
  if (!space) return;
  free_bytes_ = space->available;
  size_bytes_ = space->capacity;
}

}  // namespace thalweg
