#include "storage/lmdb_catalog.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "base/little_endian.h"
#include "storage/catalog_codec.h"
#include "storage/catalog_suite.h"
#include "storage/posix_disk.h"
#include "testing/file_size_limit.h"
#include "testing/temp_folder.h"

namespace thalweg {
namespace {

using Kind = StorageFault::Kind;

struct Folder : TempFolder {
  std::string data_file() const { return *this / "data.mdb"; }
};

constexpr DirectoryId kOurs{1};

StorageResult<std::unique_ptr<LmdbCatalog>> Try(const Folder& folder,
                                                LmdbCatalog::Options options = {},
                                                const DirectoryId& id = kOurs) {
  return LmdbCatalog::Open(folder.path(), id, options);
}

std::unique_ptr<LmdbCatalog> Open(const Folder& folder, LmdbCatalog::Options options = {}) {
  auto catalog = Try(folder, options);
  EXPECT_TRUE(catalog) << catalog.error().message;
  return std::move(catalog).value();
}

std::string BytesOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

CatalogEntry Entry(uint64_t id, std::optional<int64_t> due_ms = {}) {
  return {.id = {id},
          .path = "/stream/" + std::to_string(id),
          .create = std::string(100, 'c'),
          .due_ms = due_ms};
}

CatalogBatch Batch(uint64_t first, uint64_t count, std::optional<int64_t> due_ms = {}) {
  CatalogBatch batch;
  for (uint64_t id = first; id < first + count; ++id) batch.put.push_back(Entry(id, due_ms));
  batch.head.last_id = {first + count - 1};
  return batch;
}

// Puts a row past the catalog, as a broken disk would.
void PutRaw(const Folder& folder, const char* table, std::string key, std::string value) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, folder.path().c_str(), 0, 0640), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  ASSERT_EQ(mdb_dbi_open(txn, table, 0, &dbi), 0);
  MDB_val key_value{key.size(), key.data()}, value_value{value.size(), value.data()};
  ASSERT_EQ(mdb_put(txn, dbi, &key_value, &value_value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

class LmdbCatalogCase {
 public:
  Catalog& catalog() { return *catalog_; }

 private:
  Folder folder_;
  std::unique_ptr<LmdbCatalog> catalog_ = Open(folder_);
};

INSTANTIATE_TYPED_TEST_SUITE_P(LmdbCatalog, CatalogSuite, LmdbCatalogCase);

constexpr size_t kPage = 4096;

// Where those of LMDB's pages stand that are leaves.
std::vector<size_t> LeavesOf(const std::string& bytes) {
  constexpr size_t kFlagsAt = 10;
  constexpr char kLeaf = 2;
  std::vector<size_t> leaves;
  for (size_t page = 2 * kPage; page + kPage <= bytes.size(); page += kPage) {
    if (bytes[page + kFlagsAt] == kLeaf) leaves.push_back(page);
  }
  return leaves;
}

TEST(LmdbCatalog, HasSpaceForItsLockAndGivesChildrenNoFile) {
  const Folder folder;
  const auto catalog = Open(folder);
  struct stat lock{};
  ASSERT_EQ(stat((folder.path() + "/lock.mdb").c_str(), &lock), 0);
  EXPECT_GE(lock.st_blocks * 512, 64 * 1024) << "a hole would be a bus error on a full disk";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (!read_symlink(entry.path(), gone).string().starts_with(folder.path())) continue;
    ++files;
    EXPECT_EQ(fcntl(std::stoi(entry.path().filename()), F_GETFD), FD_CLOEXEC);
  }
  EXPECT_GE(files, 2);
}

TEST(LmdbCatalog, WhatWasCommittedIsThereWhenItIsOpenedAgain) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 3, 9)));
  const auto catalog = Open(folder);
  EXPECT_EQ(catalog->Head()->last_id, StreamId{3});
  EXPECT_EQ(catalog->Find("/stream/2").value(), Entry(2, 9));
  EXPECT_EQ(catalog->Verify().value(), (LmdbCatalog::Census{.streams = 3, .due = 3}));
}

