#include "api/log_room.h"

#include <fmt/format.h>

namespace thalweg {

std::string NoLogRoom(std::string_view reason, uint64_t file_bytes,
                      std::optional<uint64_t> free_bytes) {
  const std::string message = fmt::format(
      "the log has no room for more: {}; what brings bytes is answered 507 until it "
      "has, which is tried five times a second: free some space, or file "
      "descriptors, or raise the limit of file sizes",
      reason);
  if (!free_bytes || *free_bytes >= file_bytes) return message;
  return fmt::format(
      "{}. A file of the log takes {} bytes (--log-file, StoreOptions::log_file_bytes), one is "
      "made ahead, and {} are free: where there is no more space to be had, start with smaller "
      "files",
      message, file_bytes, *free_bytes);
}

}  // namespace thalweg
