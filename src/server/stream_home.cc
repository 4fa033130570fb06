#include "server/stream_home.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <utility>

#include "engine/durable_engine.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "storage/data_directory.h"
#include "storage/lmdb_catalog.h"
#include "storage/posix_disk.h"
#include "thalweg/engine.h"

namespace thalweg {
namespace {

class MemoryHome final : public StreamHome {
 public:
  explicit MemoryHome(const Clock& clock) : engine_(OpenMemoryEngine(clock)) {}
  Engine& engine() override { return *engine_; }

 private:
  const EnginePtr engine_;
};

// In this order: the engine ends before the lock is given back.
class DiskHome final : public StreamHome {
 public:
  DiskHome(std::unique_ptr<PosixDisk> disk, std::unique_ptr<DataDirectory> directory,
           std::unique_ptr<DurableEngine> durable)
      : disk_(std::move(disk)), directory_(std::move(directory)), durable_(std::move(durable)) {}
  Engine& engine() override { return durable_->engine(); }

 private:
  const std::unique_ptr<PosixDisk> disk_;
  const std::unique_ptr<DataDirectory> directory_;
  const std::unique_ptr<DurableEngine> durable_;
};

std::unexpected<StreamHome::Error> Refuse(const std::string& path, const StorageFault& fault) {
  return std::unexpected(
      StreamHome::Error{ExitCodeFor(fault.kind), "data directory " + path + ": " + fault.message});
}

DirectoryId RandomId() {
  std::random_device random;
  DirectoryId id;
  std::generate(id.begin(), id.end(), [&random] { return static_cast<uint8_t>(random()); });
  return id;
}

uint64_t RandomSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

DurableEngineOptions OptionsOf(const DiskConfig& config, const DirectoryId& directory) {
  DurableEngineOptions options;
  const size_t pages = (config.log_file_bytes + kLogPageBytes - 1) / kLogPageBytes;
  options.log.directory = directory;
  options.log.file_bytes = std::max<size_t>(pages, 2) * kLogPageBytes;  // a header and a block
  options.log.salt_seed = RandomSeed();
  options.store.directory = directory;
  options.keeper = config.keeper;
  return options;
}

// The log's files hold what is durable; a restart goes on from there.
[[noreturn]] void EndOnFailure(spdlog::logger& logger, const StorageFault& fault) {
  logger.critical(
      "the disk failed: {}; nothing is acknowledged any more. Ending; look at the disk, then start "
      "again: everything that was acknowledged is recovered.",
      fault.message);
  logger.flush();
  _exit(kExitDiskFailed);
}

// Lets one message a second through, and counts the others.
class Seldom {
 public:
  explicit Seldom(const Clock& clock) : clock_(clock) {}

  // How many were held back since the last; null: so is this one. THREAD: any.
  std::optional<uint64_t> Next() {
    const int64_t now_ms = clock_.SteadyMs();
    int64_t next_ms = next_ms_.load();
    if (now_ms >= next_ms && next_ms_.compare_exchange_strong(next_ms, now_ms + 1'000)) {
      return held_back_.exchange(0);
    }
    ++held_back_;
    return std::nullopt;
  }

 private:
  const Clock& clock_;
  std::atomic<int64_t> next_ms_{INT64_MIN};
  std::atomic<uint64_t> held_back_{0};
};

DurableEngineEvents EventsTo(spdlog::logger& logger, const Clock& clock) {
  return {
      .on_failure = [&logger](const StorageFault& fault) { EndOnFailure(logger, fault); },
      .on_trouble =
          [&logger](const StorageFault& fault) {
            logger.error(
                "checkpoint, merge or expiry: {}; nothing is lost, and it is tried again{}. Until "
                "then the log, memory or the number of segments may grow",
                fault.message, fault.no_space ? " every second: free some space" : " later");
          },
      .on_unreadable =
          [&logger, seldom = std::make_shared<Seldom>(clock)](const StorageFault& fault) {
            const auto held_back = seldom->Next();
            if (!held_back) return;
            logger.error("a request got a 500 (and {} before it, untold): {}", *held_back,
                         fault.message);
          },
      .on_checkpoint =
          [&logger](const Checkpoint::Report& report, int64_t took_ms) {
            logger.debug("checkpoint at record {}: {} streams, {} bytes, in {} ms", report.at.value,
                         report.streams, report.bytes, took_ms);
          },
  };
}

StorageResult<std::unique_ptr<Catalog>> OpenCatalog(Disk& disk, const std::string& path,
                                                    const DirectoryId& id) {
  if (const auto known = CatalogIsThere(disk); !known) return std::unexpected(known.error());
  auto catalog = LmdbCatalog::Open(path + "/catalog", id, {});
  if (!catalog) return std::unexpected(catalog.error());
  return *std::move(catalog);
}

void TellRecovered(spdlog::logger& logger, const std::string& path, DurableEngine& durable,
                   int64_t took_ms) {
  const LogRecoveryReport& report = durable.recovered();
  const StreamStore& store = durable.engine().store();
  logger.info(
      "recovered {} in {} ms: checkpoint at record {} with {} segments, then {} records; log: {} "
      "files, {} bytes",
      path, took_ms, store.checkpoint().value, store.segments().size(),
      report.last.value - store.checkpoint().value, report.files, report.bytes_read);
  if (report.cut) {
    logger.info("cut an unfinished write off {} at byte {}; it was never acknowledged",
                report.cut_file, report.cut_at);
  }
}

}  // namespace

std::unique_ptr<StreamHome> StreamHome::InMemory(const Clock& clock) {
  return std::make_unique<MemoryHome>(clock);
}

StreamHome::Result<std::unique_ptr<StreamHome>> StreamHome::OnDisk(const DiskConfig& config,
                                                                   const Clock& clock,
                                                                   spdlog::logger& logger) {
  const std::string& path = config.data_dir;
  const int64_t began_ms = clock.SteadyMs();
  if (const auto made = DataDirectory::CreateMissing(path); !made) {
    return Refuse(path, made.error());
  }
  auto disk = PosixDisk::Open(path);
  if (!disk) return Refuse(path, {StorageFault::Kind::kDisk, disk.error().message});
  auto directory = DataDirectory::Open(**disk, RandomId());
  if (!directory) return Refuse(path, directory.error());
  const DirectoryId id = (*directory)->id();
  auto catalog = OpenCatalog(**disk, path, id);
  if (!catalog) return Refuse(path, catalog.error());
  auto durable = DurableEngine::Open(**disk, *std::move(catalog), OptionsOf(config, id), clock,
                                     EventsTo(logger, clock));
  if (!durable) return Refuse(path, durable.error());
  TellRecovered(logger, path, **durable, clock.SteadyMs() - began_ms);
  for (const std::string& name : (*directory)->quarantined()) {
    logger.warn("moved to {}: nothing of ours is called so; remove it when you know what it is",
                name);
  }
  return std::make_unique<DiskHome>(std::move(*disk), std::move(*directory), std::move(*durable));
}

}  // namespace thalweg
