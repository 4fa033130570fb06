// The commit log on a local disk: what is staged goes out with one write and one sync per batch,
// into files of a LogFileSupply.
//
// One commits at a time: the log's thread (log_threads.h), which may wait, or a loop
// (loop_committer.h), which has the disk write beside it. A loop begins as soon as it has staged
// something, and leaves to the thread what takes more than a write: another file. In a pause
// (loop_pause.h) it leaves all to the thread, which takes over, too, where others wait for a loop
// that is long in a turn.
//
// Crosses threads: Stage comes from any thread, under a partition's lock; WaitForStaged and Commit
// are the log's thread's, PrepareNext is called by the thread that allocates ahead, Trim by one at
// a time, who has made a checkpoint; durable() is read by all. A failed write or sync is final:
// nothing is acknowledged after it, and no sync is tried twice.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/counter.h"
#include "base/duration_counts.h"
#include "storage/commit_log.h"
#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/local_log_options.h"
#include "storage/log_file_supply.h"
#include "storage/log_format.h"
#include "storage/log_recovery.h"
#include "storage/loop_pause.h"

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
  Lsn Stage(const Record& record) noexcept override;
  void StartCommit() override;
  void CommitNow() override;
  std::unique_ptr<CommitStarter> StarterOn(Executor& executor) override;
  Lsn durable() const override { return {durable_.load(std::memory_order_acquire)}; }
  bool HasRoom() const override { return supply_.HasRoom(); }
  bool HasRoomFor(size_t bytes) const override;
  bool HasRoomForBatch() const override {
    return has_room_for_batch_.load(std::memory_order_relaxed);
  }

  // Whether HasRoomFor refused a long record since this was asked last. THREAD: one at a time.
  bool TakeRefused() { return refused_.exchange(false, std::memory_order_relaxed); }

  // The last position given. THREAD: any.
  Lsn staged() const;

  uint64_t file_bytes() const { return options_.file_bytes; }

  // How often a batch found no space. THREAD: any.
  uint64_t shortages() const { return shortages_.value(); }

  // How long batches took, from the beginning of their write until they were durable, without what
  // they waited for space before; without a clock, no time. THREAD: any.
  Durations commits() const { return commits_.value(); }

  // How long the log has become since Recover, in bytes that its files take and the next start may
  // read: the records ever staged, and what was written around them to fill blocks. THREAD: any.
  uint64_t appended_bytes() const { return staged_bytes_.value() + framing_bytes_.value(); }

  // Waits until there is something for the log's thread to commit, be it a batch that found no
  // space: somebody has called StartCommit, or a loop could not go on, or does not. False: `stop`
  // was asked for and nothing is staged. THREAD: the log's.
  bool WaitForStaged(std::stop_token stop);

  // Writes and syncs what is staged, or a batch of it, and tells the listener. Does nothing where
  // nothing is staged. Where an error leaves failed() false, no space was to be had for another
  // file, not even one for this batch alone, or no file descriptor, and nothing was written: try
  // again. Else it is final, and may be one that EndCommit met: call nothing of the log after it
  // but durable(), and Stage, which then keeps nothing. THREAD: the log's.
  [[nodiscard]] DiskResult<void> Commit();
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  // The same in two steps, for one who does not wait for the disk. True: it is under way until
  // EndCommit says otherwise. False: nothing is staged, or somebody commits, and sees to the rest
  // behind that, or the log's thread does it now.
  bool BeginCommit(AsyncWriter& writer);
  enum class Ended : uint8_t {
    kNot,      // yet; never, where EndCommit may wait
    kAll,      // or it has failed, and the log's thread hears of that
    kMayGoOn,  // more may be staged that nobody commits
  };
  // Where `waits`, nobody uses `writer` any more. REQUIRES: who began with it ends with it.
  Ended EndCommit(AsyncWriter& writer, bool waits);

  // `event_fd`, an eventfd, is written to when a loop that calls BeginCommit then is to go on,
  // after the log's thread. Until RemoveLoop, behind which the thread sees to what is staged.
  // THREAD: any.
  void AddLoop(int event_fd);
  void RemoveLoop(int event_fd);
  std::unique_ptr<AsyncWriter> NewAsyncWriter(int event_fd) {
    return disk_.NewAsyncWriter(event_fd);
  }

  // The file after the current one, made ahead: as LogFileSupply::Prepare.
  [[nodiscard]] DiskResult<void> PrepareNext(const std::function<void()>& rest = {}) {
    return supply_.Prepare(rest);
  }
  bool next_is_prepared() const { return supply_.is_prepared(); }

  // Removes files whose records are all at or below `checkpoint`, or makes spares of them. Where
  // space or a file descriptor was wanting, it may be tried again.
  [[nodiscard]] DiskResult<void> Trim(Lsn checkpoint);

  // Of the files that have records behind `checkpoint`. Others may have been renamed by a Trim that
  // found no space to go on. THREAD: any.
  std::vector<std::string> NeededFiles(Lsn checkpoint) const;

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
  struct Sealed {
    LogBlockHead head;
    uint32_t crc = 0;
  };
  enum class Committer : uint8_t { kNobody, kThread, kLoop };

  StorageResult<void> Repair(const LogContent& content);
  DiskResult<void> KeepSpace();
  DiskResult<void> SealBefore(const LogContent& content);
  bool Take(Committer by);
  bool Release();
  void GiveToThread();
  void GiveToThreadUntil(Lsn lsn);
  void WatchLoops();
  void SetUnderWay(AsyncWriter& writer);
  bool TakeBack(const AsyncWriter& writer, bool waits);
  DiskResult<void> EndForLoop();
  Lsn StageOneByOne(const Record& record, size_t long_bytes) noexcept;
  bool FitsInFile(size_t block_bytes) const;
  void NoteRest();
  DiskResult<void> MakeRoom(size_t block_bytes);
  Sealed Seal();
  DiskResult<void> WriteBlock();
  void TakeForWritten(const Sealed& sealed);
  int64_t NowUs() const;
  void EndLoopWrite();
  void TellDurable(int64_t now_us);
  DiskResult<void> SealLeft(Lsn first);
  DiskResult<void> Fail(DiskError error);

  Disk& disk_;
  const LocalLogOptions options_;

  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> has_room_for_batch_{true};
  mutable std::atomic<bool> refused_{false};
  std::atomic<uint64_t> coming_bytes_{0};              // of long records that are being staged
  std::atomic<uint64_t> rest_bytes_{0};                // of the current file; by the committer
  Counter staged_bytes_;                               // changed under staging_mutex_
  Counter written_bytes_, framing_bytes_, shortages_;  // … by the committer
  DurationCounts commits_;                             // …

  mutable std::mutex staging_mutex_;  // guards what follows; no other lock is taken under it
  std::condition_variable_any thread_is_due_;
  std::deque<Staged> filled_;  // batches that take no more records, oldest first
  Staged staged_;              // the batch after them; empty only where they are
  Lsn last_staged_;
  Committer committer_ = Committer::kNobody;
  Lsn thread_until_;                      // before it is durable no loop begins
  bool is_watching_ = false;              // the thread, whether loops make …
  Lsn watched_;                           // … this durable in time, and then …
  Lsn waited_for_;                        // … this
  AsyncWriter* under_way_ = nullptr;      // a loop's, which is not looking at it
  std::condition_variable thread_ended_;  // what a loop had under way
  std::vector<int> loops_;                // their eventfds
  std::optional<DiskError> loop_error_;

  std::mutex listener_mutex_;  // held while the listener is told, so that Attach can wait for it
  CommitListener* listener_ = nullptr;

  // The committer's own.
  Staged writing_;        // taken and not durable yet; its memory is used again
  Sealed sealed_;         // what a loop writes
  int64_t began_us_ = 0;  // when it began with what is in writing_
  LoopPause pause_;       // also of who looks, under staging_mutex_, where nobody commits
  LogFileSupply::OpenFile current_;
  Left left_;              // the file before it, until current_ has a block
  uint64_t end_ = 0;       // where the next block goes; 0: the file has no header yet
  uint32_t crc_last_ = 0;  // of the last block
  Lsn last_written_;

  LogFileSupply supply_;

  mutable std::mutex files_mutex_;          // guards files_
  std::deque<LogContent::FileInfo> files_;  // with records, oldest first
};

}  // namespace thalweg
