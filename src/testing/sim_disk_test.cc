#include "testing/sim_disk.h"

#include <gtest/gtest.h>

#include <set>

#include "storage/directory.h"
#include "storage/disk_suite.h"

namespace thalweg {
namespace {

class SimDiskCase {
 public:
  Disk& disk() { return disk_; }

 private:
  SimDisk disk_{1};
};

INSTANTIATE_TYPED_TEST_SUITE_P(SimDisk, DiskSuite, SimDiskCase);

std::string Read(SimDisk& disk, const std::string& path) {
  const auto file = disk.Open(path, Disk::Mode::kRead).value();
  std::string out(file->Size().value(), '?');
  out.resize(file->ReadAt(0, out).value());
  return out;
}

std::unique_ptr<File> Create(SimDisk& disk, const std::string& name) {
  return Directory(disk, "").Create(name).value();
}

template <typename T>
int CodeOf(const DiskResult<T>& result) {
  return result ? 0 : result.error().code;
}

constexpr auto kPowerCut = SimDisk::CrashKind::kPowerCut;
constexpr auto kProcess = SimDisk::CrashKind::kProcess;

TEST(SimDisk, FailsTheNthMatchingOperationAndNoOther) {
  SimDisk disk(1);
  const auto log = Create(disk, "log");
  const auto other = Create(disk, "other");
  disk.FailNth({.op = DiskOp::kWrite, .path_part = "log"}, 2, {.code = EIO, .times = 2});
  EXPECT_EQ(CodeOf(other->WriteAt(0, "a")), 0);
  EXPECT_EQ(CodeOf(log->WriteAt(0, "a")), 0);
  EXPECT_EQ(CodeOf(other->WriteAt(0, "a")), 0);
  EXPECT_EQ(CodeOf(log->Sync()), 0);
  const auto failed = log->WriteAt(1, "bc");
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message, "write 2 bytes at 1 of log: Input/output error");
  EXPECT_EQ(CodeOf(log->WriteAt(1, "b")), EIO);
  EXPECT_EQ(CodeOf(log->WriteAt(1, "d")), 0);
  EXPECT_EQ(Read(disk, "log"), "ad");
}

TEST(SimDisk, EveryOperationCanFailAndThenChangesNothing) {
  struct Row {
    DiskOp op;
    int (*call)(SimDisk& disk, File& file);
  };
  const Row rows[] = {
      {DiskOp::kOpen, [](SimDisk& d, File&) { return CodeOf(d.Open("a", Disk::Mode::kRead)); }},
      {DiskOp::kCreate, [](SimDisk& d, File&) { return CodeOf(d.Open("b", Disk::Mode::kCreate)); }},
      {DiskOp::kRead,
       [](SimDisk&, File& f) {
         char byte;
         return CodeOf(f.ReadAt(0, std::span(&byte, 1)));
       }},
      {DiskOp::kWrite, [](SimDisk&, File& f) { return CodeOf(f.WriteAt(0, "x")); }},
      {DiskOp::kAllocate, [](SimDisk&, File& f) { return CodeOf(f.Allocate(9999)); }},
      {DiskOp::kTruncate, [](SimDisk&, File& f) { return CodeOf(f.Truncate(0)); }},
      {DiskOp::kSize, [](SimDisk&, File& f) { return CodeOf(f.Size()); }},
      {DiskOp::kRename, [](SimDisk& d, File&) { return CodeOf(d.Rename("a", "b")); }},
      {DiskOp::kRemove, [](SimDisk& d, File&) { return CodeOf(d.Remove("a")); }},
      {DiskOp::kMakeDirectory, [](SimDisk& d, File&) { return CodeOf(d.MakeDirectory("b")); }},
      {DiskOp::kSyncDirectory, [](SimDisk& d, File&) { return CodeOf(d.SyncDirectory("")); }},
      {DiskOp::kList, [](SimDisk& d, File&) { return CodeOf(d.List("")); }},
      {DiskOp::kLock, [](SimDisk& d, File&) { return CodeOf(d.Lock("b")); }},
      {DiskOp::kSync, [](SimDisk&, File& f) { return CodeOf(f.Sync()); }},
      {DiskOp::kWriteOut, [](SimDisk&, File& f) { return CodeOf(f.WriteOut(0, 4)); }},
  };
  for (const Row& row : rows) {
    SimDisk disk(1);
    const auto file = Create(disk, "a");
    ASSERT_TRUE(file->WriteAt(0, "kept").has_value());
    ASSERT_TRUE(file->Sync().has_value());
    disk.FailNth({.op = row.op, .path_part = ""}, 1, {.code = ENOSPC});
    EXPECT_EQ(row.call(disk, *file), ENOSPC) << static_cast<int>(row.op);
    EXPECT_EQ(disk.List("").value(), std::vector<std::string>{"a"}) << static_cast<int>(row.op);
    EXPECT_EQ(Read(disk, "a"), "kept") << static_cast<int>(row.op);
    EXPECT_EQ(row.call(disk, *file), 0) << static_cast<int>(row.op);
  }
}

TEST(SimDisk, AFailedWriteMayHaveWrittenItsBeginning) {
  SimDisk disk(1);
  const auto file = Create(disk, "a");
  disk.FailNth({.op = DiskOp::kWrite, .path_part = ""}, 1, {.code = EIO, .written_bytes = 3});
  EXPECT_EQ(CodeOf(file->WriteAt(0, "abcdef")), EIO);
  EXPECT_EQ(Read(disk, "a"), "abc");
}

// fdatasync fails once and succeeds the next time, the bytes being gone.
TEST(SimDisk, AFailedSyncLosesItsBytesThoughTheNextOneSucceeds) {
  std::set<std::string> seen_before_the_cut;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    const auto file = Create(disk, "a");
    ASSERT_TRUE(file->WriteAt(0, std::string(1024, 'o')).has_value());
    ASSERT_TRUE(file->Sync().has_value());
    ASSERT_TRUE(file->WriteAt(0, std::string(512, 'n')).has_value());
    disk.FailNth({.op = DiskOp::kSync, .path_part = ""}, 1, {});
    EXPECT_EQ(CodeOf(file->Sync()), EIO);
    seen_before_the_cut.insert(Read(disk, "a"));
    EXPECT_EQ(CodeOf(file->Sync()), 0);
    disk.Crash(kPowerCut);
    EXPECT_EQ(Read(disk, "a"), std::string(1024, 'o')) << seed;
  }
  EXPECT_EQ(seen_before_the_cut.size(), 2U);  // the page cache may still show them
}

