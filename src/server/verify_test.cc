#include "server/verify.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>

#include "server/dump.h"
#include "server/exit_codes.h"
#include "storage/data_directory.h"
#include "storage/local_log.h"
#include "storage/posix_disk.h"
#include "storage/segment.h"
#include "testing/temp_folder.h"
#include "thalweg/store.h"

namespace thalweg {
namespace {

namespace fs = std::filesystem;

CreateRecord Create(uint64_t id, std::string_view path, std::string_view data) {
  CreateRecord record;
  record.id = {id};
  record.path = path;
  record.content_type = "text/plain";
  record.data = data;
  return record;
}

AppendRecord Append(uint64_t id, std::string_view data) {
  AppendRecord record;
  record.id = {id};
  record.data = data;
  return record;
}

// A data directory whose log files hold two commits each: a stream, a fork, appends, a removal.
class TestDirectory {
 public:
  TestDirectory() {
    disk_ = std::move(PosixDisk::Open(folder_.path()).value());
    DirectoryId id;
    id.fill(0xab);
    directory_ = DataDirectory::Open(*disk_, id).value();
    Write(Create(1, "a", "one"));
    AppendRecord stamped = Append(1, "tw\"o");
    stamped.producer = ProducerStamp{"p", 0, 0};
    Write(stamped);
    CreateRecord fork = Create(2, "f", "");
    fork.requested.fork_source = "a";
    fork.source = {1};
    fork.start = {3};
    Write(fork);
    AppendRecord closing = Append(2, "x");
    closing.closes = true;
    Write(closing);
    Write(Create(3, "gone", ""));
    RemoveRecord removal;
    removal.id = {3};
    Write(removal);
    log_.reset();
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  void Release() { directory_.reset(); }
  Disk& disk() const { return *disk_; }
  DirectoryId id() const { return directory_->id(); }
  fs::path path() const { return folder_.path(); }
  fs::path Log(int number) const { return path() / "log" / LogFileName(number); }
  void Spoil(int number, int64_t at) const { Put(number, at, "damage"); }
  std::string Page(int number, int64_t at) const {
    std::string page(kLogPageBytes, '\0');
    std::ifstream(Log(number), std::ios::binary).seekg(at).read(page.data(), kLogPageBytes);
    return page;
  }
  void Put(int number, int64_t at, const std::string& bytes) const {
    std::fstream file(Log(number), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::string Everything() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(path())) {
      all += entry.path().string() + "\n";
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  void Write(const Record& record) {
    if (!log_) {
      LocalLogOptions options{.file_bytes = 4 * kLogPageBytes, .salt_seed = 3};
      options.directory = directory_->id();
      log_ = std::make_unique<LocalLog>(*disk_, options);
      ASSERT_TRUE(log_->Recover(Lsn{0}, [](Lsn, const Record&) { return StorageResult<void>(); }));
    }
    log_->Stage(record);
    ASSERT_TRUE(log_->Commit());
  }

 private:
  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<LocalLog> log_;
};

void DamageCatalog(const TestDirectory& directory) {
  std::ofstream(directory.path() / "catalog" / "data.mdb") << "no catalog";
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Dumped(TestDirectory& directory, const std::optional<std::string>& path = {}) {
  std::string text;
  const auto dumped = DumpDirectory(directory.disk(), directory.path().string(), path,
                                    [&text](std::string_view line) { text.append(line); });
  if (!dumped) return text + dumped.error().message;
  EXPECT_EQ(*dumped, !path || !text.empty());
  return text;
}

TEST(Verify, TellsWhatAWholeDirectoryHoldsAndChangesNothing) {
  TestDirectory directory;
  directory.Release();
  std::ofstream(directory.path() / "log" / "notes.txt") << "mine";
  const std::string before = directory.Everything();
  const auto report = VerifyDirectory(directory.disk(), directory.path().string());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(Joined(report->damage), "");
  EXPECT_EQ(Joined(report->facts),
            "identity: abababababababababababababababab, format 1\n"
            "log: 3 files with 36864 bytes, 6 records behind the checkpoint, the last is 6\n"
            "streams: 2\n"
            "unknown: log/notes.txt; the next start moves it to quarantine/, where it can\n");
  Dumped(directory);
  EXPECT_EQ(directory.Everything(), before);
  EXPECT_EQ(Verify(directory.path().string()), 0);
}

TEST(Verify, TellsOfAnUnfinishedWriteWhichIsNoDamage) {
  TestDirectory directory;
  directory.Release();
  directory.Spoil(3, 2 * 4096 + 50);
  const auto report = VerifyDirectory(directory.disk(), directory.path().string());
  ASSERT_TRUE(report);
  EXPECT_EQ(Joined(report->damage), "");
  EXPECT_NE(Joined(report->facts)
                .find("unfinished write stands in 0000000000000003.log at byte "
                      "8192"),
            std::string::npos);
}

TEST(Verify, ListsAllDamageAndEachOnce) {
  struct Row {
    const char* why;
    std::function<void(TestDirectory&)> spoil;
    const char* want;
  };
  const Row rows[] = {
      {"a block before another", [](TestDirectory& d) { d.Spoil(1, 4096 + 60); },
       "log/0000000000000001.log at byte 4096: no whole block, yet one that was written after it "
       "begins with record 2\n"},
      {"two of them",
       [](TestDirectory& d) {
         d.Spoil(1, 4096 + 60);
         d.Spoil(2, 4096 + 60);
       },
       "log/0000000000000001.log at byte 4096: no whole block, yet one that was written after it "
       "begins with record 2\n"
       "log/0000000000000002.log at byte 4096: no whole block, yet one that was written after it "
       "begins with record 4\n"},
      {"the last block of a file", [](TestDirectory& d) { d.Spoil(1, 8192 + 60); },
       "log/0000000000000002.log begins with record 3, yet the file before it can be read only up "
       "to record 1 (byte 8192)\n"},
      {"a header", [](TestDirectory& d) { d.Spoil(2, 20); },
       "log/0000000000000002.log has lost its header, yet the file after it has records\n"},
      {"the last file's header", [](TestDirectory& d) { d.Spoil(3, 20); },
       "log/0000000000000003.log has lost its header, yet says that record 5 was durable\n"},
      {"the last file is gone", [](TestDirectory& d) { fs::remove(d.Log(3)); },
       "log/0000000000000003.log is missing, yet log/0000000000000002.log says at byte 12288 that "
       "record 5 was durable in it\n"},
      {"all of the last file but its header",
       [](TestDirectory& d) {
         d.Spoil(3, 4096 + 60);
         d.Spoil(3, 8192 + 50);
       },
       "log/0000000000000003.log has no whole block, yet log/0000000000000002.log says at byte "
       "12288 that record 5 was durable in it\n"},
      {"the first file is gone", [](TestDirectory& d) { fs::remove(d.Log(1)); },
       "log/0000000000000002.log begins with record 3, yet the last checkpoint holds records only "
       "up to 0\n"},
      {"a record that was never decided",
       [](TestDirectory& d) { d.Write(Append(2, "after the end")); },
       "log/0000000000000005.log holds record 7, an append to stream 2 that it cannot have "
       "taken\n"},
  };
  for (const Row& row : rows) {
    TestDirectory directory;
    row.spoil(directory);
    directory.Release();
    const auto report = VerifyDirectory(directory.disk(), directory.path().string());
    ASSERT_TRUE(report) << row.why << ": " << report.error().message;
    EXPECT_EQ(Joined(report->damage), row.want) << row.why;
    EXPECT_EQ(Verify(directory.path().string()), kExitDamaged) << row.why;
  }
}

// By a program that wrote what it should not have: each block and header is whole.
struct WrongLogRow {
  const char* why;
  std::function<void(TestDirectory&)> write;
  const char* want;
};

const WrongLogRow kWrongLogs[] = {
    {"a file under another's name", [](TestDirectory& d) { fs::rename(d.Log(3), d.Log(4)); },
     "log/0000000000000004.log says that it is file 3\n"},
    {"a file that begins with record 0",
     [](TestDirectory& d) {
       LogFileHeader header = DecodeLogFileHeader(d.Page(1, 0)).value();
       header.first = {0};
       d.Put(1, 0, EncodeLogFileHeader(header));
     },
     "log/0000000000000001.log begins with record 0, yet the first of all is 1\n"
     "log/0000000000000001.log at byte 8192: the block before does not follow the one before it\n"},
    {"a block with bytes behind its records",
     [](TestDirectory& d) {
       const std::string page = d.Page(3, 2 * kLogPageBytes);
       LogBlockHead head = DecodeLogBlockHead(page, std::nullopt).value();
       std::string block = page.substr(0, kLogBlockHeadBytes + head.payload_bytes) + "more";
       head.payload_bytes += 4;
       SealLogBlock(head, block);
       d.Put(3, 2 * kLogPageBytes, block);
     },
     "log/0000000000000003.log at byte 12288: the block before holds more than its records\n"},
};

// Also where the catalog cannot be read, so that nobody knows where the log is to begin.
TEST(Verify, TellsOfWholeBlocksThatCannotBe) {
  for (const WrongLogRow& row : kWrongLogs) {
    TestDirectory directory;
    row.write(directory);
    directory.Release();
    const auto report = VerifyDirectory(directory.disk(), directory.path().string());
    ASSERT_TRUE(report) << row.why << ": " << report.error().message;
    EXPECT_EQ(Joined(report->damage), row.want) << row.why;
    DamageCatalog(directory);
    const auto without = VerifyDirectory(directory.disk(), directory.path().string());
    ASSERT_TRUE(without) << row.why << ": " << without.error().message;
    ASSERT_FALSE(without->damage.empty());
    EXPECT_NE(without->damage.front().find("catalog"), std::string::npos);
    EXPECT_EQ(Joined({without->damage.begin() + 1, without->damage.end()}), row.want) << row.why;
  }
}

// Puts other bytes wherever `text` stands in segments.
void SpoilInSegments(const fs::path& directory, const std::string& text) {
  for (const auto& entry : fs::directory_iterator(directory / "segments")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    file.clear();
    for (size_t at = all.find(text); at != all.npos; at = all.find(text, at + 1)) {
      file.seekp(static_cast<std::streamoff>(at)).write("damage", 6);
    }
  }
}

StoreOptions SmallLog() { return {.log_file_bytes = 1}; }

// Each damage that verify tells has to end with its part of `wants`.
void ExpectDamage(const TestDirectory& directory, const std::vector<std::string>& wants) {
  const auto report = VerifyDirectory(directory.disk(), directory.path().string());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->damage.size(), wants.size()) << Joined(report->damage);
  for (size_t i = 0; i < wants.size(); ++i) {
    EXPECT_TRUE(report->damage[i].ends_with(wants[i])) << report->damage[i];
  }
}

TEST(Verify, NamesEachStreamWhoseBytesInASegmentAreDamaged) {
  TestDirectory directory;
  directory.Release();
  const std::string path = directory.path().string();
  {
    const auto store = Store::Open(path, SmallLog()).value();
    for (const std::string name : {"long/a", "whole", "long/b", "late"}) {
      ASSERT_TRUE(store->Create(name, {.initial_data = "the text of " + name}));
    }
  }  // with a checkpoint
  const auto removed = Store::Open(path, SmallLog()).value()->Remove("late");
  ASSERT_TRUE(removed);
  for (const char* name : {"long/a", "long/b", "late"}) {
    SpoilInSegments(directory.path(), std::string("the text of ") + name);
  }
  ExpectDamage(directory, {
                              "; this is among bytes 0 up to 18 of stream 4 at long/a",
                              "; this is among bytes 0 up to 18 of stream 6 at long/b",
                              "; this is of stream 7, which was deleted: nobody reads it",
                          });
  DamageCatalog(directory);
  ExpectDamage(directory, {"", "; this is among bytes 0 up to 18 of stream 4",
                           "; this is among bytes 0 up to 18 of stream 6",
                           "; this is among bytes 0 up to 16 of stream 7"});
}

// Puts other bytes where the tables of the last run of `id` stand, in the oldest segment with it.
void SpoilTables(const TestDirectory& directory, StreamId id) {
  SegmentHeader header;
  header.directory.fill(0xab);
  for (header.number = 1; header.number < 100; ++header.number) {
    const fs::path path = directory.path() / SegmentFilePath(header.number);
    if (!fs::exists(path)) continue;
    const auto segment = Segment::Open(directory.disk(), header).value();
    const auto run = segment->RunAt(id, Offset{kOffsetMax}).value();
    if (!run) continue;
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(run->tables_at())).write("damage", 6);
    return;
  }
  FAIL() << "no segment has stream " << id.value;
}

TEST(Verify, TellsWhatTheStoreCannotReadForWantOfTables) {
  TestDirectory directory;
  directory.Release();
  const std::string path = directory.path().string();
  const std::function<void(Store&)> steps[] = {
      [](Store& store) {
        ASSERT_TRUE(store.Create("all", {.initial_data = "text"}));
        ASSERT_TRUE(store.Create("deleted"));
        ASSERT_TRUE(store.Create("long"));
      },
      [](Store& store) {
        ASSERT_TRUE(store.Create("part", {.initial_data = "text"}));
        ASSERT_TRUE(store.Create("empty"));
      },
      [](Store& store) {
        ASSERT_TRUE(store.Append("part", "more"));
        ASSERT_TRUE(store.Append("empty", "more"));
        ASSERT_TRUE(store.Remove("deleted"));
      },
  };
  for (const auto& step : steps) {  // a segment for each, so long that these are not merged
    const auto store = Store::Open(path, SmallLog()).value();
    step(*store);
    ASSERT_TRUE(store->Append("long", std::string(100'000, 'x')));
  }
  for (const uint64_t id : {4, 5, 7, 8}) SpoilTables(directory, {id});
  ExpectDamage(directory, {"; stream 4 at all cannot be read at all",
                           "; this is of stream 5, which was deleted: nobody reads it",
                           "; bytes 0 up to 4 of stream 7 at part cannot be read",
                           "; a newer segment has what is needed of stream 8 at empty"});
  {
    const auto store = Store::Open(path, SmallLog()).value();
    EXPECT_FALSE(store->Read("all", {.offset = "now"}));
    EXPECT_FALSE(store->Read("part"));
    const auto rest = store->Read("part", {.offset = FormatOffset({4})});
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->messages.size(), 1u);
    const auto empty = store->Read("empty");
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->messages.size(), 1u);
  }
  DamageCatalog(directory);
  const std::string unless =
      " cannot be read, nor the rest of it if no newer segment has the stream";
  const std::string at_all = " cannot be read at all if no newer segment has it";
  ExpectDamage(directory, {"", "; bytes 0 up to 4 of stream 4" + unless, "; stream 5" + at_all,
                           "; bytes 0 up to 4 of stream 7" + unless, "; stream 8" + at_all});
}

TEST(Verify, OnlyCountsDamageInSegmentsBeyondAThousandPlaces) {
  TestDirectory directory;
  directory.Release();
  {
    std::latch created(1'005);
    const auto store = Store::Open(directory.path().string(), SmallLog()).value();
    for (int i = 0; i < 1'005; ++i) {
      store->CreateAsync("s" + std::to_string(i), {.initial_data = "the text"},
                         [&created](StoreResult<CreateResult> result) {
                           EXPECT_TRUE(result);
                           created.count_down();
                         });
    }
    created.wait();
  }
  SpoilInSegments(directory.path(), "the text");
  const auto report = VerifyDirectory(directory.disk(), directory.path().string());
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->damage.size(), 1'001u);
  EXPECT_TRUE(report->damage[999].ends_with(" at s999")) << report->damage[999];
  EXPECT_EQ(report->damage.back(), "segments: 5 more places are damaged");
}

TEST(Verify, TellsWhatItFoundBeforeTheDiskRefusedTheRest) {
  TestDirectory directory;
  directory.Release();
  const std::string path = directory.path().string();
  fs::create_directory(directory.path() / "segments" / "0000000000000001.seg");
  DamageCatalog(directory);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(Verify(path), kExitDamaged);
  const std::string out = testing::internal::GetCapturedStdout();
  const std::string err = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("damage: " + path + "/catalog"), std::string::npos) << out;
  EXPECT_TRUE(out.ends_with(path + ": damaged; restore it from a backup\n")) << out;
  EXPECT_NE(err.find("segments/0000000000000001.seg: Is a directory"), std::string::npos) << err;
  fs::remove(directory.path() / "catalog" / "data.mdb");
  testing::internal::CaptureStdout();
  EXPECT_NE(Verify(path), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout().find("whole"), std::string::npos);
}

TEST(Verify, RefusesWhatIsServedForeignOrMissing) {
  TestDirectory directory;
  const std::string path = directory.path().string();
  EXPECT_EQ(Verify(path), kExitForeign) << "it is served from";
  fs::remove(directory.path() / "lock");
  EXPECT_EQ(Verify(path), kExitForeign) << "still";
  EXPECT_EQ(Dump({.dir = path, .stream = {}}), kExitForeign);
  directory.Release();
  EXPECT_EQ(Dump({.dir = path, .stream = {}}), 0);
  std::ofstream(directory.path() / "segments" / "0000000000000001.seg") << "whose?";
  EXPECT_EQ(Verify(path), kExitDamaged) << "a segment without a catalog";
  EXPECT_EQ(Verify((directory.path() / "log").string()), kExitForeign);
  EXPECT_EQ(Verify(path + "/none"), kExitCannotStart);
  EXPECT_EQ(Verify(directory.Log(1).string()), kExitCannotStart) << "a file";
}

TEST(Dump, ShowsEveryStreamThatIsThere) {
  TestDirectory directory;
  directory.Release();
  EXPECT_EQ(Dumped(directory),
            "\"a\" stream 1 tail 0000000000000000_0000000000000007 type \"text/plain\" "
            "last-record 2 forks 1\n"
            "\"f\" stream 2 tail 0000000000000000_0000000000000004 type \"text/plain\" "
            "last-record 4 fork of stream 1 at 0000000000000000_0000000000000003 closed\n");
}

TEST(Dump, ShowsOneStreamWithItsRecordsAndBytes) {
  TestDirectory directory;
  directory.Release();
  EXPECT_EQ(Dumped(directory, "a"),
            "record 1 create stream 1 \"a\" type \"text/plain\" brings 3 bytes at "
            "0000000000000000_0000000000000000 \"one\"\n"
            "record 2 append to stream 1 producer \"p\" epoch 0 seq 0 brings 4 bytes at "
            "0000000000000000_0000000000000003 \"tw\\x22o\"\n"
            "\"a\" stream 1 tail 0000000000000000_0000000000000007 type \"text/plain\" "
            "last-record 2 forks 1\n");
  EXPECT_EQ(Dumped(directory, "gone"),
            "record 5 create stream 3 \"gone\" type \"text/plain\"\n"
            "record 6 remove stream 3 deleted\n");
  EXPECT_EQ(Dumped(directory, "none"), "");
}

TEST(Dump, TellsWhatCanBeReadBeforeDamage) {
  TestDirectory directory;
  directory.Release();
  directory.Spoil(2, 4096 + 60);
  const std::string text = Dumped(directory);
  EXPECT_NE(text.find("\"a\" stream 1"), std::string::npos);
  EXPECT_NE(text.find("log/0000000000000002.log at byte 4096"), std::string::npos);
}

}  // namespace
}  // namespace thalweg
