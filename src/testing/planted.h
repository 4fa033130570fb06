// Mistakes on purpose: what a disk or a catalog looks like to a storage engine that makes them. For
// tests that try whether other tests would see them.
//
// Each borrows what it stands on. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/disk.h"
#include "storage/log_format.h"
#include "testing/planted_salts.h"
#include "testing/sim_catalog.h"
#include "testing/sim_disk.h"
#include "testing/sim_random.h"

namespace thalweg {

// Mistakes that a storage engine, or who serves it, could make; each must be found.
enum class Plant : uint8_t {
  kNone,
  kSkipsSync,             // of a file
  kSkipsDirectorySync,    // so that names are lost
  kRetriesSync,           // takes the second try's success for the first one's
  kTrustsCache,           // goes on from what a failed sync left in memory
  kAnswersEarly,          // before the record is synced
  kSkipsSegmentSync,      // of a segment alone
  kSkipsSegmentName,      // of the directory of segments alone
  kTrimsEarly,            // takes the catalog for committed that is not synced
  kForgetsLastId,         // of the checkpoint, so that ids are given again
  kForgetsRemovals,       // of streams that the catalog has
  kSkipsARecord,          // replays from one record too far
  kForgetsStamps,         // the producer's state is not in the append's record
  kStampsApart,           // the stamp is, and the bytes are not
  kForgetsSeqs,           // the same of Stream-Seq
  kForgetsCloses,         // an append's record does not say that it closes
  kForgetsSources,        // a fork's record does not say of what
  kForgetsDeletes,        // a removal is no record
  kForgetsUses,           // of streams with a TTL
  kPublishesEarly,        // readers see what is not durable yet
  kAnswersRepeatsEarly,   // a duplicate, before its original is durable
  kAnswersDeletesEarly,   // before they are durable
  kAnswersAbsencesEarly,  // says 404 before the removal is durable
  kCutsTooMuch,           // of the log, with its torn tail
  kTakesDamageForEnd,     // of the log, and cuts it there
  kForgetsTime,           // so that a restart believes the wall clock
  kForgetsToWipe,         // the front of a log file that is used again
  kSkipsSpareSync,        // of that
  kSkipsSpareName,        // of the directory, when the file has its new name
  kReusesSalts,           // of log files, so that old blocks look like new ones
};

inline constexpr Plant kPlantLast = Plant::kReusesSalts;

class PlantedFile final : public File {
 public:
  // `salts` outlives it.
  PlantedFile(std::unique_ptr<File> file, const std::string& path, Plant plant, PlantedSalts& salts)
      : file_(std::move(file)),
        is_log_(path.starts_with("log")),
        is_segment_(path.starts_with("segments")),
        is_spare_(path.ends_with(".spare")),
        plant_(plant),
        salts_(salts) {}

  DiskResult<size_t> ReadAt(uint64_t offset, std::span<char> out) const override {
    return file_->ReadAt(offset, out);
  }
  DiskResult<void> WriteAt(uint64_t offset, std::string_view bytes) override {
    if (!is_log_) return file_->WriteAt(offset, bytes);
    if (plant_ == Plant::kReusesSalts) return file_->WriteAt(offset, salts_.Resalted(bytes));
    const bool is_wipe = bytes.find_first_not_of('\0') == std::string_view::npos;
    if (is_wipe && offset == 0 && plant_ == Plant::kForgetsToWipe) return {};
    const bool too_much = is_wipe && offset > kLogPageBytes && plant_ == Plant::kCutsTooMuch;
    return file_->WriteAt(too_much ? offset - kLogPageBytes : offset, bytes);
  }
  DiskResult<void> Sync() override {
    if (plant_ == Plant::kSkipsSync) return {};
    if (plant_ == Plant::kSkipsSegmentSync && is_segment_) return {};
    // The first one is that of a spare; then the file has another name.
    if (plant_ == Plant::kSkipsSpareSync && std::exchange(is_spare_, false)) return {};
    const auto synced = file_->Sync();
    return !synced && plant_ == Plant::kRetriesSync ? file_->Sync() : synced;
  }
  DiskResult<void> WriteOut(uint64_t offset, uint64_t bytes) override {
    const auto out = file_->WriteOut(offset, bytes);
    return plant_ == Plant::kRetriesSync ? DiskResult<void>() : out;
  }
  void DropCache(const std::function<void()>& rest) override {
    if (plant_ != Plant::kTrustsCache) file_->DropCache(rest);
  }
  DiskResult<void> Allocate(uint64_t size) override { return file_->Allocate(size); }
  DiskResult<void> Truncate(uint64_t size) override { return file_->Truncate(size); }
  DiskResult<uint64_t> Size() const override { return file_->Size(); }
  int fd() const override { return file_->fd(); }

