#include "api/engine_home.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "api/disk_space.h"
#include "api/engine_options.h"
#include "api/log_room.h"
#include "api/teller.h"
#include "engine/durable_engine.h"
#include "storage/data_directory.h"
#include "storage/directory_life.h"
#include "storage/directory_watch.h"
#include "storage/folder_names.h"
#include "storage/lmdb_catalog.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

uint64_t RandomSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

class MemoryHome final : public EngineHome {
 public:
  explicit MemoryHome(const Clock& clock)
      : engine_(OpenMemoryEngine(clock, {.life = RandomSeed()})) {}
  Engine& engine() override { return *engine_; }
  StoreStats Stats() const override { return engine_->Stats(); }

 private:
  const EnginePtr engine_;
};

// In this order: the engine ends before the lock is given back.
class DiskHome final : public EngineHome {
 public:
  DiskHome(std::unique_ptr<PosixDisk> disk, std::unique_ptr<DataDirectory> directory,
           std::shared_ptr<const DiskSpace> space, std::unique_ptr<DurableEngine> durable)
      : disk_(std::move(disk)),
        directory_(std::move(directory)),
        space_(std::move(space)),
        durable_(std::move(durable)) {}
  Engine& engine() override { return durable_->engine(); }
  StoreStats Stats() const override {
    StoreStats stats = durable_->Stats();
    stats.disk->free_bytes = space_->free_bytes();
    stats.disk->size_bytes = space_->size_bytes();
    return stats;
  }

 private:
  const std::unique_ptr<PosixDisk> disk_;
  const std::unique_ptr<DataDirectory> directory_;
  const std::shared_ptr<const DiskSpace> space_;
  const std::unique_ptr<DurableEngine> durable_;
};

OpenError::Code CodeOf(StorageFault::Kind kind) {
  switch (kind) {
    case StorageFault::Kind::kDisk:
    case StorageFault::Kind::kWouldWait: break;
    case StorageFault::Kind::kForeign: return OpenError::Code::kForeign;
    case StorageFault::Kind::kDamage: return OpenError::Code::kDamage;
  }
  return OpenError::Code::kDisk;
}

std::unexpected<OpenError> CannotOpen(const std::string& path, const StorageFault& fault) {
  return std::unexpected(
      OpenError{CodeOf(fault.kind), "data directory " + path + ": " + fault.message});
}

DirectoryId RandomId() {
  std::random_device random;
  DirectoryId id;
  std::generate(id.begin(), id.end(), [&random] { return static_cast<uint8_t>(random()); });
  return id;
}

// Tells that the store takes no changes any more, and what to do. Within Engine::Fail: nobody is
// refused before it returns. THREAD: any.
class FailureTeller {
 public:
  FailureTeller(const StoreOptions& options, std::shared_ptr<const DirectoryWatch> watch)
      : teller_(options.logger), on_failure_(options.on_failure), watch_(std::move(watch)) {}

  // The log's files hold what is durable; who opens the directory again goes on from there, if
  // nobody has removed any. Only what misses a file looks for the directory, for a disk that is
  // silent may be so then, too. What is just being removed may be there still.
  void TellFault(const StorageFault& fault) const {
    if (fault.is_gone) return TellGone(watch_->FindGone({}).value_or(fault.message));
    Tell({StoreFailure::Code::kDisk,
          "the disk failed: " + fault.message +
              "; nothing is acknowledged any more. Look at the disk, then start again: everything "
              "that was acknowledged is recovered"});
  }

  void TellGone(const std::string& found) const {
    Tell({StoreFailure::Code::kDirectoryGone,
          "the data directory " + watch_->path() + " is gone, or a part of it: " + found +
              "; nothing is acknowledged any more. Was it moved, unmounted or removed? Bring it "
              "back before the next start, which has no streams where all of it is gone, and may "
              "be refused where a part is: what was moved within its file system, or unmounted, "
              "has everything that was acknowledged. What was removed is lost: thalweg verify says "
              "what is missing; put that back from a backup, or restore all of one"});
  }

 private:
  void Tell(const StoreFailure& failure) const {
    teller_.Say(LogLevel::kCritical, "{}", failure.message);
    if (on_failure_) on_failure_(failure);
  }

  const Teller teller_;
  const std::function<void(const StoreFailure&)> on_failure_;
  const std::shared_ptr<const DirectoryWatch> watch_;
};

