// A commit log whose durability is moved by hand: what a slow disk looks like. THREAD: any.
#pragma once

#include <atomic>

#include "storage/commit_log.h"

namespace thalweg {

class DelayedLog : public CommitLog {
 public:
  void Attach(CommitListener* listener) override { listener_ = listener; }
  Lsn Stage(const Record& record) noexcept override;
  Lsn durable() const override { return Lsn{durable_.load()}; }

  void StartCommit() override { ++starts_; }
  int starts() const { return starts_.load(); }  // how often a commit was asked for

  bool HasRoom() const override { return has_room_.load(); }
  bool HasRoomForBatch() const override { return has_room_for_batch_.load(); }
  void SetRoom(bool has_room, bool has_room_for_batch = true) {
    has_room_ = has_room;
    has_room_for_batch_ = has_room_for_batch;
  }

  Lsn staged() const { return Lsn{staged_.load()}; }

  // Everything up to `lsn` is durable from now on, and the listener is told. THREAD: one at a time.
  void CommitUpTo(Lsn lsn);
  void CommitAll() { CommitUpTo(staged()); }

  // The same without telling: the moment between a log's progress and its word of it.
  void CommitSilently(Lsn lsn);

 private:
  CommitListener* listener_ = nullptr;
  std::atomic<uint64_t> staged_{0};
  std::atomic<uint64_t> durable_{0};
  std::atomic<int> starts_{0};
  std::atomic<bool> has_room_{true}, has_room_for_batch_{true};
};

}  // namespace thalweg
