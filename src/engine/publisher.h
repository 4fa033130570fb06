// Tells ports what has become durable: streams that are watched, answers that wait.
//
// Crosses threads: any thread may call; takes partition and mailbox locks, so REQUIRES that the
// caller holds none. A stream that nobody watches never comes here.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/port_mailbox.h"
#include "engine/read.h"
#include "storage/commit_log.h"

namespace thalweg {

class Publisher {
 public:
  explicit Publisher(const CommitLog& log) : log_(log) {}

  // `stream` changes for its readers when `lsn` is durable: tells its ports then, or now.
  void Publish(Lsn lsn, StreamHandle stream);

  // The log got this far.
  void OnDurable(Lsn durable);

  void AddPort(std::shared_ptr<PortMailbox> port);
  void RemovePort(const std::shared_ptr<PortMailbox>& port);

  Lsn durable() const { return log_.durable(); }

 private:
  struct Change {
    Lsn lsn;
    StreamHandle stream;
  };

  void TellDurable(Lsn durable);
  static void Tell(StreamEntry& stream);

  const CommitLog& log_;
  std::mutex mutex_;             // guards what follows; no other lock is taken under it
  std::vector<Change> waiting_;  // in no order: threads come here after their partition's lock
  std::vector<std::shared_ptr<PortMailbox>> ports_;
};

}  // namespace thalweg
