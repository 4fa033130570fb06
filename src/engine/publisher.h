// Tells what has become durable: to the ports of streams that are watched, and to whoever waits.
//
// Crosses threads: any thread may call; takes partition and mailbox locks, so REQUIRES that the
// caller holds none. A stream that nobody watches never comes here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/durability_listener.h"
#include "engine/read.h"
#include "storage/commit_log.h"

namespace thalweg {

class Publisher final : public CommitListener {
 public:
  explicit Publisher(const CommitLog& log) : log_(log) {}

  // `stream` changes for its readers when `lsn` is durable: tells its ports then, or now.
  void Publish(Lsn lsn, StreamHandle stream);

  void OnDurable(Lsn durable) override;  // the log got this far

  void AddListener(std::shared_ptr<DurabilityListener> listener);
  void RemoveListener(const std::shared_ptr<DurabilityListener>& listener);

  Lsn durable() const { return log_.durable(); }

  // The first time: calls `tell`, then tells the listeners that nothing more is to be waited for.
  // Who sees the failure sees what `tell` did; whoever comes second waits for that.
  void Fail(const std::function<void()>& tell);
  bool failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  struct Change {
    Lsn lsn;
    StreamHandle stream;
  };

  void TellDurable(Lsn durable);
  std::vector<std::shared_ptr<DurabilityListener>> Listeners();
  static void Tell(StreamEntry& stream);

  const CommitLog& log_;
  std::atomic<bool> fails_{false};  // is told, or was
  std::atomic<bool> failed_{false};
  std::mutex mutex_;             // guards what follows; no other lock is taken under it
  std::vector<Change> waiting_;  // in no order: threads come here after their partition's lock
  std::vector<std::shared_ptr<DurabilityListener>> listeners_;
};

}  // namespace thalweg
