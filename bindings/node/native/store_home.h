// A store with the thread that serves it: what stores, routers and servers of JavaScript share.
//
// Made and ended on the loop's thread, or ended on a thread for background work.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "loop_executor.h"
#include "thalweg/logger.h"
#include "thalweg/store.h"
#include "thread_executor.h"
#include "warnings.h"

namespace thalweg::node {

class StoreHome {
 public:
  using Opened = std::expected<std::shared_ptr<StoreHome>, OpenError>;

  // In the directory `path`, or in memory where it is empty. REQUIRES: `loop` outlives it.
  static Opened Open(LoopExecutor& loop, Warnings& warnings, const std::string& path);

  StoreHome(std::unique_ptr<Warnings::Log> log, std::unique_ptr<Store> store, bool on_disk)
      : log_(std::move(log)),
        store_(std::move(store)),
        thread_(store_->clock()),
        on_disk_(on_disk) {}
  StoreHome(const StoreHome&) = delete;
  StoreHome& operator=(const StoreHome&) = delete;

  Store& store() { return *store_; }

  // On disk: where its routers run. In memory: where large bodies are compressed.
  ThreadExecutor& thread() { return thread_; }
  bool on_disk() const { return on_disk_; }

 private:
  const std::unique_ptr<Warnings::Log> log_;
  const std::unique_ptr<Store> store_;
  ThreadExecutor thread_;  // ends first
  const bool on_disk_;
};

}  // namespace thalweg::node
