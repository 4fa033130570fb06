// The commit log on a local disk: what is staged goes out with one write and one sync per batch,
// into files of a LogFileSupply.
//
// Crosses threads: Stage comes from any thread, under a partition's lock; WaitForStaged and Commit
// are the committer's (log_threads.h), PrepareNext is called by the thread that allocates ahead,
// Trim by one at a time, who has made a checkpoint; durable() is read by all. A failed write or
// sync is final: nothing is acknowledged after it, and no sync is tried twice.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "storage/commit_log.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/local_log_options.h"
#include "storage/log_file_supply.h"
#include "storage/log_recovery.h"

namespace thalweg {

// What recovery found, for the operator.
struct LogRecoveryReport {
  uint64_t files = 0;
  uint64_t bytes_read = 0;
  Lsn last;
  bool cut = false;      // an unfinished write was cut off …
  uint64_t cut_at = 0;   // … at this byte …
  std::string cut_file;  // … of this file
};

class LocalLog final : public CommitLog {
 public:
  // REQUIRES: `disk` outlives the log, and Recover comes before anything else.
  LocalLog(Disk& disk, LocalLogOptions options);
  ~LocalLog() override;

  // Reads what is there, gives `replay` every record behind `checkpoint`, repairs the end, and is
  // ready to go on behind it; an empty folder is a new log. Everything that was replayed is on
  // stable storage when this returns. After a fault the log is not usable.
  [[nodiscard]] StorageResult<LogRecoveryReport> Recover(Lsn checkpoint, const LogReplay& replay);

  // CommitLog
  void Attach(CommitListener* listener) override;
  Lsn Stage(const Record& record) override;
  void StartCommit() override { staged_something_.notify_one(); }
  Lsn durable() const override { return {durable_.load(std::memory_order_acquire)}; }
  bool HasRoom() const override { return supply_.HasRoom(); }
  bool HasRoomForBatch() const override {
    return has_room_for_batch_.load(std::memory_order_relaxed);
  }

  // The last position given. THREAD: any.
  Lsn staged();

  // How long the log has become since Recover, in bytes that its files take and the next start may
  // read: the records ever staged, and what was written around them to fill blocks. THREAD: any.
  uint64_t appended_bytes() const {
    return staged_bytes_.load(std::memory_order_relaxed) +
           framing_bytes_.load(std::memory_order_relaxed);
  }

  // Waits until there is something to commit, be it a batch that found no space, and somebody has
  // called StartCommit, or does not wait where there is something already; false: `stop` was asked
  // for and there is nothing. THREAD: Commit's.
  bool WaitForStaged(std::stop_token stop);

  // Writes and syncs what is staged, or a batch of it, and tells the listener. Does nothing where
  // nothing is staged. Where an error leaves failed() false, no space was to be had for another
  // file, not even one for this batch alone, or no file descriptor, and nothing was written: try
  // again. Else it is final: call nothing of the log after it but durable(), and Stage, which then
  // keeps nothing.
  [[nodiscard]] DiskResult<void> Commit();
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // The file after the current one, made ahead: as LogFileSupply::Prepare.
  [[nodiscard]] DiskResult<void> PrepareNext(const std::function<void()>& rest = {}) {
    return supply_.Prepare(rest);
  }
  bool next_is_prepared() const { return supply_.is_prepared(); }

  // Removes files whose records are all at or below `checkpoint`, or makes spares of them. Where
  // space or a file descriptor was wanting, it may be tried again.
  [[nodiscard]] DiskResult<void> Trim(Lsn checkpoint);

  // As of LogFileSupply. THREAD: any.
  [[nodiscard]] DiskResult<void> RemoveSpares() { return supply_.RemoveSpares(); }
  void LeaveSpace(bool leaves) { supply_.LeaveSpace(leaves); }

 private:
  // A file that is full and does not say yet that it goes on in another.
  struct Left {
    std::unique_ptr<File> file;  // null: there is none
    uint64_t salt = 0;
    uint64_t end = 0;
    uint32_t crc_last = 0;
  };
  struct Staged {
    std::string block;  // kLogBlockHeadBytes of room, then the records
    uint32_t records = 0;
  };

  StorageResult<void> Repair(const LogContent& content);
  DiskResult<void> SealBefore(const LogContent& content);
  void TakeStaged();
  DiskResult<void> MakeRoom(size_t block_bytes);
  DiskResult<void> WriteBlock();
  DiskResult<void> SealLeft(Lsn first);
  DiskResult<void> Fail(DiskError error);
  std::string PathOf(uint64_t number) const;

  Disk& disk_;
  const LocalLogOptions options_;

  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> has_room_for_batch_{true};
  std::atomic<uint64_t> staged_bytes_{0}, framing_bytes_{0};  // changed by one thread at a time

  std::mutex staging_mutex_;  // guards what follows; no other lock is taken under it
  std::condition_variable_any staged_something_;
  std::deque<Staged> filled_;  // batches that take no more records, oldest first
  Staged staged_;              // the batch after them; empty only where they are
  Lsn last_staged_;

  std::mutex listener_mutex_;  // held while the listener is told, so that Attach can wait for it
  CommitListener* listener_ = nullptr;

  // Commit's own.
  Staged writing_;  // taken and not durable yet; its memory is used again
  LogFileSupply::OpenFile current_;
  Left left_;              // the file before it, until current_ has a block
  uint64_t end_ = 0;       // where the next block goes; 0: the file has no header yet
  uint32_t crc_last_ = 0;  // of the last block
  Lsn last_written_;

  LogFileSupply supply_;

  std::mutex files_mutex_;                  // guards files_
  std::deque<LogContent::FileInfo> files_;  // with records, oldest first
};

}  // namespace thalweg
