// An engine with a log and a store over a simulated disk, which can be started again; nothing runs
// by itself. For tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/keyed_hash.h"
#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "storage/directory.h"
#include "storage/local_log.h"
#include "storage/stream_store.h"
#include "testing/cold_disk.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/manual_executor.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"

namespace thalweg {

class StoredEngine {
 public:
  StoredEngine() : disk_(1) {
    SetHashKey(1);  // each run is the same, also in the order in which streams leave memory
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("log"));
    EXPECT_TRUE(Directory(disk_, "").MakeDirectory("segments"));
    Start();
  }

  // Ends the engine, if it runs, and recovers another. 0: memory is not bounded.
  void Start(uint64_t tail_bytes_max = 0) { Start(tail_bytes_max, false); }

  // The same without the streams that nobody can load.
  void StartWithoutUnreadable() { Start(0, true); }

  void Commit() { ASSERT_TRUE(log_->Commit()); }

  void Write(const std::string& path, const std::string& text) {
    EXPECT_EQ(engine_->Append(path, NewAppend(text)).verdict, AppendVerdict::kAppended) << path;
    Commit();
  }

  // Moves what is durable to the store, and streams that nobody holds out of memory.
  void CheckpointAndEvict() {
    const auto checkpoint = engine_->NewCheckpoint(*log_);
    const auto written = checkpoint->Write();
    ASSERT_TRUE(written) << written.error().message;
    Commit();
    if (*written) {
      const auto report = checkpoint->Commit();
      ASSERT_TRUE(report) << report.error().message;
    }
    engine_->EvictUnused();  // forgets who was used …
    engine_->EvictUnused();  // … and drops who was not
  }

  // What is read from `from` on, in pages; "refused" where it is.
  std::string Text(const std::string& path, uint64_t from = 0, size_t page_bytes = 3) {
    std::string text;
    for (;;) {
      const ReadOutcome read = engine_->Read(path, FromOffset(from + text.size()), page_bytes);
      if (read.verdict != ReadVerdict::kOk) return "refused";
      for (const Bytes& part : read.page.parts) text += part.view();
      if (read.page.at_tail) return text;
    }
  }

  Engine& engine() { return *engine_; }
  LocalLog& log() { return *log_; }
  ManualClock& clock() { return clock_; }
  SimDisk& disk() { return disk_; }
  ColdDisk& store_disk() { return store_disk_; }
  ManualExecutor& disk_workers() { return disk_workers_; }
  SimCatalog& catalog() { return catalog_; }
  uint64_t replayed() const { return replayed_; }  // records, by the last start
  const std::vector<StorageFault>& unreadable() const { return unreadable_; }

 private:
  void Start(uint64_t tail_bytes_max, bool removes_unreadable) {
    engine_.reset();
    auto store =
        Needed(StreamStore::Open(store_disk_, {}, std::make_unique<BorrowedCatalog>(catalog_)));
    const Lsn checkpoint = store->checkpoint();
    auto log = std::make_unique<LocalLog>(
        disk_, LocalLogOptions{.file_bytes = 8 * kLogPageBytes, .salt_seed = ++starts_});
    log_ = log.get();
    EngineStore engine_store{
        .streams = std::move(store),
        .tail_bytes_max = tail_bytes_max,
        .on_unreadable = [this](const StorageFault& fault) { unreadable_.push_back(fault); },
        .disk_workers = &disk_workers_};
    engine_ = std::make_unique<Engine>(clock_, std::move(log), EngineOptions{.partitions = 4},
                                       std::move(engine_store));
    if (removes_unreadable) {
      EXPECT_TRUE(engine_->LeaveOutUnreadable());
    }
    replayed_ = 0;
    Needed(log_->Recover(checkpoint, [this](Lsn lsn, const Record& record) {
      ++replayed_;
      return engine_->Replay(lsn, record);
    }));
    engine_->EndReplay();
    EXPECT_TRUE(engine_->store().RemoveLeftovers());
  }

  // Without it no test can go on: says why, and ends the program.
  template <typename T>
  static T Needed(StorageResult<T> result) {
    if (result) return *std::move(result);
    ADD_FAILURE() << "no engine: " << result.error().message;
    std::abort();
  }

  ManualClock clock_;
  SimDisk disk_;
  ColdDisk store_disk_{disk_};  // the same, for the store
  SimCatalog catalog_;
  uint64_t starts_ = 0;
  uint64_t replayed_ = 0;
  std::vector<StorageFault> unreadable_;
  std::unique_ptr<Engine> engine_;
  ManualExecutor disk_workers_{clock_};  // its tasks end before the engine
  LocalLog* log_ = nullptr;              // the engine's
};

}  // namespace thalweg