// Against what keeps the store from its work.
std::string_view WhatHelps(const StorageFault& fault) {
  if (fault.is_shortage) {
    return "soon: free some space, or file descriptors, or raise the limit of file sizes";
  }
  if (fault.kind != StorageFault::Kind::kDamage) return "later";
  return "later, but only a restored backup will help: stop the server and run thalweg verify";
}

StoreKeeperEvents KeeperEventsOf(const StoreOptions& options, const Clock& clock,
                                 std::shared_ptr<const FailureTeller> failures) {
  const Teller teller(options.logger);
  return {
      .on_checkpoint =
          [teller](const Checkpoint::Report& report, int64_t took_ms) {
            teller.Say(LogLevel::kDebug, "checkpoint at record {}: {} streams, {} bytes, in {} ms",
                       report.at.value, report.streams, report.bytes, took_ms);
          },
      .on_trouble =
          [teller, seldom = std::make_shared<Seldom>(clock)](const StorageFault& fault) {
            if (fault.is_shortage && !seldom->Next()) return;  // a full disk is tried again often
            teller.Say(
                LogLevel::kError,
                "checkpoint, merge or expiry: {}; nothing is lost, and it is tried again {}. "
                "Until then the log, memory or the number of segments may grow",
                fault.message, WhatHelps(fault));
          },
      .on_set_aside =
          [teller](const StorageFault& fault) {
            teller.Say(
                LogLevel::kError,
                "{}; merges leave this segment alone until the next start, and reads of what "
                "is damaged get a 500. Run thalweg verify when the server is stopped, and "
                "restore a backup",
                fault.message);
          },
      .on_failure = [failures](const StorageFault& fault) { failures->TellFault(fault); },
      .on_long_refused =
          [teller, seldom = std::make_shared<Seldom>(clock)] {
            if (!seldom->Next()) return;
            teller.Say(LogLevel::kError,
                       "the disk has no space for a long append, which got a 507: it takes its "
                       "length twice, in the log and in a segment; free some space");
          },
      .on_memory_full =
          [teller, bytes = options.tail_bytes_max, seldom = std::make_shared<Seldom>(clock)] {
            if (!seldom->Next()) return;
            teller.Say(LogLevel::kWarning,
                       "--tail-memory ({} bytes) is full: appends get a 503 until a checkpoint has "
                       "written some of it. Writers are faster than the disk, or no checkpoint can "
                       "be made",
                       bytes);
          },
      .on_gone = [failures](const std::string& found) { failures->TellGone(found); },
  };
}

DurableEngineEvents EventsOf(const std::string& path, const StoreOptions& options,
                             const Clock& clock, std::shared_ptr<const DirectoryWatch> watch) {
  const Teller teller(options.logger);
  return {
      .keeper = KeeperEventsOf(options, clock,
                               std::make_shared<FailureTeller>(options, std::move(watch))),
      .on_log_room =
          [teller, path, file_bytes = options.log_file_bytes](const StorageFault* fault) {
            if (fault == nullptr) return teller.Say(LogLevel::kInfo, "the log has room again");
            const auto space = SpaceOf(path);
            teller.Say(LogLevel::kError, "{}",
                       NoLogRoom(fault->message, file_bytes,
                                 space ? std::optional(space->available) : std::nullopt));
          },
      .on_silent_disk =
          [teller, path](int64_t silent_ms) {
            if (silent_ms == 0) return teller.Say(LogLevel::kWarning, "the disk answers again");
            teller.Say(LogLevel::kError,
                       "the disk under {} has ended no write and no sync for {} s: changes wait, "
                       "and so may reads. Look at the disk and the kernel's messages (dmesg); is "
                       "the file system frozen (fsfreeze, a snapshot)? After {} s this is taken "
                       "for a failure of the disk",
                       path, silent_ms / 1'000, LogWatch::kGiveUpMs / 1'000);
          },
      .on_unreadable =
          [teller, seldom = std::make_shared<Seldom>(clock)](const StorageFault& fault) {
            const auto held_back = seldom->Next();
            if (!held_back) return;
            const std::string before =
                *held_back == 0 ? "" : fmt::format(" (and {} before it, untold)", *held_back);
            teller.Say(LogLevel::kError, "a request got a 500{}: {}", before, fault.message);
          },
  };
}

// The working directory may be another one later, and so may what links on the way lead to. Where
// that cannot be told, `path` as it is.
std::string FromRoot(const std::string& path) {
  std::error_code unknown;
  const auto full = std::filesystem::canonical(path, unknown);
  return unknown ? path : full.string();
}

