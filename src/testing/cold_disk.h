// A disk whose files are not in the page cache while a test says so: to read them waits for the
// disk, for as long as the test likes, and nothing that was read stays.
//
// Crosses threads as the disk that it stands before.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/disk.h"

namespace thalweg {

class ColdDisk final : public Disk {
 public:
  // REQUIRES: `disk` outlives this, and this outlives its files.
  explicit ColdDisk(Disk& disk) : disk_(disk), unreadable_(open("/dev/null", O_WRONLY)) {}
  ~ColdDisk() override { close(unreadable_); }

  void SetCold(bool is_cold) { is_cold_ = is_cold; }

  // Reads that wait for the disk do not come back until ReleaseReads.
  void HoldReads() { SetHeld(true); }
  void ReleaseReads() { SetHeld(false); }
  // Returns once a read has begun since this was made, or since the last call.
  void AwaitRead() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cold_reads_ > reads_awaited_; });
    reads_awaited_ = cold_reads_;
  }

  // How many reads have waited for the disk, or do.
  size_t cold_reads() const {
    std::lock_guard lock(mutex_);
    return cold_reads_;
  }

  [[nodiscard]] DiskResult<std::unique_ptr<File>> Open(const std::string& path,
                                                       Mode mode) override {
    auto file = disk_.Open(path, mode);
    if (!file) return file;
    return std::make_unique<ColdFile>(*std::move(file), *this);
  }
  [[nodiscard]] DiskResult<void> Rename(const std::string& from, const std::string& to) override {
    return disk_.Rename(from, to);
  }
  [[nodiscard]] DiskResult<void> Remove(const std::string& path) override {
    return disk_.Remove(path);
  }
  [[nodiscard]] DiskResult<void> MakeDirectory(const std::string& path) override {
    return disk_.MakeDirectory(path);
  }
  [[nodiscard]] DiskResult<void> SyncDirectory(const std::string& path) override {
    return disk_.SyncDirectory(path);
  }
  [[nodiscard]] DiskResult<std::vector<std::string>> List(const std::string& path) override {
    return disk_.List(path);
  }
  [[nodiscard]] DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override {
    return disk_.Lock(path);
  }

 private:
  // What cannot be read from a descriptor counts as not cached; a file without one as cached.
  class ColdFile final : public File {
   public:
    ColdFile(std::unique_ptr<File> file, ColdDisk& disk) : file_(std::move(file)), disk_(disk) {}

    [[nodiscard]] DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const override {
      disk_.BeforeRead();
      return file_->ReadAt(offset, out);
    }
    [[nodiscard]] DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) override {
      return file_->WriteAt(offset, bytes);
    }
    [[nodiscard]] DiskResult<void> Sync() override { return file_->Sync(); }
    [[nodiscard]] DiskResult<void> WriteOut(uint64_t offset, uint64_t bytes) override {
      return file_->WriteOut(offset, bytes);
    }
    void DropCache(const std::function<void()>& rest) override { file_->DropCache(rest); }
    [[nodiscard]] DiskResult<void> Allocate(uint64_t size) override {
      return file_->Allocate(size);
    }
    [[nodiscard]] DiskResult<void> Truncate(uint64_t size) override {
      return file_->Truncate(size);
    }
    [[nodiscard]] DiskResult<uint64_t> Size() const override { return file_->Size(); }
    int fd() const override { return disk_.is_cold_ ? disk_.unreadable_ : file_->fd(); }

   private:
    const std::unique_ptr<File> file_;
    ColdDisk& disk_;
  };

  void BeforeRead() {
    if (!is_cold_) return;
    std::unique_lock lock(mutex_);
    ++cold_reads_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_held_; });
  }
  void SetHeld(bool is_held) {
    std::lock_guard lock(mutex_);
    is_held_ = is_held;
    changed_.notify_all();
  }

  Disk& disk_;
  const int unreadable_;
  std::atomic<bool> is_cold_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool is_held_ = false;
  size_t cold_reads_ = 0;
  size_t reads_awaited_ = 0;
};

}  // namespace thalweg