TEST(SimDisk, AFullDiskTakesWhatFitsUntilThereIsRoomAgain) {
  SimDisk disk(1);
  disk.SetRoom(4 * kSectorBytes);
  const auto log = Create(disk, "log");
  const auto other = Create(disk, "other");
  EXPECT_EQ(CodeOf(log->Allocate(2 * kSectorBytes)), 0);
  EXPECT_EQ(CodeOf(other->Allocate(3 * kSectorBytes)), ENOSPC);
  EXPECT_EQ(other->Size().value(), 0U);
  EXPECT_EQ(CodeOf(other->WriteAt(0, std::string(3 * kSectorBytes, 'x'))), ENOSPC);
  EXPECT_EQ(other->Size().value(), 2 * kSectorBytes);
  EXPECT_EQ(CodeOf(log->WriteAt(0, std::string(2 * kSectorBytes, 'y'))), 0);  // has its space
  EXPECT_EQ(CodeOf(log->WriteAt(2 * kSectorBytes, "y")), ENOSPC);
  EXPECT_EQ(CodeOf(other->Truncate(1)), 0);
  EXPECT_EQ(CodeOf(log->WriteAt(2 * kSectorBytes, "y")), 0);
  EXPECT_EQ(disk.bytes_used(), 4 * kSectorBytes);
}

TEST(SimDisk, ARemovedFileGivesItsRoomBackWhenNobodyNeedsIt) {
  SimDisk disk(1);
  auto file = Create(disk, "a");
  ASSERT_TRUE(file->Allocate(1000).has_value());
  ASSERT_TRUE(disk.Remove("a").has_value());
  file.reset();
  EXPECT_EQ(disk.bytes_used(), 1024U);  // the platter still has the name
  ASSERT_TRUE(disk.SyncDirectory("").has_value());
  EXPECT_EQ(disk.bytes_used(), 0U);
}

TEST(SimDisk, DamagesASectorOnDemand) {
  SimDisk disk(1);
  const auto file = Create(disk, "a");
  const std::string old(1500, 'o');
  const std::string now(1500, 'n');
  for (const std::string& content : {old, now}) {
    ASSERT_TRUE(file->WriteAt(0, content).has_value());
    ASSERT_TRUE(file->Sync().has_value());
  }
  disk.CorruptSector("a", 0, Damage::kStale);
  EXPECT_EQ(Read(disk, "a"), old.substr(0, 512) + now.substr(512));
  disk.CorruptSector("a", 1, Damage::kZero);
  EXPECT_EQ(Read(disk, "a").substr(512, 512), std::string(512, '\0'));
  disk.CorruptSector("a", 2, Damage::kFlipBit);
  const std::string flipped = Read(disk, "a").substr(1024);
  int bits = 0;
  for (const char byte : flipped) bits += __builtin_popcount(static_cast<uint8_t>(byte ^ 'n'));
  EXPECT_EQ(bits, 1);
  disk.Crash(kPowerCut);
  EXPECT_EQ(Read(disk, "a").substr(1024), flipped);
}

