// A store with the thread that serves it: what stores, routers and servers of JavaScript share.
//
// Made and ended on the loop's thread, or ended on a thread for background work.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "loop_executor.h"
#include "thalweg/logger.h"
#include "thalweg/store.h"
#include "thread_executor.h"
#include "warnings.h"

namespace thalweg::node {

// Of a store in a directory, as lib/store.cjs has checked it.
struct DirectorySettings {
  std::string path{};  // empty: in memory
  size_t log_file_bytes = StoreOptions().log_file_bytes;
  uint64_t tail_bytes_max = StoreOptions().tail_bytes_max;
  uint32_t failure_number = 0;  // see Warnings::TellFailure
};

class StoreHome {
 public:
  using Opened = std::expected<std::shared_ptr<StoreHome>, OpenError>;

  // REQUIRES: `loop` outlives it.
  static Opened Open(LoopExecutor& loop, Warnings& warnings, const DirectorySettings& settings);

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
