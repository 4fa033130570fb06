// Commits a log from an event loop, which begins a write when it has staged something and hears of
// its end as of a request: no other thread is woken for either.
//
// THREAD: the executor's own.
#pragma once

#include <memory>
#include <utility>

#include "base/owned_fd.h"
#include "storage/commit_log.h"
#include "storage/disk.h"
#include "thalweg/executor.h"

namespace thalweg {

class LocalLog;

class LoopCommitter final : public CommitStarter {
 public:
  // Null: the executor cannot be told of ends, or the disk or the system has no such writes.
  static std::unique_ptr<LoopCommitter> Make(LocalLog& log, Executor& executor);

  // For Make, which has to add the rest.
  LoopCommitter(LocalLog& log, Executor& executor, OwnedFd event)
      : log_(log), executor_(executor), event_(std::move(event)) {}
  // Waits for the end of what is under way.
  ~LoopCommitter() override;
  LoopCommitter(const LoopCommitter&) = delete;
  LoopCommitter& operator=(const LoopCommitter&) = delete;

  void Start() override;

 private:
  using Self = std::shared_ptr<LoopCommitter*>;

  void OnEvent();
  void StartInNextTurn();

  LocalLog& log_;
  Executor& executor_;
  const OwnedFd event_;
  std::unique_ptr<AsyncWriter> writer_;  // null: its making failed
  bool is_under_way_ = false;
  const Self self_ = std::make_shared<LoopCommitter*>(this);  // for tasks that may outlive it
};

}  // namespace thalweg
