// Backups of a directory whose log grows, cut short at every operation of either disk.
#include "storage/data_directory_backup.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/data_directory.h"
#include "storage/directory_clock.h"
#include "storage/local_log.h"
#include "storage/segment_writer.h"
#include "testing/manual_clock.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

DirectoryId IdOf(uint8_t byte) {
  DirectoryId id;
  id.fill(byte);
  return id;
}

Record AppendOf(std::string_view data) {
  AppendRecord record;
  record.id = {1};
  record.data = data;
  return record;
}

constexpr uint64_t kSmallFile = 4 * kLogPageBytes;

// A directory with a log whose next file is always allocated ahead; a small file holds two commits.
class Original {
 public:
  explicit Original(Disk& disk, uint8_t id = 1, uint64_t file_bytes = kSmallFile,
                    size_t record_bytes = 10)
      : data_(record_bytes, 'x') {
    directory_ = DataDirectory::Open(disk, IdOf(id)).value();
    LocalLogOptions options{.file_bytes = file_bytes, .salt_seed = id};
    options.directory = directory_->id();
    log_ = std::make_unique<LocalLog>(disk, options);
    EXPECT_TRUE(log_->Recover(Lsn{0}, [](Lsn, const Record&) { return StorageResult<void>(); }));
  }
  void Commit(int count = 1) {
    for (int i = 0; i < count; ++i) {
      last_ = log_->Stage(AppendOf(data_));
      EXPECT_TRUE(log_->Commit());
      EXPECT_TRUE(log_->PrepareNext());
    }
  }
  // As a checkpoint of everything does.
  void Trim() {
    checkpoint_ = last_;
    EXPECT_TRUE(log_->Trim(checkpoint_));
  }
  Lsn last() const { return last_; }
  Lsn checkpoint() const { return checkpoint_; }

 private:
  const std::string data_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<LocalLog> log_;
  Lsn last_;
  Lsn checkpoint_;
};

// Directories whose catalog was lost would be refused: these have none, as before the first start.
StorageResult<BackupReport> BackUp(Disk& disk, Disk& target, Lsn checkpoint = {}) {
  CatalogHead head;
  head.checkpoint = checkpoint;
  return BackUpDirectory(disk, target, [&](const DirectoryId&) { return head; });
}

// What a server would recover from `disk`.
StorageResult<Lsn> Recovered(Disk& disk, Lsn checkpoint = {}) {
  const auto directory = DataDirectory::Open(disk, IdOf(9));
  if (!directory) return std::unexpected(directory.error());
  LocalLogOptions options;
  options.directory = (*directory)->id();
  LocalLog log(disk, options);
  const auto report =
      log.Recover(checkpoint, [](Lsn, const Record&) { return StorageResult<void>(); });
  if (!report) return std::unexpected(report.error());
  return report->last;
}

// Names that nobody else would remove: a start of the copy would move them to its quarantine.
TEST(DataDirectoryBackup, RemovesTheDraftsOfOneThatWasCutShort) {
  SimDisk disk(1), target(2);
  Original original(disk);
  original.Commit(3);
  ASSERT_TRUE(BackUp(disk, target));
  const std::string draft = "log/" + LogFileName(7) + ".new";
  ASSERT_TRUE(target.Open(draft, Disk::Mode::kCreate));
  original.Commit();
  ASSERT_TRUE(BackUp(disk, target));
  const std::vector<std::string> names = target.List("log").value();
  for (const std::string& name : names) {
    EXPECT_TRUE(DataDirectory::IsKnownName("log", name)) << name;
  }
  EXPECT_EQ(Recovered(target).value(), original.last());
}

TEST(DataDirectoryBackup, OfARunningServerHoldsWhatWasDurableAndIsRenewedByWhatIsNew) {
  SimDisk disk(1), target(2);
  Original original(disk);
  const auto empty = BackUp(disk, target);
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ(empty->last, Lsn{0});
  original.Commit(5);
  const auto first = BackUp(disk, target);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->last, Lsn{5});
  EXPECT_EQ(first->copied, 3u);
  original.Commit(2);
  const auto second = BackUp(disk, target);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->last, Lsn{7});
  EXPECT_EQ(second->kept, 2u) << "two files were full before";
  EXPECT_EQ(second->copied, 2u);
  EXPECT_EQ(Recovered(target), Lsn{7});
}

