// A port: one executor's door to the engine. Answers wait here for their lsn, and live readers
// hear here that their stream has changed.
//
// Owned and used by its executor's thread; the engine's threads only mark what has changed and
// post once per batch, however many wait (port_mailbox.h).
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "engine/read.h"
#include "stream/ids.h"
#include "thalweg/executor.h"

namespace thalweg {

class CommitStarter;
class Engine;
class PortMailbox;
class Publisher;
class WatchPoint;

// Hears of one stream.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // Something durable is new: bytes, closure, removal; or nothing will be, for the engine has
  // failed. Many changes may come as one call.
  // THREAD: the port's executor; never inside a call of the port or the engine.
  virtual void OnStreamChanged() = 0;
};

class Port {
 public:
  Port(Engine& engine, Executor& executor);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Runs `task` as soon as `lsn` is durable: now, inside this call, where it is already and all
  // that waits rests on more; else on the executor, in the order of the lsns and, where these are
  // equal, of the calls. The port's end drops it, and so does the engine's failure. Has the log
  // begin with what is staged, at the end of the executor's turn, so that all that one turn brings
  // is synced together.
  void WhenDurable(Lsn lsn, Executor::Task task);

  // Whether WhenDurable would keep its task for later.
  bool MustWait(Lsn lsn) const;

  // From now on `watcher` hears of `stream`, which is in use as long as it does: its TTL begins
  // with Unwatch. Watch first, then read: what the read does not show will be told.
  // REQUIRES: `watcher` is not watching `stream`.
  void Watch(const StreamHandle& stream, Watcher* watcher);
  void Unwatch(const StreamHandle& stream, Watcher* watcher);

 private:
  friend class PortMailbox;
  struct Answer {
    Lsn lsn;
    Executor::Task task;
  };
  struct Watched {
    StreamHandle stream;
    std::shared_ptr<WatchPoint> point;
  };

  void StartCommit();
  void RunDurable();
  void LetGo();
  void Leave(const Watched& watched);

  Engine& engine_;
  Publisher& publisher_;
  std::unique_ptr<CommitStarter> commit_starter_;  // null: the engine starts
  std::shared_ptr<PortMailbox> mailbox_;
  std::deque<Answer> answers_;  // in the order of their lsns
  std::unordered_map<StreamEntry*, Watched> watched_;
  bool start_is_due_ = false;  // StartCommit is posted
  bool failure_told_ = false;  // to the watchers
};

}  // namespace thalweg