TEST(LmdbCatalog, GrowsWithoutARestartWhileOthersRead) {
  const Folder folder;
  const auto catalog = Open(folder, {.map_bytes = 1 << 20});
  ASSERT_TRUE(catalog->Commit(Batch(1, 10)));
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      EXPECT_EQ(catalog->Find("/stream/7").value(), Entry(7));
      EXPECT_EQ(catalog->List("/stream/", "", 5)->size(), 5u);
    }
  });
  const uint64_t before = std::filesystem::file_size(folder.data_file());
  for (uint64_t first = 11; first < 20'000; first += 1'000) {
    const auto done = catalog->Commit(Batch(first, 1'000));
    EXPECT_TRUE(done) << done.error().message;
  }
  stop = true;
  reader.join();
  EXPECT_GT(std::filesystem::file_size(folder.data_file()), before);
  EXPECT_EQ(catalog->Verify()->streams, 20'010u);
}

TEST(LmdbCatalog, ACommitThatIsCutShortForWantOfSpaceIsAShortageAndCanBeRepeated) {
  const Folder folder;
  const auto catalog = Open(folder);
  ASSERT_TRUE(catalog->Commit(Batch(1, 10)));
  {
    const FileSizeLimit limit(64 << 10);
    const auto cut = catalog->Commit(Batch(11, 1'000));
    ASSERT_FALSE(cut);
    EXPECT_TRUE(cut.error().is_shortage) << cut.error().message;
  }
  ASSERT_TRUE(catalog->Commit(Batch(11, 1'000)));
  EXPECT_EQ(catalog->Verify()->streams, 1'010u);
}

// LMDB would abort, and nobody would know why.
TEST(LmdbCatalogDeathTest, APageThatLmdbCannotWalkEndsTheProcessWithWhatIsToBeDone) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 5'000, 9)));
  const std::vector<size_t> leaves = LeavesOf(BytesOf(folder.data_file()));
  ASSERT_GT(leaves.size(), 100u);
  std::ofstream out(folder.data_file(), std::ios::binary | std::ios::in);
  out.seekp(static_cast<std::streamoff>(leaves[leaves.size() / 2]));
  out << std::string(kPage, '\0');
  out.close();
  const auto walk = [&] {
    const auto catalog = Try(folder);
    if (catalog) static_cast<void>((*catalog)->Verify());
  };
  EXPECT_EXIT(walk(); std::_Exit(0), testing::ExitedWithCode(4), "is damaged, restore the data");
}

// A split takes rows to another page and leaves behind where they stood.
TEST(LmdbCatalog, VerifyFindsARowThatIsMetTwice) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 400)));
  const std::string intact = BytesOf(folder.data_file());
  constexpr size_t kLowerAt = 12;  // where the places of a page's rows end, two bytes each
  constexpr size_t kRowHead = 8;   // in front of its key
  size_t met_twice = 0;
  for (const size_t leaf : LeavesOf(intact)) {
    const auto number = [&](size_t at) { return Get<uint16_t>(intact, leaf + at); };
    const size_t left_behind = number(number(kLowerAt));
    if (left_behind > kPage ||
        !std::string_view(intact).substr(leaf + left_behind + kRowHead).starts_with("/stream/")) {
      continue;
    }
    std::fstream file(folder.data_file(), std::ios::binary | std::ios::in | std::ios::out);
    const auto put = [&](int lower) {
      file.seekp(static_cast<std::streamoff>(leaf + kLowerAt))
          .put(static_cast<char>(lower))
          .flush();
    };
    put(intact[leaf + kLowerAt] + 2);
    const auto verified = Open(folder, {.mode = LmdbCatalog::Mode::kReadAtRest})->Verify();
    if (!verified && verified.error().message.contains(" paths, and ")) ++met_twice;
    put(intact[leaf + kLowerAt]);
  }
  EXPECT_GT(met_twice, 3u);
}

TEST(LmdbCatalog, AReaderOfItsOwnSeesWhatAWriterCommitsAndMayNotBeTheOneToMakeIt) {
  const Folder folder;
  const auto none = Try(folder, {.mode = LmdbCatalog::Mode::kRead});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::kDamage);
  ASSERT_TRUE(Open(folder, {.map_bytes = 1 << 20})->Commit(Batch(1, 100)));
  EXPECT_EQ(Open(folder, {.mode = LmdbCatalog::Mode::kRead})->Verify()->streams, 100u);
}

// Another one has the lock that stands for us: it has our id where it is.
TEST(LmdbCatalog, TellsWhatToDoWhereAProcessInAnotherContainerHasTheSameId) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 10)));
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready) + pipe(done), 0);
  const pid_t ours = getpid();
  const pid_t other = fork();
  if (other == 0) {
    const int lock = open((folder.path() + "/lock.mdb").c_str(), O_RDWR);
    struct flock as_us = {};
    as_us.l_type = F_WRLCK;
    as_us.l_start = ours;
    as_us.l_len = 1;
    char byte = fcntl(lock, F_SETLK, &as_us) == 0 ? 'y' : 'n';
    close(done[1]);
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 0) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const auto refused = Try(folder, {.mode = LmdbCatalog::Mode::kRead});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("in another container"), std::string::npos)
      << refused.error().message;
  for (const int fd : {ready[0], ready[1], done[0], done[1]}) close(fd);
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
}