// Commits after every `every` operations of the backup, `burst` at a time.
void BackUpWhileItGrows(uint64_t every, int burst, uint64_t file_bytes, size_t record_bytes) {
  SimDisk disk(1), target(2);
  Original original(disk, 1, file_bytes, record_bytes);
  original.Commit(3);
  const Lsn before = original.last();
  bool busy = false;
  uint64_t ops = 0;
  disk.SetHook([&](DiskOp, const std::string&) {
    if (busy || ++ops % every != 0 || original.last() > Lsn{40}) return;
    busy = true;
    original.Commit(burst);
    busy = false;
  });
  const auto report = BackUp(disk, target);
  disk.SetHook(nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_GE(report->last, before);
  EXPECT_LT(before, original.last()) << "nothing went on";
  EXPECT_EQ(Recovered(target), report->last);
}

// Whose wall clock was put right after its start: directory and wall time differ from there on.
TEST(DataDirectoryBackup, GoesOnWithTheTimeOfItsOriginal) {
  constexpr int64_t kHourMs = 3'600'000;
  SimDisk disk(1), target(2);
  Original original(disk);
  original.Commit();
  ASSERT_TRUE(BackUp(disk, target)) << "of a directory that has no mark";
  ManualClock machine;
  DirectoryClock clock(machine);
  ASSERT_TRUE(clock.Recover(disk));
  machine.JumpWallMs(50 * 365 * 24 * kHourMs);
  ASSERT_TRUE(clock.Mark());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(BackUp(disk, target));
  const int64_t before_ms = clock.SteadyMs();
  machine.Reboot();  // or another machine
  machine.JumpWallMs(kHourMs);
  DirectoryClock restored(machine);
  ASSERT_TRUE(restored.Recover(target));
  EXPECT_EQ(restored.SteadyMs() - before_ms, kHourMs);
}

TEST(DataDirectoryBackup, SeesOneMomentWhileTheLogGoesOnUnderIt) {
  for (uint64_t every = 1; every <= 16; ++every) {
    for (const int burst : {1, 3}) BackUpWhileItGrows(every, burst, kSmallFile, 10);
  }
}

// Every few operations of the backup a checkpoint, which makes spares of files that it has open.
TEST(DataDirectoryBackup, SeesOneMomentWhileFilesThatItReadsAreUsedAgain) {
  int looked_again = 0, used_again = 0;
  for (uint64_t every = 8; every <= 40; ++every) {
    SimDisk disk(1), target(2);
    Original original(disk);
    original.Commit(5);
    bool busy = false;
    uint64_t ops = 0;
    disk.SetHook([&](DiskOp op, const std::string& path) {
      if (op == DiskOp::kRename && path.ends_with(".spare")) ++used_again;
      if (busy || ++ops % every != 0 || original.last() > Lsn{60}) return;
      busy = true;
      original.Commit(3);
      original.Trim();
      busy = false;
    });
    int looks = 0;
    Lsn checkpoint;
    const auto report = BackUpDirectory(disk, target, [&](const DirectoryId&) {
      ++looks;
      CatalogHead head;
      head.checkpoint = checkpoint = original.checkpoint();
      return StorageResult<CatalogHead>(head);
    });
    disk.SetHook(nullptr);
    ASSERT_TRUE(report) << every << ": " << report.error().message;
    EXPECT_GE(report->last, checkpoint);
    EXPECT_EQ(Recovered(target, checkpoint), report->last) << every;
    looked_again += looks > 1 ? 1 : 0;
  }
  EXPECT_GT(looked_again, 5);
  EXPECT_GT(used_again, 20);
}

// Blocks that do not fit into what is read at once: a later one may be seen where an earlier one
// was looked for too soon.
TEST(DataDirectoryBackup, IsNotMistakenAboutBlocksThatAppearWhileItReads) {
  for (const uint64_t every : {3u, 15u}) {  // of 1 to 24, those that meet the case
    BackUpWhileItGrows(every, 2, 64u << 20, 700'000);
  }
}

TEST(DataDirectoryBackup, RefusesATargetThatIsNotItsOwnAndChangesNothingThere) {
  struct Row {
    const char* why;
    std::function<void(SimDisk&)> prepare;
    const char* said;
  };
  const Row rows[] = {
      {"of another directory", [](SimDisk& target) { Original(target, 2).Commit(); },
       "another data directory"},
      {"somebody's files",
       [](SimDisk& target) { ASSERT_TRUE(target.Open("holiday.jpg", Disk::Mode::kCreate)); },
       "holiday.jpg"},
      {"with the id of ours, yet other records",
       [](SimDisk& target) { Original(target, 1).Commit(7); }, "gone its own way"},
  };
  for (const Row& row : rows) {
    SimDisk disk(1), target(2);
    Original original(disk);
    original.Commit(3);
    row.prepare(target);
    const auto log_before = target.List("log");
    const auto refused = BackUp(disk, target);
    ASSERT_FALSE(refused) << row.why;
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kForeign) << row.why;
    EXPECT_NE(refused.error().message.find(row.said), std::string::npos) << refused.error().message;
    EXPECT_EQ(target.List("log").value_or(std::vector<std::string>{}),
              log_before.value_or(std::vector<std::string>{}))
        << row.why;
  }
}

TEST(DataDirectoryBackup, RefusesACopyThatAServerHasWrittenToSince) {
  SimDisk disk(1), target(2);
  Original original(disk);
  original.Commit(1);
  ASSERT_TRUE(BackUp(disk, target));
  Original(target, 1).Commit(1);
  original.Commit(1);
  const auto refused = BackUp(disk, target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageFault::Kind::kForeign);
  EXPECT_EQ(Recovered(target), Lsn{2});
}

// As a restore that forgot it.
void RemoveLastLogFile(Disk& disk) {
  auto names = disk.List("log").value();
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
  ASSERT_TRUE(Directory(disk, "log").Remove(names.back()));
}

TEST(DataDirectoryBackup, WithoutItsLastLogFileIsDamaged) {
  for (const bool renewed : {false, true}) {
    SimDisk disk(1), target(2);
    Original original(disk);
    original.Commit(2);
    if (renewed) {
      ASSERT_TRUE(BackUp(disk, target));
    }
    original.Commit(1);
    ASSERT_TRUE(BackUp(disk, target));
    RemoveLastLogFile(target);
    const auto recovered = Recovered(target);
    ASSERT_FALSE(recovered) << "renewed: " << renewed;
    EXPECT_EQ(recovered.error().kind, StorageFault::Kind::kDamage);
  }
}

TEST(DataDirectoryBackup, OfALogWithoutItsLastFileIsRefused) {
  SimDisk disk(1), target(2);
  Original(disk).Commit(3);
  RemoveLastLogFile(disk);  // made ahead
  ASSERT_TRUE(BackUp(disk, target));
  RemoveLastLogFile(disk);
  const auto refused = BackUp(disk, target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage);
  EXPECT_NE(refused.error().message.find("0002.log is missing"), std::string::npos)
      << refused.error().message;
}

// The file made ahead behind it does not stand for it.
TEST(DataDirectoryBackup, OfALogWhoseLastFileHasNoBlockIsRefused) {
  struct Row {
    const char* why;
    uint64_t from, to;  // what of the file is lost; all: it is not there
  };
  const Row rows[] = {
      {"it is missing", 0, kSmallFile},
      {"its header is lost", 0, kLogPageBytes},
      {"its block is lost", kLogPageBytes, 2 * kLogPageBytes},
  };
  for (const Row& row : rows) {
    SimDisk disk(1), target(2);
    Original(disk).Commit(3);
    if (row.to == kSmallFile) {
      ASSERT_TRUE(Directory(disk, "log").Remove(LogFileName(2)));
    } else {
      const auto file = disk.Open("log/" + LogFileName(2), Disk::Mode::kReadWrite).value();
      ASSERT_TRUE(file->WriteAt(row.from, std::string(row.to - row.from, '\0')));
    }
    const auto refused = BackUp(disk, target);
    ASSERT_FALSE(refused) << row.why;
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage) << row.why;
  }
}

