// What the engine's threads may touch of a port: marks of changed streams and a bell.
//
// Crosses threads: Mark, OnDurable and OnFailure may come from any thread, the rest from the port's
// executor. Outlives its port where a post is under way. However many changes come, at most one
// post waits.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/durability_listener.h"
#include "stream/ids.h"
#include "thalweg/executor.h"

namespace thalweg {

class Port;
class PortMailbox;
class Watcher;

// One port's watchers of one stream. The executor's own but for `marked`.
class WatchPoint {
 public:
  explicit WatchPoint(std::shared_ptr<PortMailbox> ports_mailbox)
      : mailbox(std::move(ports_mailbox)) {}

  void Add(Watcher* watcher);
  void Remove(Watcher* watcher);
  void RemoveAll();
  bool empty() const { return count_ == 0; }

  // Calls every watcher that is there now; each may add and remove watchers.
  void Tell();

  const std::shared_ptr<PortMailbox> mailbox;
  bool marked = false;  // guarded by the mailbox

 private:
  std::vector<Watcher*> watchers_;  // null: removed while telling
  size_t count_ = 0;
  bool telling_ = false;
};

// The ports that watch a stream; kept small, for most streams have none.
using WatchList = std::vector<std::shared_ptr<WatchPoint>>;

class PortMailbox final : public DurabilityListener,
                          public std::enable_shared_from_this<PortMailbox> {
 public:
  PortMailbox(Executor& executor, Port& port) : executor_(executor), port_(&port) {}

  // The stream behind `point` has changed. THREAD: any.
  void Mark(const std::shared_ptr<WatchPoint>& point);

  // Rings where the port waits for `durable`.
  void OnDurable(Lsn durable) override;
  void OnFailure() override;

  // The port waits for `lsn` first; null: for nothing.
  void Await(std::optional<Lsn> lsn);

  // Has the port start the log's commit, in a task of the executor. THREAD: the executor's.
  void PostStartCommit();

  bool has_port() const { return port_ != nullptr; }

  // The port ends: nothing is posted and nothing delivered from here on.
  void Close();

 private:
  // REQUIRES: mutex_ is held, so that no post comes after Close.
  void Ring();
  void Deliver();
  void Tell(const std::vector<std::shared_ptr<WatchPoint>>& changed);

  Executor& executor_;
  Port* port_;  // executor only; null after Close

  std::mutex mutex_;  // guards what follows
  bool open_ = true;
  bool rung_ = false;
  std::vector<std::shared_ptr<WatchPoint>> changed_;
  std::optional<Lsn> awaited_;
};

}  // namespace thalweg
