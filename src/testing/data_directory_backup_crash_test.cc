// Backups of catalog, segments and log, cut short at every operation of the target: what is there
// is what the original was at some moment since the last backup, or no copy at all.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint.h"
#include "engine/engine.h"
#include "storage/data_directory.h"
#include "storage/data_directory_backup.h"
#include "storage/directory.h"
#include "storage/local_log.h"
#include "storage/log_scanner.h"
#include "storage/stream_store.h"
#include "testing/door.h"
#include "testing/manual_clock.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"

namespace thalweg {
namespace {

constexpr const char* kCatalogPath = "catalog/data.mdb";

std::unique_ptr<SimCatalog> CopyOf(const SimCatalog& catalog) {
  CatalogBatch all{.head = catalog.Head().value()};
  const auto ids = catalog.Ids({}, SIZE_MAX);
  for (const StreamId id : *ids) {
    all.put.push_back(catalog.Find(id).value().value());
  }
  auto copy = std::make_unique<SimCatalog>();
  EXPECT_TRUE(copy->Commit(all));
  return copy;
}

// A server on a directory.
class Server {
 public:
  Server(Disk& disk, Catalog& catalog) { Start(disk, catalog); }

  Engine& engine() { return *engine_; }
  const std::string& trouble() const { return trouble_; }

  void Write(const std::string& path, const std::string& text) {
    if (engine_->Describe(path).verdict == ReadVerdict::kMissing) {
      engine_->Create(NewStream(path));
    }
    EXPECT_EQ(engine_->Append(path, NewAppend(text)).verdict, AppendVerdict::kAppended) << path;
    EXPECT_TRUE(log_->Commit());
  }
  void LoseWrite(const std::string& path, const std::string& text) {
    engine_->Append(path, NewAppend(text));
    EXPECT_FALSE(log_->Commit());
  }
  void Checkpoint() {
    EXPECT_TRUE(log_->Commit());
    const auto checkpoint = engine_->NewCheckpoint(*log_);
    EXPECT_EQ(checkpoint->Write(), true);
    EXPECT_TRUE(checkpoint->Commit());
  }
  void MergeAll() {
    while (engine_->store().MergeStep(SIZE_MAX, true).value()) {
    }
  }

  // What clients can see.
  std::string Everything() {
    std::string all;
    for (const char* path : {"a", "b", "c", "fork", "late"}) {
      const DescribeOutcome seen = engine_->Describe(path);
      all += std::string(path) + ": " + std::to_string(static_cast<int>(seen.verdict));
      if (seen.verdict == ReadVerdict::kOk) all += " " + ReadAll(*engine_, path);
      all += seen.closed ? " closed\n" : "\n";
    }
    return all;
  }

 private:
  void Start(Disk& disk, Catalog& catalog) {
    DirectoryId id;
    id.fill(1);
    auto directory = DataDirectory::Open(disk, id);
    if (!directory) return Fail(directory.error());
    directory_ = *std::move(directory);
    auto store =
        StreamStore::Open(disk, directory_->id(), std::make_unique<BorrowedCatalog>(catalog));
    if (!store) return Fail(store.error());
    const Lsn checkpoint = (*store)->checkpoint();
    LocalLogOptions log_options{.file_bytes = 4 * kLogPageBytes, .salt_seed = 1};
    log_options.directory = directory_->id();
    auto log = std::make_unique<LocalLog>(disk, log_options);
    log_ = log.get();
    engine_ = std::make_unique<Engine>(
        clock_, std::move(log), EngineOptions{.partitions = 4},
        EngineStore{.streams = *std::move(store),
                    .on_unreadable = [this](const StorageFault& fault) { Fail(fault); }});
    const auto recovered = log_->Recover(
        checkpoint, [this](Lsn lsn, const Record& record) { return engine_->Replay(lsn, record); });
    if (!recovered) return Fail(recovered.error());
    engine_->EndReplay();
    const auto removed = engine_->store().RemoveLeftovers();
    if (!removed) Fail(removed.error());
  }

  void Fail(const StorageFault& fault) { trouble_ = fault.message; }