TEST(LmdbCatalog, GivesBackTheMemoryOfItsPages) {
  const auto mapped_kib = [] {
    std::ifstream status("/proc/self/status");
    long kib = 0;
    for (std::string word; status >> word;) {
      const bool is_mapped = word == "RssFile:" || word == "RssShmem:";  // as the file system is
      if (is_mapped && status >> word) kib += std::atol(word.c_str());
    }
    return kib;
  };
  const Folder folder;
  const auto catalog = Open(folder);
  ASSERT_TRUE(catalog->Commit(Batch(1, 50'000)));
  ASSERT_TRUE(catalog->Verify());
  const auto before = mapped_kib();
  catalog->ForgetCached();
  EXPECT_LT(mapped_kib(), before - 5'000);
  EXPECT_EQ(catalog->Find("/stream/7").value(), Entry(7));
}

TEST(LmdbCatalog, ACopyIsWholeAndStandsAlone) {
  const Folder folder, copy;
  const auto catalog = Open(folder);
  ASSERT_TRUE(catalog->Commit(Batch(1, 1'000, 5)));
  const auto disk = PosixDisk::Open(copy.path()).value();
  const auto file = disk->Open("data.mdb", Disk::Mode::kCreate).value();
  const auto copied = catalog->CopyTo(*file);
  ASSERT_TRUE(copied) << copied.error().message;
  ASSERT_TRUE(catalog->Commit(Batch(1'001, 10)));
  EXPECT_EQ(Open(copy, {.mode = LmdbCatalog::Mode::kReadAtRest})->Verify()->streams, 1'000u);
  EXPECT_FALSE(std::filesystem::exists(copy.path() + "/lock.mdb")) << "at rest it changes nothing";
  const auto second = Open(copy);
  EXPECT_EQ(second->Verify().value(), (LmdbCatalog::Census{.streams = 1'000, .due = 1'000}));
  ASSERT_TRUE(second->Commit(Batch(1'001, 5)));
}

TEST(LmdbCatalog, OfAnotherDirectoryOrVersionItIsForeign) {
  const Folder folder;
  Open(folder);
  const auto other = Try(folder, {}, DirectoryId{2});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().kind, Kind::kForeign);
  PutRaw(folder, "meta", std::string(kVersionKey),
         SealRow(CatalogTable::kMeta, kVersionKey, EncodeVersion(2)));
  const auto newer = Try(folder);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, Kind::kForeign);
  EXPECT_NE(newer.error().message.find("version 2"), std::string::npos) << newer.error().message;
}

TEST(LmdbCatalog, AFileThatIsCutOrEmptyOrNoneOfOursIsDamage) {
  const Folder folder;
  ASSERT_TRUE(Open(folder, {.map_bytes = 1 << 20})->Commit(Batch(1, 10'000)));
  for (const uint64_t size : {1'000'000, 8'192, 4'096, 100, 0}) {
    std::filesystem::resize_file(folder.data_file(), size);
    using Mode = LmdbCatalog::Mode;
    for (const Mode mode : {Mode::kReadAtRest, Mode::kRead, Mode::kWrite}) {
      const auto opened = Try(folder, {.mode = mode});
      ASSERT_FALSE(opened) << size;
      EXPECT_EQ(opened.error().kind, Kind::kDamage) << size << ": " << opened.error().message;
    }
  }
  std::ofstream(folder.data_file()) << std::string(100'000, 'x');
  EXPECT_EQ(Try(folder).error().kind, Kind::kDamage);
}

TEST(LmdbCatalog, WhatACrashLeftOfOneThatWasBeingMadeIsInNobodysWay) {
  const Folder folder;
  std::ofstream(folder.path() + "/fresh.mdb") << "half";
  std::ofstream(folder.path() + "/fresh.mdb-lock") << "half";
  EXPECT_TRUE(Open(folder)->Commit(Batch(1, 1)));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/fresh.mdb"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/fresh.mdb-lock"));
}

TEST(LmdbCatalog, AFlippedBitInARowIsFoundByWhoReadsItAndByVerify) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 3)));
  std::string value = SealRow(CatalogTable::kPaths, "/stream/2", EncodePathBody(Entry(2)));
  value.back() = static_cast<char>(value.back() ^ 1);
  PutRaw(folder, "paths", "/stream/2", value);
  const auto catalog = Open(folder);
  const auto found = catalog->Find("/stream/2");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, Kind::kDamage);
  EXPECT_NE(found.error().message.find("/stream/2"), std::string::npos) << found.error().message;
  EXPECT_TRUE(catalog->Find("/stream/1")->has_value());
  EXPECT_FALSE(catalog->Verify());
}

TEST(LmdbCatalog, AStreamIsNotTakenForMissingWhateverBitOfAKeyIsFlipped) {
  const Folder folder;
  constexpr uint64_t kStreams = 150;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, kStreams)));
  const std::string intact = BytesOf(folder.data_file());
  const auto put = [&](size_t at, int byte) {
    std::fstream file(folder.data_file(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte));
  };
  std::mt19937_64 random(3);
  size_t found_damage = 0;
  // In keys of leaves and branches, and in what stands beside them.
  for (size_t at = 0; (at = intact.find("/stream/1", at)) != std::string::npos; ++at) {
    const size_t flipped = at + random() % 11;
    put(flipped, intact[flipped] ^ 1 << random() % 8);
    const auto catalog = Open(folder, {.mode = LmdbCatalog::Mode::kReadAtRest});
    for (uint64_t id = 1; id <= kStreams; ++id) {
      const auto found = catalog->Find(Entry(id).path);
      if (!found) ++found_damage;
      ASSERT_TRUE(!found || *found) << "stream " << id << ", byte " << flipped;
    }
    put(flipped, intact[flipped]);
  }
  EXPECT_GT(found_damage, 30u);
}

TEST(LmdbCatalog, ARowWhoseLengthIsDamagedIsDamageAndNotReadToItsEnd) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 3)));
  const std::string intact = BytesOf(folder.data_file());
  const std::string key("\x09\x00/stream/2", 11);  // behind its length, as LMDB has it
  std::fstream file(folder.data_file(), std::ios::binary | std::ios::in | std::ios::out);
  size_t nodes = 0;
  for (size_t at = 0; (at = intact.find(key, at)) != std::string::npos; ++at, ++nodes) {
    constexpr size_t kHighestByteOfLength = 3;  // behind key's, and two bytes of flags
    file.seekp(static_cast<std::streamoff>(at - kHighestByteOfLength)).put('\x40');
  }
  file.close();
  ASSERT_GT(nodes, 0u);
  const auto catalog = Open(folder);
  EXPECT_EQ(catalog->Find("/stream/2").error().kind, Kind::kDamage);
  EXPECT_TRUE(catalog->Find("/stream/1").value().has_value());
  EXPECT_EQ(catalog->Verify().error().kind, Kind::kDamage);
}

TEST(LmdbCatalog, ADamagedRowUnderItsOwnKeyHidesNoOther) {
  const Folder folder;
  ASSERT_TRUE(Open(folder)->Commit(Batch(1, 3)));
  std::string value = SealRow(CatalogTable::kPaths, "/stream/3", EncodePathBody(Entry(3)));
  value.back() = static_cast<char>(value.back() ^ 1);
  PutRaw(folder, "paths", "/stream/3", value);
  const auto catalog = Open(folder);
  EXPECT_FALSE(catalog->Find("/stream/3"));
  EXPECT_FALSE(catalog->Find("/stream/4").value().has_value()) << "it stands where it would";
}

// The rows of the table of free pages: how many, and which, the greatest first. The longest first.
std::vector<std::vector<uint64_t>> ListsOfFreePages(const Folder& folder) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_cursor* cursor = nullptr;
  EXPECT_EQ(mdb_env_create(&env), 0);
  EXPECT_EQ(mdb_env_open(env, folder.path().c_str(), MDB_RDONLY, 0640), 0);
  EXPECT_EQ(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), 0);
  EXPECT_EQ(mdb_cursor_open(txn, 0, &cursor), 0);
  std::vector<std::vector<uint64_t>> rows;
  MDB_val key, value;
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    std::vector<uint64_t>& row = rows.emplace_back(value.mv_size / sizeof(uint64_t));
    std::memcpy(row.data(), value.mv_data, row.size() * sizeof(uint64_t));
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
  std::ranges::sort(rows, std::ranges::greater(), &std::vector<uint64_t>::size);
  return rows;
}

