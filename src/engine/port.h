// A port: one executor's door to the engine. Answers wait here for their lsn, and live readers
// hear here that their stream has changed.
//
// Owned and used by its executor's thread; the engine's threads only mark what has changed and
// post once per batch, however many wait.
#pragma once

#include <memory>

#include "engine/read.h"
#include "stream/ids.h"
#include "thalweg/executor.h"

namespace thalweg {

class Engine;

// Hears of one stream.
class Watcher {
 public:
  virtual ~Watcher() = default;

  // Something durable is new: bytes, closure, removal. Many changes may come as one call.
  // THREAD: the port's executor; never inside a call of the port or the engine.
  virtual void OnStreamChanged() = 0;
};

class Port {
 public:
  Port(Engine& engine, Executor& executor);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // Runs `task` as soon as `lsn` is durable: now, inside this call, where it is already and nothing
  // waits before it; else on the executor, in the order of the calls.
  void WhenDurable(Lsn lsn, Executor::Task task);

  // From now on `watcher` hears of `stream`. Watch first, then read: what the read does not show
  // will be told. REQUIRES: `watcher` is not watching `stream`.
  void Watch(const StreamHandle& stream, Watcher* watcher);
  void Unwatch(const StreamHandle& stream, Watcher* watcher);

 private:
  friend class Engine;
  struct Shared;  // what the engine's threads touch; outlives the port where a post is under way
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