StorageResult<std::unique_ptr<Catalog>> OpenCatalog(Disk& disk, const std::string& path,
                                                    const DirectoryId& id) {
  if (const auto known = CatalogIsThere(disk); !known) return std::unexpected(known.error());
  auto catalog = LmdbCatalog::Open(path + "/" + kCatalogFolder, id, {});
  if (!catalog) return std::unexpected(catalog.error());
  return *std::move(catalog);
}

// `path` as the operator gave it, `root` as the system knows it.
void TellOpened(Teller teller, const std::string& path, const std::string& root,
                const DataDirectory& directory, const DurableEngine& durable, int64_t took_ms) {
  if (directory.is_new()) {
    teller.Say(LogLevel::kInfo,
               "made a new data directory in {}, for nothing was there; if there should be, look "
               "whether its disk is mounted",
               root);
  }
  // Not the store's own: that may have got on by now, on its thread.
  const EngineRecovery& found = durable.recovered();
  const LogRecoveryReport& report = found.log;
  teller.Say(LogLevel::kInfo,
             "recovered {} in {} ms: checkpoint at record {} with {} segments, then {} records; "
             "log: {} files, {} bytes",
             path, took_ms, found.checkpoint.value, found.segments,
             report.last.value - found.checkpoint.value, report.files, report.bytes_read);
  if (report.cut) {
    teller.Say(LogLevel::kInfo,
               "cut an unfinished write off {} at byte {}; it was never acknowledged",
               report.cut_file, report.cut_at);
  }
  for (const std::string& name : directory.quarantined()) {
    teller.Say(LogLevel::kWarning,
               "moved to {}: nothing of ours is called so; remove it when you know what it is",
               name);
  }
  for (const std::string& name : directory.left()) {
    teller.Say(
        LogLevel::kWarning,
        "{}: nothing of ours is called so, and it cannot be moved to quarantine/; move it away "
        "when you know what it is",
        name);
  }
}

}  // namespace

std::unique_ptr<EngineHome> EngineHome::InMemory(const Clock& clock) {
  return std::make_unique<MemoryHome>(clock);
}

std::expected<std::unique_ptr<EngineHome>, OpenError> EngineHome::OnDisk(
    const std::string& path, const StoreOptions& options, const Clock& clock,
    const OnRemoved& on_removed) {
  if (path.contains('\0')) {  // the system would take what stands before it for all
    return CannotOpen(path, {StorageFault::Kind::kDisk, "there is a NUL byte in this path"});
  }
  const int64_t began_ms = clock.SteadyMs();
  if (const auto made = DataDirectory::CreateMissing(path); !made) {
    return CannotOpen(path, made.error());
  }
  auto disk = PosixDisk::Open(path);
  if (!disk) return CannotOpen(path, {StorageFault::Kind::kDisk, disk.error().message});
  const std::string root = FromRoot(path);
  auto directory = DataDirectory::Open(**disk, RandomId());
  if (!directory) return CannotOpen(path, directory.error());
  const DirectoryId id = (*directory)->id();
  auto catalog = OpenCatalog(**disk, root, id);
  if (!catalog) return CannotOpen(path, catalog.error());
  const auto life = LifeOf(**disk, RandomSeed());
  if (!life) return CannotOpen(path, DiskFault(life.error()).error());
  DurableEngineOptions durable_options = EngineOptionsOf(options, id);
  durable_options.log.salt_seed = RandomSeed();
  durable_options.engine.life = *life;
  const auto watch = std::make_shared<DirectoryWatch>(**disk, root, id);
  const auto space = std::make_shared<DiskSpace>(root);
  durable_options.keeper.find_gone = [watch](std::vector<std::string> needed) {
    needed.push_back(std::string(kCatalogFolder) + "/" + kCatalogFile);
    return watch->FindGone(needed);
  };
  durable_options.keeper.on_there = [space] { space->Look(); };
  DurableEngineEvents events = EventsOf(root, options, clock, watch);
  if (on_removed) {
    durable_options.removes_unreadable = true;
    events.on_unreadable = [on_removed](const StorageFault& fault) { on_removed(fault.message); };
    events.keeper.on_memory_full = {};  // nobody appends
  }
  auto durable = DurableEngine::Open(**disk, *std::move(catalog), durable_options, clock, events);
  if (!durable) return CannotOpen(path, durable.error());
  TellOpened(Teller(options.logger), path, watch->path(), **directory, **durable,
             clock.SteadyMs() - began_ms);
  return std::make_unique<DiskHome>(std::move(*disk), std::move(*directory), space,
                                    std::move(*durable));
}

}  // namespace thalweg
