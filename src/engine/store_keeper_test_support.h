// A keeper over a stored engine, whose steps a test takes. For tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store_keeper.h"
#include "storage/directory_clock.h"
#include "testing/stored_engine.h"

namespace thalweg {

class StoreKeeperTest : public testing::Test, protected StoredEngine {
 protected:
  StoreKeeperTest() { EXPECT_TRUE(time_.Recover(disk())); }

  void Keep(const StoreKeeperOptions& options) {
    keeper_ = std::make_unique<StoreKeeper>(
        engine(), log(), 0, time_, options,
        StoreKeeperEvents{
            .on_checkpoint = [this](const Checkpoint::Report&, int64_t) { ++checkpoints_; },
            .on_trouble = [this](const StorageFault&) { ++troubles_; },
            .on_set_aside = [this](const StorageFault& fault) { aside_.push_back(fault.message); },
            .on_failure = [this](const StorageFault&) { ++failures_; },
            .on_long_refused = [this] { ++told_refused_; },
            .on_memory_full = [this] { ++told_full_; },
            .on_gone = [this](const std::string& found) { gone_.push_back(found); }});
  }

  // As the thread would: steps until the keeper has nothing to do for a while.
  void Run() {
    for (int i = 0; i < 1'000 && keeper_->Step() == 0; ++i) {
    }
  }

  // In a checkpoint of 1.6 MB that is written in several pieces.
  int64_t MsOfRestWhileWriting(const StoreKeeperOptions& options) {
    int64_t rest_ms = 0;
    Keep(options);
    keeper_->SetPause([&rest_ms](int64_t ms) { rest_ms += ms; });
    engine().Create(NewStream("/long"));
    for (int i = 0; i < 16; ++i) Write("/long", std::string(100'000, 'x'));
    clock().AdvanceMs(options.age_ms_max);
    Run();
    EXPECT_EQ(checkpoints_, 1);
    return rest_ms;
  }

  size_t spares() { return FilesOfLog(".spare"); }
  size_t log_files() { return FilesOfLog(".log"); }

  size_t FilesOfLog(std::string_view ending) {
    const std::vector<std::string> names = disk().List("log").value();
    return static_cast<size_t>(
        std::ranges::count_if(names, [&](const auto& name) { return name.ends_with(ending); }));
  }

  size_t segments() { return engine().store().segments().size(); }
  size_t segment_files() { return disk().List("segments").value().size(); }

  void CreateWithTtl(const std::string& path, uint64_t ttl_s) {
    CreateCommand create = NewStream(path);
    create.expiry = Ttl(ttl_s);
    ASSERT_EQ(engine().Create(create).verdict, CreateVerdict::kCreated);
  }

  // Of six segments of 1 MB, one after the other.
  void BeginLongMerge() {
    engine().Create(NewStream("/a"));
    for (int i = 0; i < 6; ++i) {
      Write("/a", std::string(1'000'000, 'x'));
      clock().AdvanceMs(1);
      Run();
    }
    ASSERT_EQ(segments(), 6u);
    ASSERT_EQ(segment_files(), 7u) << "it has written a part";
  }

  // By the mark on the disk.
  int64_t MarkedMs() {
    const auto text = Directory(disk(), "").ReadText("clock").value();
    return text ? DecodeClockMark(*text).value_or(ClockMark{}).ms : 0;
  }

  DirectoryClock time_{clock()};
  std::unique_ptr<StoreKeeper> keeper_;
  int checkpoints_ = 0;
  int troubles_ = 0;
  int failures_ = 0;
  int told_refused_ = 0;
  int told_full_ = 0;
  std::vector<std::string> aside_;
  std::vector<std::string> gone_;
};

}  // namespace thalweg