// As a copy that was made while a file was begun, and a start after a crash that took its block.
TEST(DataDirectoryBackup, IsRenewedWhereAFileThatItHasTheHeaderOfIsLeft) {
  SimDisk disk(1), target(2);
  Original(disk).Commit(3);
  ASSERT_TRUE(BackUp(disk, target));
  const std::string page(kLogPageBytes, '\0');
  for (SimDisk* const one : {&disk, &target}) {
    const auto first = one->Open("log/" + LogFileName(1), Disk::Mode::kReadWrite).value();
    ASSERT_TRUE(first->WriteAt(3 * kLogPageBytes, page)) << "its seal";
    const auto second = one->Open("log/" + LogFileName(2), Disk::Mode::kReadWrite).value();
    ASSERT_TRUE(second->WriteAt(kLogPageBytes, page));
  }
  Original(disk).Commit(1);
  const auto renewed = BackUp(disk, target);
  ASSERT_TRUE(renewed) << renewed.error().message;
  EXPECT_EQ(Recovered(target), Lsn{3});
}

constexpr uint64_t kManyStreams = 3'000;  // so that the index is much longer than its last page

// Writes segment 1 of directory 1, in which the first stream has `first`.
SegmentInfo WriteSegment(Disk& disk, std::string_view first) {
  Directory folder(disk, "segments");
  const auto writer = SegmentWriter::Create(folder, {IdOf(1), 1}).value();
  for (uint64_t id = 1; id <= kManyStreams; ++id) {
    const std::string_view bytes = id == 1 ? first : "same";
    const uint32_t ends[] = {static_cast<uint32_t>(bytes.size())};
    writer->Begin({id}, {0});
    EXPECT_TRUE(writer->Append(bytes, ends));
    EXPECT_TRUE(writer->End("state"));
  }
  const SegmentFooter footer = writer->Finish().value();
  return {.number = 1, .file_bytes = footer.file_bytes(), .data_bytes = footer.data_bytes};
}