std::string_view BytesOf(const std::vector<uint64_t>& row) {
  return {reinterpret_cast<const char*>(row.data()), row.size() * sizeof(uint64_t)};
}

TEST(LmdbCatalog, VerifyFindsAWrongListOfFreePages) {
  const Folder folder;
  {
    const auto catalog = Open(folder);
    for (uint64_t id = 1; id < 400; id += 10) ASSERT_TRUE(catalog->Commit(Batch(id, 300)));
    ASSERT_TRUE(catalog->Verify());
  }
  const auto rows = ListsOfFreePages(folder);
  const std::vector<uint64_t>& row = rows.at(0);
  const uint64_t count = row.at(0);
  ASSERT_GT(count, 3u);
  // A page of another row, where it stands in order.
  const uint64_t other = rows.at(1).at(1);
  const size_t fits = static_cast<size_t>(
      std::ranges::lower_bound(row.begin() + 1, row.end(), other, std::ranges::greater()) -
      row.begin());
  const std::string intact = BytesOf(folder.data_file());
  const size_t at = intact.find(BytesOf(row));
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(intact.find(BytesOf(row), at + 1), std::string::npos);
  struct Damage {
    size_t index;
    uint64_t value;
    const char* told;
  };
  for (const auto& [index, value, told] :
       {Damage{0, count - 1, "are used and"}, Damage{0, count + 1'000, "has room for"},
        Damage{1, uint64_t{1} << 40, "out of order"}, Damage{count, 1, "out of order"},
        Damage{2, row[1], "out of order"},
        Damage{std::min<size_t>(fits, count), other, "stands there twice"}}) {
    std::string damaged = intact;
    Put(damaged.data(), at + index * sizeof value, value);
    std::ofstream(folder.data_file(), std::ios::binary) << damaged;
    const auto verified = Open(folder, {.mode = LmdbCatalog::Mode::kReadAtRest})->Verify();
    ASSERT_FALSE(verified) << index << " is " << value;
    EXPECT_EQ(verified.error().kind, Kind::kDamage);
    EXPECT_NE(verified.error().message.find(told), std::string::npos) << verified.error().message;
  }
}

TEST(LmdbCatalog, VerifyFindsTablesThatDisagree) {
  struct Mistake {
    const char* what;
    CatalogTable table;
    std::string key;
    std::string body;
  };
  const std::vector<Mistake> mistakes{
      {"an id that leads nowhere", CatalogTable::kIds, KeyOfId({9}), "/none"},
      {"a second id for a path", CatalogTable::kIds, KeyOfId({9}), "/stream/2"},
      {"a path without its id", CatalogTable::kPaths, "/x",
       EncodePathBody({.id = {3}, .path = "/x", .create = "", .due_ms = {}})},
      {"an id never given", CatalogTable::kPaths, "/stream/2", EncodePathBody(Entry(99))},
      {"a time of nobody", CatalogTable::kDue, KeyOfDue({.at_ms = 1, .id = {9}}), ""},
      {"a time of somebody else", CatalogTable::kDue, KeyOfDue({.at_ms = 1, .id = {2}}), ""},
      {"a time that is not in its table", CatalogTable::kPaths, "/stream/2",
       EncodePathBody(Entry(2, 77))},
      {"a body behind a time", CatalogTable::kDue, KeyOfDue({.at_ms = 50, .id = {1}}), "body"},
      {"a segment twice", CatalogTable::kMeta, std::string(kHeadKey),
       EncodeHead({.last_id = {3}, .last_segment = 2, .segments = {{.number = 2}, {.number = 2}}})},
      {"a segment never given", CatalogTable::kMeta, std::string(kHeadKey),
       EncodeHead({.last_id = {3}, .last_segment = 1, .segments = {{.number = 2}}})},
  };
  for (const Mistake& mistake : mistakes) {
    const Folder folder;
    CatalogBatch batch = Batch(1, 3);
    batch.put[0].due_ms = 50;
    ASSERT_TRUE(Open(folder)->Commit(batch));
    ASSERT_TRUE(Open(folder)->Verify());
    PutRaw(folder, NameOf(mistake.table), mistake.key,
           SealRow(mistake.table, mistake.key, mistake.body));
    const auto verified = Open(folder)->Verify();
    ASSERT_FALSE(verified) << mistake.what;
    EXPECT_EQ(verified.error().kind, Kind::kDamage) << mistake.what;
  }
}

}  // namespace
}  // namespace thalweg
