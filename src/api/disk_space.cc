// Crosses threads: see the header.
#include "api/disk_space.h"

#include <filesystem>
#include <system_error>

namespace thalweg {

void DiskSpace::Look() {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path_, error);
  if (error) return;
  free_bytes_ = space.available;
  size_bytes_ = space.capacity;
}

}  // namespace thalweg
