// How much space the file system of a directory has, and has left for us.
//
// THREAD: any; Look, which waits for the file system, one at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace thalweg {

// Of the file system of `path`; null: it does not say. Waits for it. THREAD: any.
std::optional<std::filesystem::space_info> SpaceOf(const std::string& path);

class DiskSpace {
 public:
  explicit DiskSpace(std::string path) : path_(std::move(path)) { Look(); }

  // Where the system does not say it, all stays as it was known last.
  void Look();

  uint64_t free_bytes() const { return free_bytes_.load(std::memory_order_relaxed); }
  uint64_t size_bytes() const { return size_bytes_.load(std::memory_order_relaxed); }

 private:
  const std::string path_;
  std::atomic<uint64_t> free_bytes_ = 0;
  std::atomic<uint64_t> size_bytes_ = 0;
};

}  // namespace thalweg
