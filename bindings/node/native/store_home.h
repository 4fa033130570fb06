// A store with the thread that serves it: what stores, routers and servers of JavaScript share.
//
// Made and ended on the loop's thread, or ended on a thread for background work.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "base/worker_pool.h"
#include "loop_executor.h"
#include "thalweg/logger.h"
#include "thalweg/store.h"
#include "warnings.h"

namespace thalweg::node {

// Of a store in a directory, as lib/store.cjs has checked it.
struct DirectorySettings {
  std::string path{};  // empty: in memory
  size_t log_file_bytes = StoreOptions().log_file_bytes;
  uint64_t tail_bytes_max = StoreOptions().tail_bytes_max;
  uint32_t failure_number = 0;  // see Warnings::TellFailure
};

// What to tell where the standard library could not start a thread.
inline std::string NoThread(const std::system_error& error) {
  return std::string("cannot start a thread: ") + error.what() +
         "; raise the limit of threads or memory (ulimit -u, ulimit -v, TasksMax=)";
}

// A thread that begins with the first task; where none is to be had, who posts runs the task.
class LazyWorkers final : public Executor {
 public:
  void Post(Task task) override;
  void PostAfter(int64_t delay_ms, Task task) override;

 private:
  std::optional<WorkerPool> pool_;
};

class StoreHome {
 public:
  using Opened = std::expected<std::shared_ptr<StoreHome>, OpenError>;

  // REQUIRES: `loop` outlives it.
  static Opened Open(LoopExecutor& loop, Warnings& warnings, const DirectorySettings& settings);

  // Throws std::system_error where `on_disk` needs a thread that cannot be had.
  StoreHome(std::unique_ptr<Warnings::Log> log, std::unique_ptr<Store> store, bool on_disk);
  ~StoreHome();
  StoreHome(const StoreHome&) = delete;
  StoreHome& operator=(const StoreHome&) = delete;

  Store& store() { return *store_; }

  bool on_disk() const { return on_disk_; }

  // Where routers of a store on disk run, so that Node's loop never waits for the disk. Who still
  // has it when this ends posts in vain. REQUIRES: on_disk().
  const std::shared_ptr<WorkerPool>& thread() { return thread_; }

  // Where large bodies are compressed for routers of one in memory. Its thread begins with the
  // first of them; where none is to be had, Node's loop does it. THREAD: the loop's.
  Executor& workers() { return workers_; }

 private:
  const std::unique_ptr<Warnings::Log> log_;
  const std::unique_ptr<Store> store_;
  const bool on_disk_;
  std::shared_ptr<WorkerPool> thread_;  // of a store in memory: null
  LazyWorkers workers_;                 // of one on disk: without a thread
};

}  // namespace thalweg::node
