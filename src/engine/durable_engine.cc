// Crosses threads: see the header.
#include "engine/durable_engine.h"

#include <algorithm>
#include <utility>

#include "base/processors.h"

namespace thalweg {
namespace {

// One read that takes long does not keep all others; many at once would keep commits from the disk.
// As many as there are loops, within these: so much was under way when loops waited themselves.
constexpr size_t kDiskThreadsMin = 2;
constexpr size_t kDiskThreadsMax = 8;

size_t CountOfDiskThreads() {
  return std::clamp(CountOfProcessors(), kDiskThreadsMin, kDiskThreadsMax);
}

}  // namespace

StorageResult<std::unique_ptr<DurableEngine>> DurableEngine::Open(
    Disk& disk, std::unique_ptr<Catalog> catalog, const DurableEngineOptions& options,
    const Clock& machine_clock, const DurableEngineEvents& events) {
  auto clock = std::make_unique<DirectoryClock>(machine_clock);
  if (const auto goes_on = clock->Recover(disk); !goes_on) return DiskFault(goes_on.error());
  auto store = StreamStore::Open(disk, options.log.directory, std::move(catalog));
  if (!store) return std::unexpected(store.error());
  EngineRecovery recovered{
      .log = {}, .checkpoint = (*store)->checkpoint(), .segments = (*store)->segments().size()};
  LocalLogOptions log_options = options.log;
  log_options.clock = clock.get();
  auto owned_log = std::make_unique<LocalLog>(disk, std::move(log_options));
  LocalLog& log = *owned_log;
  auto disk_workers = std::make_unique<WorkerPool>("thalweg-read", CountOfDiskThreads());
  auto engine =
      std::make_unique<Engine>(*clock, std::move(owned_log), options.engine,
                               EngineStore{.streams = *std::move(store),
                                           .tail_bytes_max = options.keeper.tail_bytes_max,
                                           .on_unreadable = events.on_unreadable,
                                           .disk_workers = disk_workers.get()});
  if (options.removes_unreadable) {
    if (const auto left_out = engine->LeaveOutUnreadable(); !left_out) {
      return std::unexpected(left_out.error());
    }
  }
  auto report = log.Recover(recovered.checkpoint, [&engine](Lsn lsn, const Record& record) {
    return engine->Replay(lsn, record);
  });
  if (!report) return std::unexpected(report.error());
  recovered.log = *std::move(report);
  engine->EndReplay();
  if (const auto removed = engine->store().RemoveLeftovers(); !removed) {
    return std::unexpected(removed.error());
  }
  return std::make_unique<DurableEngine>(std::move(clock), std::move(engine),
                                         std::move(disk_workers), log, std::move(recovered),
                                         options.keeper, events);
}

DurableEngine::DurableEngine(std::unique_ptr<DirectoryClock> clock, std::unique_ptr<Engine> engine,
                             std::unique_ptr<WorkerPool> disk_workers, LocalLog& log,
                             EngineRecovery recovered, const StoreKeeperOptions& options,
                             const DurableEngineEvents& events)
    : clock_(std::move(clock)),
      engine_(std::move(engine)),
      log_(log),
      recovered_(std::move(recovered)),
      log_threads_(log,
                   {.on_failure =
                        [this, on_failure = events.keeper.on_failure](const StorageFault& fault) {
                          engine_->Fail([&] {
                            if (on_failure) on_failure(fault);
                          });
                        },
                    .on_room = events.on_log_room,
                    .on_silence = events.on_silent_disk}),
      keeper_(*engine_, log, recovered_.log.bytes_read, *clock_, options, events.keeper),
      store_thread_(keeper_),
      disk_workers_(std::move(disk_workers)) {}

StoreStats DurableEngine::Stats() const {
  StoreStats stats = engine_->Stats();
  DiskStats& disk = stats.disk.emplace();
  disk.tail_bytes = engine_->tail_bytes();
  disk.tail_bytes_max = engine_->tail_bytes_max();
  disk.log_appended_bytes = log_.appended_bytes();
  const Lsn durable = log_.durable();  // first: more may be durable by the time that staged is read
  disk.log_records_waiting = log_.staged().value - durable.value;
  disk.commits = log_.commits();
  disk.log_shortages = log_.shortages();
  disk.log_has_room = log_.HasRoom() && log_.HasRoomForBatch();
  keeper_.AddTo(disk);
  const StreamStore::Totals totals = engine_->store().totals();
  disk.segments = totals.segments;
  disk.segment_bytes = totals.segment_bytes;
  disk.segments_set_aside = totals.set_aside;
  disk.merges = totals.merges;
  return stats;
}

}  // namespace thalweg