TEST(SimDisk, MisreadsOnDemandAndHasItRightTheNextTime) {
  SimDisk disk(1);
  const auto file = Create(disk, "a");
  const std::string old(1500, 'o');
  const std::string now(1500, 'n');
  for (const std::string& content : {old, now}) {
    ASSERT_TRUE(file->WriteAt(0, content).has_value());
    ASSERT_TRUE(file->Sync().has_value());
  }
  const auto wrong_bytes = [&](Damage damage) {
    disk.FailNth({.op = DiskOp::kRead, .path_part = "a"}, 1, {.code = 0, .misread = damage});
    std::string text(1000, '?');
    EXPECT_EQ(file->ReadAt(500, text), 1000u);
    EXPECT_EQ(Read(disk, "a"), now);
    std::erase(text, 'n');
    return text;
  };
  std::set<std::string> stale;
  for (int i = 0; i < 50; ++i) stale.insert(wrong_bytes(Damage::kStale));
  const std::set<std::string> pieces{old.substr(0, 12), old.substr(0, 512), old.substr(0, 476)};
  EXPECT_EQ(stale, pieces) << "one sector, as far as it was read";
  EXPECT_EQ(wrong_bytes(Damage::kZero).find_first_not_of('\0'), std::string::npos);
  EXPECT_LE(wrong_bytes(Damage::kFlipBit).size(), 1u);
  EXPECT_NE(wrong_bytes(Damage::kMisplaced), "");
}

TEST(SimDisk, StopsInTheMiddleOfAnOperationAndAnswersNothingUntilTheCrash) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk(seed);
    const auto file = Create(disk, "a");
    ASSERT_TRUE(file->WriteAt(0, "sure").has_value());
    ASSERT_TRUE(file->Sync().has_value());
    disk.StopAtNth(2);
    EXPECT_EQ(CodeOf(file->WriteAt(4, "?")), 0);
    EXPECT_FALSE(disk.stopped());
    EXPECT_EQ(CodeOf(file->Sync()), EIO);
    EXPECT_TRUE(disk.stopped());
    EXPECT_EQ(CodeOf(disk.Open("b", Disk::Mode::kCreate)), EIO);
    EXPECT_EQ(CodeOf(disk.List("")), EIO);
    disk.Crash(kPowerCut);
    EXPECT_EQ(disk.List("").value(), std::vector<std::string>{"a"});
    outcomes.insert(Read(disk, "a").size() == 4 ? "lost" : "kept");
  }
  EXPECT_EQ(outcomes.size(), 2U);  // the write was in flight, and the sync never happened
}

TEST(SimDisk, WhatWasBeingDoneWhenTheProcessStoppedIsDone) {
  SimDisk disk(1);
  disk.StopAtNth(1);
  EXPECT_EQ(CodeOf(disk.Open("a", Disk::Mode::kCreate)), EIO);
  disk.Crash(kProcess);
  EXPECT_EQ(disk.List("").value(), std::vector<std::string>{"a"});
}

TEST(SimDisk, CountsOperationsAndCallsTheHookBeforeEach) {
  SimDisk disk(1);
  std::vector<std::string> calls;
  disk.SetHook([&](DiskOp op, const std::string& path) {
    calls.push_back(std::to_string(static_cast<int>(op)) + path);
    EXPECT_EQ(disk.ops(), calls.size() - 1);
  });
  const auto file = Create(disk, "a");
  EXPECT_TRUE(file->Sync().has_value());
  EXPECT_EQ(calls, (std::vector<std::string>{"1a", "11", "4a"}));
  EXPECT_EQ(disk.ops(), 3U);
  EXPECT_EQ(disk.ops(DiskOp::kSync), 1U);
}

uint64_t TraceOf(uint64_t seed, std::string_view text) {
  SimDisk disk(seed);
  for (int generation = 0; generation < 3; ++generation) {
    const std::string name = "f" + std::to_string(generation);
    const auto file = Create(disk, name);
    EXPECT_TRUE(file->WriteAt(0, text).has_value());
    EXPECT_TRUE(file->Sync().has_value());
    EXPECT_TRUE(file->WriteAt(text.size(), std::string(9999, 'x')).has_value());
    disk.Crash(kPowerCut);
    Read(disk, name);
  }
  return disk.TraceHash();
}

TEST(SimDisk, ASeedDoesTheSameEveryTime) {
  EXPECT_EQ(TraceOf(7, "abc"), TraceOf(7, "abc"));
  EXPECT_NE(TraceOf(7, "abc"), TraceOf(8, "abc"));
  EXPECT_NE(TraceOf(7, "abc"), TraceOf(7, "abd"));
}

}  // namespace
}  // namespace thalweg
