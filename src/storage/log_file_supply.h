// The files that a local log goes on in: makes the next one ahead, takes trimmed ones back as
// spares, and knows whether there is room for more. What stands in a file with records is the log's
// business (local_log.h).
//
// Crosses threads: Take is the committer's, Prepare is called by it and by the thread that
// allocates ahead, Retire by one at a time, who has made a checkpoint; the rest by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "storage/directory.h"
#include "storage/disk.h"
#include "storage/local_log_options.h"
#include "storage/log_recovery.h"

namespace thalweg {

class LogFileSupply {
 public:
  struct OpenFile {
    std::unique_ptr<File> file;
    uint64_t number = 0;
    uint64_t salt = 0;
    uint64_t size = 0;
  };

  // REQUIRES: `disk` outlives the supply, and KeepSpares comes before anything else.
  LogFileSupply(Disk& disk, LocalLogOptions options);

  // Takes over what recovery found. Files that were made ahead wait with the spares, or go where
  // there is no space for that. A number is used once, also theirs.
  [[nodiscard]] DiskResult<void> KeepSpares(const LogContent& content);

  // Makes the next file, where it is not there yet: of a spare, or allocates it. It may be tried
  // again after an error: nothing has a record yet, and a spare or a file that could not be made
  // ready is given up. A spare takes milliseconds of the processor: `rest` is called in between
  // while nobody waits in Take; null: nobody else needs the processor.
  [[nodiscard]] DiskResult<void> Prepare(const std::function<void()>& rest = {});
  bool is_prepared() const { return is_prepared_.load(std::memory_order_acquire); }

  // The next file, made where it is not there yet, of at least so many bytes. Where no spare waits
  // to be the one after it, that one is prepared. After an error it may be tried again.
  [[nodiscard]] DiskResult<OpenFile> Take(uint64_t bytes);

  // Makes a spare of a file whose records are not needed any more, or removes it. Where space or a
  // file descriptor was wanting, it may be tried again.
  [[nodiscard]] DiskResult<void> Retire(const LogContent::FileInfo& trimmed);

  // Removes what waits to be used again: its space is needed elsewhere.
  [[nodiscard]] DiskResult<void> RemoveSpares();

  // While it is so, files are made of spares only, or where a batch waits for one: else the log,
  // which tries more often and asks for less, would get all space that comes back, and the
  // checkpoint that makes it shorter never enough.
  void LeaveSpace(bool leaves) { leaves_space_.store(leaves, std::memory_order_relaxed); }

  // As CommitLog::HasRoom.
  bool HasRoom() const { return has_room_.load(std::memory_order_relaxed); }

  // Of the file made ahead. THREAD: any.
  uint64_t next_bytes() const { return is_prepared() ? options_.file_bytes : 0; }

  // All the space that files may take: of that one, of the spares, and what the disk has left where
  // that is not left to a checkpoint. While a file is made or taken, its own is in none of these:
  // on a disk that is nearly full it is better to say too little. THREAD: any.
  uint64_t SpaceWith(uint64_t free_bytes) const;

 private:
  bool IsSpare(const std::string& name);
  void CountSpares() { spare_count_.store(spares_.size(), std::memory_order_relaxed); }
  bool WantsSpares();
  DiskResult<OpenFile> MakeFile(uint64_t bytes, const std::function<void()>& rest);
  DiskResult<void> RemoveLeftover();
  DiskResult<std::unique_ptr<File>> CreateFile(const std::string& name, uint64_t bytes);
  DiskResult<std::unique_ptr<File>> UseSpare(const std::string& name,
                                             const std::function<void()>& rest);
  DiskResult<void> LengthenNext(uint64_t bytes);
  DiskResult<void> RemoveAllSpares();
  uint64_t SaltOf(uint64_t number) const;

  Disk& disk_;
  const LocalLogOptions options_;
  Directory folder_;

  std::atomic<bool> has_room_{true};
  std::atomic<bool> leaves_space_{false};
  std::atomic<bool> is_prepared_{false};
  std::atomic<bool> is_awaited_{false};
  std::atomic<size_t> spare_count_{0};  // changed under mutex_

  std::mutex mutex_;  // guards what follows
  OpenFile next_;
  std::deque<uint64_t> spares_;  // by the numbers that they had
  uint64_t number_last_ = 0;
  std::optional<uint64_t> leftover_;  // of a file that could not be made, nor removed
};

}  // namespace thalweg