StorageResult<BackupReport> BackUpSegment(Disk& disk, Disk& target, const SegmentInfo& info) {
  const CatalogHead head{.segments = {info}};
  return BackUpDirectory(disk, target, [&](const DirectoryId&) { return head; });
}

// Both directories were one and went on apart; what they wrote has the same name and length.
TEST(DataDirectoryBackup, RefusesASegmentOfAnotherHistoryHoweverEarlyItDiffers) {
  SimDisk disk(1), target(2);
  Original original(disk);
  const SegmentInfo info = WriteSegment(disk, "ours");
  const auto first = BackUpSegment(disk, target, info);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->copied, 1u);
  const auto again = BackUpSegment(disk, target, info);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->kept, 1u);
  ASSERT_TRUE(Directory(target, "segments").Remove(SegmentFileName(1)));
  EXPECT_EQ(WriteSegment(target, "else"), info);
  const auto refused = BackUpSegment(disk, target, info);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageFault::Kind::kForeign);
  EXPECT_NE(refused.error().message.find("gone its own way"), std::string::npos);
}

void SpoilSegment(Disk& disk, uint64_t at) {
  const auto file = disk.Open("segments/" + SegmentFileName(1), Disk::Mode::kReadWrite);
  ASSERT_TRUE(file && (*file)->WriteAt(at, "damage"));
}

TEST(DataDirectoryBackup, SaysWhoseSegmentIsDamaged) {
  SimDisk disk(1), target(2);
  Original original(disk);
  const SegmentInfo info = WriteSegment(disk, "ours");
  SpoilSegment(disk, kSegmentHeaderBytes);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto refused = BackUpSegment(disk, target, info);
    ASSERT_FALSE(refused) << "what is damaged gets no name at the target";
    EXPECT_TRUE(refused.error().message.starts_with("the original's segments/0"));
  }
  ASSERT_TRUE(Directory(disk, "segments").Remove(SegmentFileName(1)));
  WriteSegment(disk, "ours");
  ASSERT_TRUE(BackUpSegment(disk, target, info));
  SpoilSegment(target, info.file_bytes - 1'000);
  const auto refused = BackUpSegment(disk, target, info);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("the target's segments/0"))
      << refused.error().message;
}

TEST(DataDirectoryBackup, DoesNotCopyDamage) {
  SimDisk disk(1), target(2);
  Original original(disk);
  original.Commit(4);
  ASSERT_TRUE(BackUp(disk, target));
  original.Commit(2);
  disk.CorruptSector("log/0000000000000001.log", kLogPageBytes / 512, Damage::kZero);
  const auto refused = BackUp(disk, target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage);
  EXPECT_EQ(Recovered(target), Lsn{4}) << "the last good backup stays";
}

