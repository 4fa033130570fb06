// One open file of a SimDisk. Locks the disk for each operation.
#pragma once

#include <memory>
#include <string>

#include "testing/sim_disk.h"

namespace thalweg {

class SimHandle final : public File {
 public:
  struct Rights {
    bool may_write = false;
    bool holds_lock = false;
  };

  // Borrows the disk, which outlives it. THREAD: under the disk's lock.
  SimHandle(SimDisk& disk, std::shared_ptr<SimNode> node, std::string path, Rights rights);
  SimHandle(const SimHandle&) = delete;
  SimHandle& operator=(const SimHandle&) = delete;
  ~SimHandle() override;

  [[nodiscard]] DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const override;
  [[nodiscard]] DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) override;
  [[nodiscard]] DiskResult<void> Sync() override;
  [[nodiscard]] DiskResult<void> WriteOut(uint64_t offset, uint64_t bytes) override;
  void DropCache(const std::function<void()>& rest) override;
  [[nodiscard]] DiskResult<void> Allocate(uint64_t size) override;
  [[nodiscard]] DiskResult<void> Truncate(uint64_t size) override;
  [[nodiscard]] DiskResult<uint64_t> Size() const override;
  int fd() const override { return -1; }

 private:
  template <typename Apply>
  int Run(DiskOp op, Apply apply) const;
  template <typename Apply, typename Fail>
  int Run(DiskOp op, Apply apply, Fail fail) const;
  std::string Of(const char* tried, uint64_t offset, size_t bytes) const;

  SimDisk& disk_;
  std::shared_ptr<SimNode> node_;
  const std::string path_;
  const Rights rights_;
  const uint64_t era_;
};

}  // namespace thalweg
