// The commit log as the engine sees it: where every record goes before its answer does.
//
// Crosses threads: Stage is called under a partition lock by any thread; OnDurable comes from
// whoever commits, the log's own thread or an executor's. Every implementation passes
// storage/commit_log_suite.h.
#pragma once

#include <memory>

#include "stream/ids.h"
#include "stream/record.h"

namespace thalweg {

// Hears of progress that did not happen inside Stage.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  // Once per batch. THREAD: any, one at a time.
  virtual void OnDurable(Lsn durable) = 0;
};

// Has a log commit from the thread of one executor, which does not wait for the disk.
class CommitStarter {
 public:
  virtual ~CommitStarter() = default;

  // As CommitLog::StartCommit. THREAD: the executor's.
  virtual void Start() = 0;
};

class Executor;

class CommitLog {
 public:
  virtual ~CommitLog() = default;

  // From now on `listener` hears of progress; null: nobody. Once Attach returns, the one before is
  // not called any more. THREAD: not at the same time as Stage.
  virtual void Attach(CommitListener* listener) = 0;

  // Puts `record` into the log and returns its position; positions grow with every call. What was
  // staged becomes durable in order, some time after StartCommit. Copies what it keeps; never waits
  // for the disk. Half a record would make all behind it unreadable: no memory ends the process.
  virtual Lsn Stage(const Record& record) noexcept = 0;

  // Has all that is staged written soon. Who stages much at once calls it behind the last of it: a
  // log that starts with the first record syncs that one alone, and the others after it. May wake a
  // thread, a system call. THREAD: any, without a lock.
  virtual void StartCommit() {}

  // The same for a caller that sleeps until then: rests on no executor, for it may be the caller's.
  virtual void CommitNow() { StartCommit(); }

  // Null: `executor` or the disk cannot, and StartCommit does as well. REQUIRES: it ends on the
  // executor's thread, or when that runs no more, before executor and log. THREAD: the executor's,
  // or any before that runs.
  virtual std::unique_ptr<CommitStarter> StarterOn(Executor& /*executor*/) { return nullptr; }

  // Every record at or below this position is on stable storage (or as safe as it will ever be).
  // Never goes back. THREAD: any, without a lock.
  virtual Lsn durable() const = 0;

  // False while the disk has no space for more, or no file can be opened for it: commands that
  // bring bytes are to be refused until it has. What is staged all the same waits, and so may what
  // was staged before this was known where more came at once than space is held ready. THREAD: any,
  // without a lock.
  virtual bool HasRoom() const { return true; }

  // The same for a record that brings so many bytes: false, too, where a long one would have to
  // wait for space. THREAD: any; a long one may ask the file system, and waits for no disk.
  virtual bool HasRoomFor(size_t /*bytes*/) const { return HasRoom(); }

  // False while there is not even the space for a batch that waits: whatever is staged waits with
  // it, and so does who asks for it. THREAD: any, without a lock.
  virtual bool HasRoomForBatch() const { return true; }
};

}  // namespace thalweg