  ManualClock clock_;
  std::string trouble_;
  std::unique_ptr<DataDirectory> directory_;
  std::unique_ptr<Engine> engine_;
  LocalLog* log_ = nullptr;  // the engine's
};

// An original that changes in every part between two backups, and where they go.
class Backups {
 public:
  explicit Backups(uint64_t seed) : disk_(seed), target_(seed) {
    server_.emplace(disk_, catalog_);
    server_->Write("a", "1");
    server_->Write("b", "2");
    server_->Write("c", "3");
    server_->Checkpoint();
    server_->engine().Create(NewFork("fork", "a"));
    server_->Write("fork", "4");
    server_->Checkpoint();
    server_->Write("c", "5");
  }

  // Segments go and come, the log is trimmed and rolls, the catalog changes.
  void Change() {
    moments_ = {server_->Everything()};
    server_->engine().Remove("b");
    server_->engine().Remove("a");
    Write("c", std::string(20'000, 'x'));
    server_->Checkpoint();
    server_->MergeAll();
    Write("late", "6");
    server_->engine().Append("fork", NewClose());
    Write("late", "7");
  }

  // The original is copied while a block is written and not synced, loses its power then, and
  // starts again.
  void LosePowerBehindABackup() {
    bool is_copied = false;
    disk_.SetHook([&](DiskOp op, const std::string& path) {
      if (is_copied || op != DiskOp::kSync || !path.starts_with("log/")) return;
      is_copied = true;
      EXPECT_TRUE(BackUp());
      disk_.StopAtNth(1);
    });
    server_->LoseWrite("c", "never durable");
    disk_.SetHook({});
    EXPECT_TRUE(is_copied);
    disk_.Crash(SimDisk::CrashKind::kPowerCut);
    server_.emplace(disk_, catalog_);
    EXPECT_EQ(server_->trouble(), "");
    server_->Write("c", "another");
  }

  // Whether the original was so after some commit of Change.
  bool WasOnce(const std::string& everything) const {
    return std::ranges::find(moments_, everything) != moments_.end();
  }

  StorageResult<BackupReport> BackUp() {
    return BackUpDirectory(disk_, target_, [this](const DirectoryId&) { return CopyCatalog(); });
  }

  // What a server would show that starts on the target; or why it does not.
  std::string Restored() {
    auto catalog = std::make_unique<SimCatalog>();
    if (const auto file = target_.Open(kCatalogPath, Disk::Mode::kRead)) {
      std::string text(1, '\0');
      EXPECT_EQ((*file)->ReadAt(0, text), 1u);
      catalog = CopyOf(*copies_.at(static_cast<size_t>(text[0] - '0')));
    }
    Server server(target_, *catalog);
    if (!server.trouble().empty()) return server.trouble();
    std::string all = server.Everything();
    return server.trouble().empty() ? all : server.trouble();
  }

  // Of the n-th file of the original's log; false: fewer have been begun.
  bool LoseLogHeader(size_t n) {
    std::vector<std::string> names = disk_.List("log").value();
    std::erase_if(names, [](const std::string& name) { return LogSpareNumber(name).has_value(); });
    if (n >= names.size()) return false;
    const auto file = disk_.Open("log/" + names[n], Disk::Mode::kRead).value();
    if (!ReadLogFileHeader(*file).value()) return false;
    disk_.CorruptSector("log/" + names[n], 0, Damage::kZero);
    return true;
  }

  std::string Everything() { return server_->Everything(); }
  SimDisk& target() { return target_; }

 private:
  void Write(const std::string& path, const std::string& text) {
    server_->Write(path, text);
    moments_.push_back(server_->Everything());
  }

  // In the target's file stands which copy it is.
  StorageResult<CatalogHead> CopyCatalog() {
    copies_.push_back(CopyOf(catalog_));
    Directory folder(target_, "catalog");
    const auto removed = folder.RemoveIfThere(DraftOf(kCatalogFile));
    if (!removed) return DiskFault(removed.error());
    const auto file = folder.Create(DraftOf(kCatalogFile));
    if (!file) return DiskFault(file.error());
    const std::string text(1, static_cast<char>('0' + copies_.size() - 1));
    auto written = (*file)->WriteAt(0, text);
    if (written) written = (*file)->Sync();
    if (!written) return DiskFault(written.error());
    return copies_.back()->Head();
  }

  SimDisk disk_;
  SimDisk target_;
  SimCatalog catalog_;
  std::vector<std::unique_ptr<SimCatalog>> copies_;
  std::vector<std::string> moments_;
  std::optional<Server> server_;
};

struct Seen {
  int old = 0, renewed = 0, none = 0;
};

// One backup whose n-th operation on the target fails, or is its last; false: it has fewer.
bool CutShort(uint64_t n, bool is_renewal, const Fault* fault, Seen& seen) {
  Backups backups(n);
  if (is_renewal) {
    EXPECT_TRUE(backups.BackUp());
    EXPECT_EQ(backups.Restored(), backups.Everything());
    backups.Change();
  }
  const std::string after = backups.Everything();
  SimDisk& target = backups.target();
  const uint64_t ops = target.ops();
  if (fault != nullptr) {
    target.FailNth({}, n, *fault);
  } else {
    target.StopAtNth(n);
  }
  const bool was_made = backups.BackUp().has_value();
  const bool was_reached = target.ops() - ops >= n;
  target.ClearFaults();
  target.Crash(SimDisk::CrashKind::kPowerCut);
  if (DataDirectory::OpenReadOnly(target)) {
    const std::string restored = backups.Restored();
    EXPECT_TRUE(restored == after || (!was_made && backups.WasOnce(restored))) << restored;
    ++(restored == after ? seen.renewed : seen.old);
  } else {
    EXPECT_FALSE(was_made);
    ++seen.none;
  }
  const auto again = backups.BackUp();
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(backups.Restored(), after);
  return was_reached;
}

void CutShortEverywhere(bool is_renewal, const Fault* fault, Seen& seen) {
  for (uint64_t n = 1;; ++n) {
    const bool was_reached = CutShort(n, is_renewal, fault, seen);
    ASSERT_FALSE(testing::Test::HasFailure()) << "operation " << n;
    if (!was_reached) return;
  }
}

TEST(DataDirectoryBackupCrash, AFirstBackupIsThereOrNot) {
  const Fault faults[] = {{.code = EIO}, {.code = ENOSPC, .times = UINT64_MAX}};
  Seen seen;
  CutShortEverywhere(false, nullptr, seen);
  for (const Fault& fault : faults) CutShortEverywhere(false, &fault, seen);
  EXPECT_GT(seen.none, 50);
  EXPECT_GT(seen.renewed, 2);
}

TEST(DataDirectoryBackupCrash, ARenewedBackupIsOfSomeMomentSinceTheLast) {
  const Fault faults[] = {{.code = EIO}, {.code = ENOSPC, .times = UINT64_MAX}};
  Seen seen;
  CutShortEverywhere(true, nullptr, seen);
  for (const Fault& fault : faults) CutShortEverywhere(true, &fault, seen);
  EXPECT_GT(seen.old, 50);
  EXPECT_GT(seen.renewed, 5);
}

TEST(DataDirectoryBackupCrash, WhatWasCopiedIsNotLostWithThePowerOfTheOriginal) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Backups backups(seed);
    backups.LosePowerBehindABackup();
    const auto renewed = backups.BackUp();
    ASSERT_TRUE(renewed) << renewed.error().message << ", seed " << seed;
    EXPECT_EQ(backups.Restored(), backups.Everything());
  }
}

TEST(DataDirectoryBackupCrash, AnOriginalWhoseLogLostAHeaderLeavesTheCopyAsItWas) {
  size_t n = 0;
  for (;; ++n) {
    Backups backups(1);
    ASSERT_TRUE(backups.BackUp());
    const std::string before = backups.Restored();
    backups.Change();
    if (!backups.LoseLogHeader(n)) break;
    const auto refused = backups.BackUp();
    ASSERT_FALSE(refused) << "file " << n;
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kDamage) << refused.error().message;
    EXPECT_EQ(backups.Restored(), before) << "file " << n;
  }
  EXPECT_GE(n, 2u);
}

}  // namespace
}  // namespace thalweg