 private:
  const std::unique_ptr<File> file_;
  const bool is_log_;
  const bool is_segment_;
  bool is_spare_;
  const Plant plant_;
  PlantedSalts& salts_;
};

class PlantedDisk final : public Disk {
 public:
  PlantedDisk(Disk& disk, Plant plant) : disk_(disk), plant_(plant) {}

  DiskResult<std::unique_ptr<File>> Open(const std::string& path, Mode mode) override {
    auto file = disk_.Open(path, mode);
    if (file) *file = std::make_unique<PlantedFile>(std::move(*file), path, plant_, salts_);
    return file;
  }
  DiskResult<void> Rename(const std::string& from, const std::string& to) override {
    skips_name_ = plant_ == Plant::kSkipsSpareName && from.ends_with(".spare");
    return disk_.Rename(from, to);
  }
  DiskResult<void> Remove(const std::string& path) override { return disk_.Remove(path); }
  DiskResult<void> MakeDirectory(const std::string& path) override {
    return disk_.MakeDirectory(path);
  }
  DiskResult<void> SyncDirectory(const std::string& path) override {
    if (plant_ == Plant::kSkipsDirectorySync) return {};
    if (plant_ == Plant::kSkipsSegmentName && path == "segments") return {};
    if (std::exchange(skips_name_, false)) return {};
    return disk_.SyncDirectory(path);
  }
  DiskResult<std::vector<std::string>> List(const std::string& path) override {
    return disk_.List(path);
  }
  DiskResult<std::unique_ptr<File>> Lock(const std::string& path) override {
    return disk_.Lock(path);
  }

 private:
  Disk& disk_;
  const Plant plant_;
  PlantedSalts salts_;
  bool skips_name_ = false;  // the next sync of a directory
};

// A catalog that stands on the disk: a commit is one operation of it. Where the machine stops in it
// or where it fails, it has happened or not; without space it has not.
class PlantedCatalog final : public BorrowedCatalog {
 public:
  PlantedCatalog(SimCatalog& catalog, SimDisk& disk, SimRandom& random, Plant plant)
      : BorrowedCatalog(catalog), disk_(disk), random_(random), plant_(plant) {}

  StorageResult<CatalogHead> Head() const override {
    auto head = BorrowedCatalog::Head();
    if (plant_ == Plant::kForgetsLastId) head->last_id = {};
    if (plant_ == Plant::kSkipsARecord && head->checkpoint.value > 0) ++head->checkpoint.value;
    return head;
  }

  StorageResult<void> Commit(const CatalogBatch& asked) override {
    CatalogBatch batch = asked;
    if (plant_ == Plant::kForgetsRemovals) batch.removed.clear();
    const bool was_running = !disk_.stopped();
    const auto synced = disk_.SyncDirectory("catalog");
    const bool is_unclear = !synced && was_running && !IsShortage(synced.error().code);
    const bool happens = synced || (is_unclear && random_.Chance(50));
    if (plant_ == Plant::kTrimsEarly && random_.Chance(20)) return {};
    if (happens) {
      if (const auto done = BorrowedCatalog::Commit(batch); !done) return done;
    }
    if (!synced) return DiskFault(synced.error());
    return {};
  }

 private:
  SimDisk& disk_;
  SimRandom& random_;
  const Plant plant_;
};

}  // namespace thalweg
