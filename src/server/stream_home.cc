#include "server/stream_home.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "engine/durable_engine.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "storage/data_directory.h"
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

LocalLogOptions LogOptions(const DiskConfig& config, const DirectoryId& directory) {
  LocalLogOptions options;
  options.directory = directory;
  const size_t pages = (config.log_file_bytes + kLogPageBytes - 1) / kLogPageBytes;
  options.file_bytes = std::max<size_t>(pages, 2) * kLogPageBytes;  // a header and a block
  options.salt_seed = RandomSeed();
  return options;
}

// The log's files hold what is durable; a restart goes on from there.
[[noreturn]] void EndOnFailure(spdlog::logger& logger, const DiskError& error) {
  logger.critical(
      "the disk failed: {}; nothing is acknowledged any more. Ending; look at the disk, then start "
      "again: everything that was acknowledged is recovered.",
      error.message);
  logger.flush();
  _exit(kExitDiskFailed);
}

void TellRecovered(spdlog::logger& logger, const std::string& path, DurableEngine& durable,
                   int64_t took_ms) {
  const LogRecoveryReport& report = durable.recovered();
  logger.info("recovered {} streams from {}: {} log files, {} bytes, last record {}, in {} ms",
              durable.engine().stream_count(), path, report.files, report.bytes_read,
              report.last.value, took_ms);
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
  auto durable =
      DurableEngine::Open(**disk, LogOptions(config, (*directory)->id()), clock, {},
                          [&logger](const DiskError& error) { EndOnFailure(logger, error); });
  if (!durable) return Refuse(path, durable.error());
  TellRecovered(logger, path, **durable, clock.SteadyMs() - began_ms);
  for (const std::string& name : (*directory)->quarantined()) {
    logger.warn("moved to {}: nothing of ours is called so; remove it when you know what it is",
                name);
  }
  return std::make_unique<DiskHome>(std::move(*disk), std::move(*directory), std::move(*durable));
}

}  // namespace thalweg
