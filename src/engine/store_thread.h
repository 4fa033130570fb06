// The thread of a store keeper.
//
// Crosses threads: made and destroyed by one thread; the keeper is this thread's meanwhile.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/store_keeper.h"

namespace thalweg {

class StoreThread {
 public:
  // REQUIRES: `keeper` outlives it.
  explicit StoreThread(StoreKeeper& keeper);

  // Takes a last checkpoint, unless the log stands still. REQUIRES: no command comes any more, and
  // the log's threads are at work.
  ~StoreThread();

 private:
  void Run(std::stop_token stop);

  StoreKeeper& keeper_;
  std::mutex mutex_;  // for the condition only
  std::condition_variable_any stopped_;
  std::jthread thread_;
};

}  // namespace thalweg
