// A commit log that commits at once and keeps nothing: memory mode. THREAD: any.
#pragma once

#include <atomic>

#include "storage/commit_log.h"

namespace thalweg {

class MemoryLog final : public CommitLog {
 public:
  void Attach(CommitListener* listener) override;  // never called: all progress is inside Stage
  Lsn Stage(const Record& record) noexcept override;
  Lsn durable() const override;

 private:
  std::atomic<uint64_t> staged_{0};
};

}  // namespace thalweg