// A small file's second block says that the first was durable.
TEST(DataDirectoryBackup, TellsALostHeaderFromAFileThatWasAllocatedAhead) {
  struct Row {
    const char* why;
    int before, since;  // commits: before the first backup, and since
    Lsn checkpoint;
    const char* name;
    const char* said;
  };
  const Row rows[] = {
      {"the last", 2, 2, {}, "log/0000000000000002.log", "lost its header, yet says that record 3"},
      {"the only one", 0, 2, {}, "log/0000000000000001.log", "yet says that record 1 was durable"},
      {"the only one, and all of it is in segments",
       0,
       2,
       {2},
       "log/0000000000000001.log",
       "yet says that record 1 was durable"},
      {"no block says it, but the catalog",
       0,
       1,
       {1},
       "log/0000000000000001.log",
       "ends at record 0, yet the last checkpoint was made at record 1"},
      {"in the middle", 2, 3, {}, "log/0000000000000002.log", "header, yet the file after"},
  };
  for (const Row& row : rows) {
    SimDisk disk(1), target(2);
    Original original(disk);
    original.Commit(row.before);
    ASSERT_TRUE(BackUp(disk, target)) << row.why;
    original.Commit(row.since);
    disk.CorruptSector(row.name, 0, Damage::kZero);
    const auto refused = BackUp(disk, target, row.checkpoint);
    ASSERT_FALSE(refused) << row.why;
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage) << row.why;
    EXPECT_NE(refused.error().message.find(row.said), std::string::npos) << refused.error().message;
    EXPECT_EQ(Recovered(target), Lsn{static_cast<uint64_t>(row.before)}) << row.why;
  }
}

TEST(DataDirectoryBackup, IsNotMistakenAboutAFileThatIsBegunBetweenTwoLooks) {
  SimDisk disk(1), target(2);
  Original original(disk);
  original.Commit(2);
  int looks = 0;
  disk.SetHook([&](DiskOp op, const std::string& path) {
    if (op == DiskOp::kOpen && path == "log/0000000000000002.log" && ++looks == 2) {
      original.Commit(2);
    }
  });
  const auto report = BackUp(disk, target);
  disk.SetHook(nullptr);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(original.last(), Lsn{4}) << "it was not begun";
  EXPECT_EQ(report->last, Lsn{2});
  EXPECT_EQ(Recovered(target), Lsn{2});
}

TEST(DataDirectoryBackup, CutShortAnywhereLeavesAnOldANewOrNoCopyAndCanBeMadeAgain) {
  int old = 0, unfinished = 0;
  for (const Lsn held : {Lsn{0}, Lsn{3}}) {
    for (uint64_t n = 1;; ++n) {
      SimDisk disk(1), target(n);
      Original original(disk);
      if (held.value > 0) {
        original.Commit(static_cast<int>(held.value));
        ASSERT_TRUE(BackUp(disk, target));
      }
      original.Commit(4);
      target.StopAtNth(n);
      const bool made = BackUp(disk, target).has_value();
      const bool stopped = target.stopped();
      target.Crash(SimDisk::CrashKind::kPowerCut);
      if (held.value > 0 || made) {
        const auto recovered = Recovered(target);
        ASSERT_TRUE(recovered) << "stopped at " << n << ": " << recovered.error().message;
        EXPECT_GE(*recovered, made ? original.last() : held);
        ++old;
      } else if (target.List("").value() != std::vector<std::string>{}) {
        const auto looked = DataDirectory::OpenReadOnly(target);
        EXPECT_TRUE(!looked || Recovered(target) == original.last()) << "stopped at " << n;
        ++unfinished;
      }
      const auto again = BackUp(disk, target);
      ASSERT_TRUE(again) << "stopped at " << n << ": " << again.error().message;
      EXPECT_EQ(Recovered(target), original.last());
      if (!stopped) break;
    }
  }
  EXPECT_GT(old, 10);
  EXPECT_GT(unfinished, 10);
}

}  // namespace
}  // namespace thalweg
