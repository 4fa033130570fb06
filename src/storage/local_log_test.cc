#include "storage/local_log.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "storage/commit_log_suite.h"
#include "storage/log_test_support.h"
#include "thalweg/clock.h"

namespace thalweg {
namespace {

constexpr uint64_t kThreeBlocks = 5 * kLogPageBytes;  // and header and seal

class LogFolder : public LogTestFolder {
 public:
  // A log with the appends "0", "1" … in blocks of their own.
  void Fill(int count, uint64_t file_bytes = 1 << 20) {
    auto opened = Open({}, file_bytes);
    for (int i = 0; i < count; ++i) {
      opened->log->Stage(AppendOf(std::to_string(i)));
      ASSERT_TRUE(opened->log->Commit());
    }
  }

  void Overwrite(uint64_t number, size_t at, const std::string& bytes) {
    std::fstream file(File(number), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  // With `end` as the end of their names.
  size_t file_count(const std::string& end = ".log") const {
    const auto folder = std::filesystem::directory_iterator(File(1).parent_path());
    return static_cast<size_t>(std::ranges::count_if(
        folder, [&end](const auto& entry) { return entry.path().extension() == end; }));
  }
};

void ExpectReplayed(const LogFolder& folder, int count) {
  ASSERT_EQ(folder.replayed().size(), static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(folder.replayed()[static_cast<size_t>(i)].first, Lsn{static_cast<uint64_t>(i) + 1});
    EXPECT_EQ(folder.replayed()[static_cast<size_t>(i)].second, std::to_string(i));
  }
}

// Ties the log's life to its folder's, for the suite.
class OwningLog final : public CommitLog {
 public:
  void Attach(CommitListener* listener) override { log->Attach(listener); }
  Lsn Stage(const Record& record) noexcept override { return log->Stage(record); }
  Lsn durable() const override { return log->durable(); }

  LogFolder folder;
  std::unique_ptr<LocalLog> log = std::move(folder.Open()->log);
};

struct LocalLogCase {
  static std::unique_ptr<CommitLog> Make() { return std::make_unique<OwningLog>(); }
  static void Commit(CommitLog& log, Lsn) {
    ASSERT_TRUE(static_cast<OwningLog&>(log).log->Commit());
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(LocalLog, CommitLogSuite, LocalLogCase);

// Of what the C library maps for long blocks alone; sanitizers, which allocate by themselves, see
// 0.
TEST(LocalLog, GivesBackTheMemoryOfALongBatch) {
  LogFolder folder;
  const auto log = std::move(folder.Open()->log);
  const size_t before = mallinfo2().hblkhd;
  for (int i = 0; i < 3; ++i) {
    log->Stage(LogFolder::AppendOf(std::string(32u << 20, 'x')));
    ASSERT_TRUE(log->Commit());
  }
  EXPECT_LT(mallinfo2().hblkhd, before + (16u << 20));
}

TEST(LocalLog, GivesBackWhatWasCommittedAndGoesOnBehindIt) {
  LogFolder folder;
  folder.Fill(3);
  {
    const auto opened = folder.Open();
    ExpectReplayed(folder, 3);
    EXPECT_FALSE(opened->report.cut);
    EXPECT_EQ(opened->log->durable(), Lsn{3});
    EXPECT_EQ(opened->log->Stage(LogFolder::AppendOf("3")), Lsn{4});
    ASSERT_TRUE(opened->log->Commit());
  }
  ASSERT_TRUE(folder.Open());
  ExpectReplayed(folder, 4);
}

TEST(LocalLog, NothingIsDurableBeforeTheCommit) {
  LogFolder folder;
  const auto opened = folder.Open();
  opened->log->Stage(LogFolder::AppendOf("a"));
  EXPECT_EQ(opened->log->durable(), Lsn{0});
  ASSERT_TRUE(opened->log->Commit());
  EXPECT_EQ(opened->log->durable(), Lsn{1});
}

TEST(LocalLog, OneCommitTakesAllThatWasStaged) {
  LogFolder folder;
  {
    const auto opened = folder.Open();
    for (int i = 0; i < 100; ++i) opened->log->Stage(LogFolder::AppendOf(std::to_string(i)));
    ASSERT_TRUE(opened->log->Commit());
    EXPECT_EQ(opened->log->durable(), Lsn{100});
  }
  ASSERT_TRUE(folder.Open());
  ExpectReplayed(folder, 100);
}

// Three milliseconds pass with each look.
class TickingClock final : public Clock {
 public:
  int64_t WallMs() const override { return 0; }
  int64_t SteadyMs() const override { return SteadyUs() / 1000; }
  int64_t SteadyUs() const override { return now_us_ += 3'000; }

 private:
  mutable int64_t now_us_ = 0;
};

TEST(LocalLog, TellsHowLongEachBatchTook) {
  LogFolder folder;
  const TickingClock clock;
  LocalLog log(folder.disk(), {.clock = &clock});
  ASSERT_TRUE(log.Recover({}, [](Lsn, const Record&) { return StorageResult<void>(); }));
  EXPECT_EQ(log.commits().sum_us, 0u);
  for (int batch = 0; batch < 2; ++batch) {
    log.Stage(LogFolder::AppendOf("a"));
    log.Stage(LogFolder::AppendOf("b"));
    ASSERT_TRUE(log.Commit());
  }
  ASSERT_TRUE(log.Commit()) << "nothing is staged";
  EXPECT_EQ(log.commits().sum_us, 6'000u);
  const auto& bounds = Durations::kUpToUs;
  const auto bucket = std::ranges::find(bounds, 5'000) - bounds.begin();
  EXPECT_EQ(log.commits().counts[static_cast<size_t>(bucket)], 2u);
}

// A sync may hang for as long as clients send.
TEST(LocalLog, MoreThanABatchHoldsGoesOutInSeveral) {
  LogFolder folder;
  {
    LocalLog log(folder.disk(), {.directory = LogFolder::IdOf(1), .batch_bytes_max = 3'000});
    ASSERT_TRUE(log.Recover({}, [](Lsn, const Record&) { return StorageResult<void>(); }));
    std::stop_source stop;
    stop.request_stop();
    uint64_t batches = 0;
    for (int i = 0; i < 10; ++i) log.Stage(LogFolder::AppendOf(std::string(1'000, 'a')));
    for (; log.WaitForStaged(stop.get_token()); ++batches) {
      const uint64_t before = log.durable().value;
      ASSERT_TRUE(log.Commit());
      EXPECT_LE(log.durable().value, before + 3);
    }
    EXPECT_EQ(batches, 4u);
    EXPECT_EQ(log.durable(), log.staged());
  }
  ASSERT_TRUE(folder.Open());
  EXPECT_EQ(folder.replayed().size(), 10u);
}

TEST(LocalLog, RollsOverManySmallFilesAndTrimsThemAgain) {
  LogFolder folder;
  folder.Fill(20, kThreeBlocks);
  EXPECT_EQ(folder.file_count(), 8u) << "one is allocated ahead";
  const auto opened = folder.Open({}, kThreeBlocks);
  ASSERT_TRUE(opened);
  ExpectReplayed(folder, 20);
  ASSERT_TRUE(opened->log->Trim({9}));
  EXPECT_EQ(folder.file_count(), 4u);
  EXPECT_EQ(folder.file_count(".spare"), 2u) << "of three that were trimmed, and one made ahead";
  ASSERT_TRUE(folder.Open({9}, kThreeBlocks));
  EXPECT_EQ(folder.replayed().size(), 11u);
  EXPECT_EQ(folder.replayed().front().first, Lsn{10});
  EXPECT_EQ(folder.file_count(".spare"), 2u) << "a start keeps them";
}

// Of three blocks in a file, after nine commits and a trim of all: the next file is a spare.
class SpareFolder : public LogFolder {
 public:
  static constexpr uint64_t kFileBytes = kThreeBlocks;

  explicit SpareFolder(int more) {
    auto opened = Open({}, kFileBytes);
    for (int i = 0; i < 9 + more; ++i) {
      EXPECT_TRUE(i != 9 || opened->log->Trim({9}));
      opened->log->Stage(AppendOf(std::to_string(i)));
      EXPECT_TRUE(opened->log->Commit());
    }
  }
  auto OpenAgain() { return Open({9}, kFileBytes); }
  // File 4 was allocated ahead; file 5 is the first that is used again.
  static constexpr uint64_t kReused = 5;
};

TEST(LocalLog, ATrimmedFileIsUsedAgainAndItsOldBlocksAreNoEndNoCutAndNoDamage) {
  for (int more = 4; more <= 7; ++more) {
    SpareFolder folder(more);
    if (more < 7) {
      EXPECT_EQ(std::filesystem::file_size(folder.File(SpareFolder::kReused)),
                SpareFolder::kFileBytes);
    }
    const auto opened = folder.OpenAgain();
    ASSERT_TRUE(opened) << more << ": " << opened.error().message;
    EXPECT_FALSE(opened->report.cut) << more;
    ASSERT_EQ(folder.replayed().size(), static_cast<size_t>(more));
    EXPECT_EQ(folder.replayed().back().second, std::to_string(8 + more));
    opened->log->Stage(LogFolder::AppendOf("next"));
    ASSERT_TRUE(opened->log->Commit());
    ASSERT_TRUE(folder.OpenAgain()) << more;
    EXPECT_EQ(folder.replayed().back().second, "next");
  }
}

TEST(LocalLog, InAFileThatIsUsedAgainDamageIsToldFromTheEnd) {
  struct Row {
    const char* why;
    int more;
    uint64_t page;
    bool is_damage;
    size_t kept;  // records, where it is none
  };
  const Row rows[] = {
      {"the first of two blocks", 5, 1, true, 0},
      {"the second of three", 6, 2, true, 0},
      {"the last: as an unfinished write", 5, 2, false, 4},
      {"behind the last: an old block", 4, 2, false, 4},
      {"the header of two blocks", 5, 0, true, 0},
      {"the header of one block, which the file before tells of", 4, 0, true, 0},
      {"the first and only block, which the file before tells of", 4, 1, true, 0},
  };
  for (const Row& row : rows) {
    SpareFolder folder(row.more);
    folder.Overwrite(SpareFolder::kReused, row.page * kLogPageBytes + 50, "damage");
    if (row.page == 0) folder.Overwrite(SpareFolder::kReused, 20, "damage");
    const auto opened = folder.OpenAgain();
    ASSERT_EQ(!opened, row.is_damage) << row.why;
    if (row.is_damage) {
      EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage) << row.why;
    } else {
      EXPECT_EQ(folder.replayed().size(), row.kept) << row.why;
    }
  }
}

// A write that the disk lost shows the block that stood there before.
TEST(LocalLog, AnOldBlockInThePlaceOfALostOneIsDamage) {
  SpareFolder before(3), folder(6);
  std::ifstream old(before.File(3), std::ios::binary);
  std::string block(kLogPageBytes, '\0');
  old.seekg(2 * kLogPageBytes);
  old.read(block.data(), static_cast<std::streamsize>(block.size()));
  ASSERT_EQ(block.substr(0, 4), "TWCB");
  folder.Overwrite(SpareFolder::kReused, 2 * kLogPageBytes, block);
  const auto opened = folder.OpenAgain();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
}

TEST(LocalLog, AFileOfAnotherSizeIsNotUsedAgain) {
  LogFolder folder;
  folder.Fill(9, kThreeBlocks);
  const auto opened = folder.Open({}, 8 * kLogPageBytes);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->log->Trim({9}));
  EXPECT_EQ(folder.file_count(), 1u);
  EXPECT_EQ(folder.file_count(".spare"), 0u);
}

TEST(LocalLog, AStartKeepsWhatWasMadeAheadAndGivesNoNumberTwice) {
  LogFolder folder;
  for (uint64_t start = 1; start <= 3; ++start) {
    const auto opened = folder.Open();
    ASSERT_TRUE(opened);
    EXPECT_EQ(folder.file_count(".spare"), start == 1 ? 0u : 1u);
    ASSERT_TRUE(opened->log->PrepareNext());
    EXPECT_TRUE(std::filesystem::exists(folder.File(start)));
    EXPECT_EQ(folder.file_count(), 1u) << "made ahead";
    EXPECT_EQ(folder.file_count(".spare"), 0u) << "of the spare";
  }
  ASSERT_TRUE(folder.Open({}, 2 << 20));
  EXPECT_EQ(folder.file_count() + folder.file_count(".spare"), 0u) << "of another size";
}

TEST(LocalLog, ABatchLongerThanAFileGetsALongerFile) {
  LogFolder folder;
  const std::string data(100'000, 'x');
  {
    const auto opened = folder.Open({}, kThreeBlocks);
    opened->log->Stage(LogFolder::AppendOf(data));
    ASSERT_TRUE(opened->log->Commit());
  }
  ASSERT_TRUE(folder.Open({}, kThreeBlocks));
  EXPECT_EQ(folder.replayed().front().second, data);
}

TEST(LocalLog, CutsATornBlockAtTheEndAndWritesBehindTheCut) {
  LogFolder folder;
  folder.Fill(3);
  folder.Overwrite(1, 3 * kLogPageBytes + 50, "torn");  // within the third block
  {
    const auto opened = folder.Open();
    ASSERT_TRUE(opened);
    ExpectReplayed(folder, 2);
    EXPECT_TRUE(opened->report.cut);
    EXPECT_EQ(opened->report.cut_at, 3 * kLogPageBytes);
    opened->log->Stage(LogFolder::AppendOf("2"));
    ASSERT_TRUE(opened->log->Commit());
  }
  ASSERT_TRUE(folder.Open());
  ExpectReplayed(folder, 3);
}

TEST(LocalLog, TakesDamageInTheMiddleForDamageAndChangesNothing) {
  LogFolder folder;
  folder.Fill(3);
  folder.Overwrite(1, 2 * kLogPageBytes + 50, "rot");  // within the second block
  const auto size_before = std::filesystem::file_size(folder.File(1));
  const auto opened = folder.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
  EXPECT_NE(opened.error().message.find("log/0000000000000001.log at byte 8192"), std::string::npos)
      << opened.error().message;
  EXPECT_EQ(std::filesystem::file_size(folder.File(1)), size_before);
}

TEST(LocalLog, ZerosBeforeAnotherFilesRecordsAreDamage) {
  LogFolder folder;
  folder.Fill(5, kThreeBlocks);
  folder.Overwrite(1, 3 * kLogPageBytes, std::string(kLogPageBytes, '\0'));  // its last block
  const auto opened = folder.Open({}, kThreeBlocks);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
}

// The first commit of a file may be cut short with its header; the second says that it was not.
TEST(LocalLog, ALastFileThatLostItsHeaderIsDamageWhereItsRecordsWereDurable) {
  for (const int commits : {1, 2}) {
    LogFolder folder;
    folder.Fill(commits);
    folder.Overwrite(1, 0, std::string(kLogPageBytes, '\0'));
    const auto opened = folder.Open();
    ASSERT_EQ(opened.has_value(), commits == 1);
    if (commits == 1) continue;
    EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
    EXPECT_NE(opened.error().message.find("record 1 was durable"), std::string::npos)
        << opened.error().message;
  }
}

// A client may send what looks like a block: in a file that is used again it may stand where blocks
// do. It does not know the file's salt.
TEST(LocalLog, WhatAClientSentIsNoBlockOfAFileThatLostItsHeader) {
  for (const bool is_ours : {true, false}) {
    LogFolder folder;
    folder.Fill(1);
    const auto file = folder.disk().Open("log/" + LogFileName(1), Disk::Mode::kRead).value();
    std::string page(kLogPageBytes, '\0');
    ASSERT_TRUE(file->ReadAt(kLogPageBytes, page));
    LogBlockHead head = DecodeLogBlockHead(page, std::nullopt).value();
    if (!is_ours) ++head.salt;
    head.durable = {1'000};
    std::string block(kLogBlockHeadBytes, '\0');
    block += page.substr(kLogBlockHeadBytes, head.payload_bytes);
    SealLogBlock(head, block);
    folder.Overwrite(1, 5 * kLogPageBytes, block);
    folder.Overwrite(1, 0, std::string(kLogPageBytes, '\0'));
    EXPECT_EQ(folder.Open().has_value(), !is_ours);
  }
}

constexpr uint64_t kSealAt = 4 * kLogPageBytes;  // in a file of three blocks

// Of seven commits in three files, and one made ahead.
struct LostEndFolder : LogFolder {
  LostEndFolder() {
    Fill(7, kThreeBlocks);
    for (const int number : {3, 4}) last.push_back(Take(File(number)));
  }
  static std::string Take(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::filesystem::remove(path);
    return bytes;
  }
  void Unseal(uint64_t number) { Overwrite(number, kSealAt, std::string(kLogPageBytes, '\0')); }

  std::vector<std::string> last;  // what was in the files that are lost
};

TEST(LocalLog, AMissingLastFileIsDamageUntilTheSealBeforeItIsGone) {
  LostEndFolder folder;
  const auto opened = folder.Open({}, kThreeBlocks);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, StorageFault::Kind::kDamage);
  EXPECT_EQ(opened.error().message,
            "log/0000000000000003.log is missing, yet log/0000000000000002.log says at byte 16384 "
            "that record 7 was durable in it");
  folder.Unseal(2);
  ASSERT_TRUE(folder.Open({}, kThreeBlocks));
  ExpectReplayed(folder, 6);
}

// So do a crash before the seal, and a program that does not seal.
TEST(LocalLog, AStartSealsWhatIsNot) {
  LostEndFolder folder;
  folder.Unseal(1);
  folder.Unseal(2);
  std::ofstream(folder.File(3), std::ios::binary) << folder.last.front();
  ASSERT_TRUE(folder.Open({}, kThreeBlocks));
  ExpectReplayed(folder, 7);
  std::filesystem::remove(folder.File(3));
  EXPECT_FALSE(folder.Open({}, kThreeBlocks));
}

// The header of a file whose first write was cut short may be whole.
TEST(LocalLog, WhatComesAfterAFileThatWasCutShortAtBirthIsSealed) {
  LostEndFolder folder;
  folder.Unseal(2);
  std::ofstream(folder.File(3), std::ios::binary) << folder.last.front();
  folder.Overwrite(3, kLogPageBytes + 50, "torn");
  {
    const auto opened = folder.Open({}, kThreeBlocks);
    ASSERT_TRUE(opened);
    ExpectReplayed(folder, 6);
    opened->log->Stage(LogFolder::AppendOf("6"));
    ASSERT_TRUE(opened->log->Commit());
  }
  const bool is_begun_anew = !std::filesystem::exists(folder.File(3));
  std::filesystem::remove(folder.File(is_begun_anew ? 4 : 3));
  EXPECT_FALSE(folder.Open({}, kThreeBlocks));
}

TEST(LocalLog, AFileThatEndsBehindItsLastBlockGrowsByItsSeal) {
  LostEndFolder folder;
  std::filesystem::resize_file(folder.File(2), kSealAt);
  std::ofstream(folder.File(3), std::ios::binary) << folder.last.front();
  ASSERT_TRUE(folder.Open({}, kThreeBlocks));
  ExpectReplayed(folder, 7);
  std::filesystem::remove(folder.File(3));
  EXPECT_FALSE(folder.Open({}, kThreeBlocks));
}

// As after a restore.
TEST(LocalLog, ACopyThatGoesOnIsSealed) {
  LostEndFolder folder;
  std::filesystem::resize_file(folder.File(2), kSealAt);
  {
    const auto opened = folder.Open({}, kThreeBlocks);
    ASSERT_TRUE(opened);
    opened->log->Stage(LogFolder::AppendOf("next"));
    ASSERT_TRUE(opened->log->Commit());
  }
  std::filesystem::remove(folder.File(3));
  EXPECT_FALSE(folder.Open({}, kThreeBlocks));
}

TEST(LocalLog, AMissingFileInTheMiddleIsDamage) {
  LogFolder folder;
  folder.Fill(9, kThreeBlocks);
  std::filesystem::remove(folder.File(2));
  EXPECT_EQ(folder.Open({}, kThreeBlocks).error().kind, StorageFault::Kind::kDamage);
}

TEST(LocalLog, AMissingFrontThatNoCheckpointCoversIsDamage) {
  LogFolder folder;
  folder.Fill(9, kThreeBlocks);
  std::filesystem::remove(folder.File(1));
  EXPECT_EQ(folder.Open({}, kThreeBlocks).error().kind, StorageFault::Kind::kDamage);
  EXPECT_TRUE(folder.Open({3}, kThreeBlocks));
}

// Of a log that checkpoints trimmed, the first file begins before the checkpoint.
TEST(SurveyLog, MayBeginAnywhereBeforeTheCheckpoint) {
  LogFolder folder;
  folder.Fill(9, kThreeBlocks);
  std::filesystem::remove(folder.File(1));
  const auto survey = [&folder](std::optional<Lsn> checkpoint) {
    return SurveyLog(folder.disk(), LogFolder::IdOf(1), checkpoint,
                     [](Lsn, const Record&) { return StorageResult<void>(); });
  };
  EXPECT_TRUE(survey(Lsn{3}));
  EXPECT_TRUE(survey(Lsn{9}));
  EXPECT_TRUE(survey(std::nullopt)) << "nobody knows it";
  const auto behind = survey(Lsn{2});
  ASSERT_FALSE(behind);
  ASSERT_EQ(behind.error().size(), 1u);
  EXPECT_EQ(behind.error().front().kind, StorageFault::Kind::kDamage);
  const auto beyond = survey(Lsn{10});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().front().message,
            "log ends at record 9, yet the last checkpoint was made at record 10");
}

// A file that cannot be read speaks neither for nor against those around it.
TEST(SurveyLog, TellsEachFaultOnceAndLooksAtEachFileByItself) {
  LogFolder folder;
  folder.Fill(15, kThreeBlocks);  // in five files
  for (const uint64_t number : {1, 2}) folder.Overwrite(number, 20, "rot");
  folder.Overwrite(3, 2 * kLogPageBytes + 50, "rot");
  folder.Overwrite(4, 3 * kLogPageBytes + 50, "rot");
  size_t heard = 0;
  const auto read = [&folder, &heard](auto&& reader) {
    heard = 0;
    return reader(folder.disk(), LogFolder::IdOf(1), Lsn{0}, [&heard](Lsn, const Record&) {
      ++heard;
      return StorageResult<void>();
    });
  };
  const auto survey = read(SurveyLog);
  ASSERT_FALSE(survey);
  std::string told;
  for (const StorageFault& fault : survey.error()) told += fault.message + "\n";
  EXPECT_EQ(told,
            "log/0000000000000001.log has lost its header, yet the file after it has records\n"
            "log/0000000000000002.log has lost its header, yet the file after it has records\n"
            "log/0000000000000003.log at byte 8192: no whole block, yet one that was written after "
            "it begins with record 9\n"
            "log/0000000000000005.log begins with record 13, yet the file before it can be read "
            "only up to record 11 (byte 12288)\n");
  EXPECT_EQ(heard, 0u) << "of a record behind a fault";
  const auto content = read(ReadLog);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().message, survey.error().front().message);
}

TEST(SurveyLog, ARecordThatDoesNotFitHidesNoLossBehindIt) {
  LogFolder folder;
  folder.Fill(9, kThreeBlocks);
  folder.Overwrite(1, 3 * kLogPageBytes + 50, "rot");
  const auto survey = SurveyLog(folder.disk(), LogFolder::IdOf(1), Lsn{0}, [](Lsn, const Record&) {
    return StorageResult<void>(DamageFault("which cannot be"));
  });
  ASSERT_FALSE(survey);
  ASSERT_EQ(survey.error().size(), 2u);
  EXPECT_EQ(survey.error()[0].message, "log/0000000000000001.log holds record 1, which cannot be");
  EXPECT_EQ(survey.error()[1].message,
            "log/0000000000000002.log begins with record 4, yet the file before it can be read "
            "only up to record 2 (byte 12288)");
}

TEST(LocalLog, AFileAllocatedAheadIsNoEndAndNoDamage) {
  LogFolder folder;
  {
    const auto opened = folder.Open();
    opened->log->Stage(LogFolder::AppendOf("0"));
    ASSERT_TRUE(opened->log->Commit());
    ASSERT_TRUE(opened->log->PrepareNext());
  }
  EXPECT_EQ(folder.file_count(), 2u);
  ASSERT_TRUE(folder.Open());
  ExpectReplayed(folder, 1);
}

TEST(LocalLog, RefusesTheLogOfAnotherDirectoryAndPassesOverNamesThatAreNobodys) {
  LogFolder folder;
  folder.Fill(1);
  EXPECT_EQ(folder.Open({}, 1 << 20, 2).error().kind, StorageFault::Kind::kForeign);
  std::ofstream(folder.File(1).parent_path() / "notes.txt") << "mine";
  EXPECT_TRUE(folder.Open());
}

TEST(LocalLog, EveryTruncationGivesAPrefixAndNeverAnError) {
  LogFolder folder;
  folder.Fill(3);
  const std::filesystem::path whole = folder.File(1);
  const std::filesystem::path kept = whole.parent_path().parent_path() / "kept";
  std::filesystem::copy_file(whole, kept);
  for (size_t bytes = 0; bytes <= 4 * kLogPageBytes; bytes += 256) {
    std::filesystem::copy_file(kept, whole, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(whole, bytes);
    const auto opened = folder.Open();
    ASSERT_TRUE(opened) << bytes << ": " << opened.error().message;
    // A block needs its records, not its padding: less than 256 bytes here.
    ExpectReplayed(folder, bytes == 0 ? 0 : static_cast<int>((bytes - 1) / kLogPageBytes));
    if (!std::filesystem::exists(whole)) std::filesystem::copy_file(kept, whole);
  }
}

}  // namespace
}  // namespace thalweg
