#include "server/verify.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "server/damaged_run.h"
#include "server/directory_at_rest.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "server/verify_fold.h"
#include "storage/folder_names.h"
#include "storage/log_recovery.h"
#include "storage/posix_disk.h"
#include "storage/segment.h"
#include "storage/segment_walker.h"

namespace thalweg {
namespace {

constexpr size_t kReadBytes = 4u << 20;
constexpr uint64_t kDamagedRunsTold = 1'000;

class VerifyRun {
 public:
  VerifyRun(DirectoryAtRest& directory, VerifyReport& report)
      : directory_(directory), report_(report) {}

  StorageResult<void> Run() {
    Fact("identity: " + DataDirectory::NameOf(directory_.id()) + ", format " +
         std::to_string(kDataFormat));
    StorageResult<void> done = LookAtCatalog();
    if (done) done = head_ ? LookAtSegments() : LookAtSegmentFiles();
    TellMoreRuns();
    if (done && report_.damage.empty()) done = LookAtStreams();
    if (done) done = LookAtLog();
    if (done) done = LookAtUnknown();
    return done;
  }

 private:
  void Fact(std::string fact) { report_.facts.push_back(std::move(fact)); }

  // Damage is what we are here for; all else ends the run.
  StorageResult<void> Tell(const StorageFault& fault) {
    if (fault.kind != StorageFault::Kind::kDamage) return std::unexpected(fault);
    report_.damage.push_back(fault.message);
    return {};
  }

  StorageResult<void> LookAtCatalog() {
    const auto catalog = directory_.OpenCatalog();
    if (!catalog) return Tell(catalog.error());
    if (*catalog == nullptr) {
      head_.emplace();
      return {};
    }
    const auto head = (*catalog)->Head();
    if (!head) return Tell(head.error());
    head_ = *head;
    const auto census = (*catalog)->Verify();
    if (!census) return Tell(census.error());
    catalog_is_whole_ = true;
    Fact("catalog: " + std::to_string(census->streams) + " streams, " +
         std::to_string(census->due) + " of them due some day; the checkpoint is at record " +
         std::to_string(head_->checkpoint.value));
    return {};
  }

  StorageResult<void> LookAtSegment(uint64_t number) {
    auto segment = Segment::Open(directory_.view(), {directory_.id(), number});
    if (!segment) return Tell(segment.error());
    const auto whole = VerifySegment(
        *std::move(segment),
        [this, number](const SegmentRun& run, RunPart part, const StorageFault& fault) {
          TellRun(number, run, part, fault);
        });
    return whole ? whole : Tell(whole.error());
  }

  void TellRun(uint64_t number, const SegmentRun& run, RunPart part, const StorageFault& fault) {
    if (++damaged_runs_ > kDamagedRunsTold) return;
    if (!run_teller_) run_teller_.emplace(directory_, head_, catalog_is_whole_);
    report_.damage.push_back(fault.message + "; " + run_teller_->Consequence(number, run, part));
  }

  // Whole disks can be damaged: so much is told that it can be read.
  void TellMoreRuns() {
    if (damaged_runs_ <= kDamagedRunsTold) return;
    report_.damage.push_back("segments: " + std::to_string(damaged_runs_ - kDamagedRunsTold) +
                             " more places are damaged");
  }

  StorageResult<void> LookAtSegments() {
    if (head_->segments.empty()) return LookAtLeftovers();
    SegmentInfo all;
    for (const SegmentInfo& info : head_->segments) {
      all.file_bytes += info.file_bytes;
      all.data_bytes += info.data_bytes;
      all.dead_bytes += info.dead_bytes;
      if (const auto looked = LookAtSegment(info.number); !looked) return looked;
    }
    Fact("segments: " + std::to_string(head_->segments.size()) + " files with " +
         std::to_string(all.file_bytes) + " bytes, " + std::to_string(all.data_bytes) +
         " of them of streams, " + std::to_string(all.dead_bytes) + " of those dead");
    return LookAtLeftovers();
  }

  StorageResult<void> LookAtLeftovers() {
    const auto names = directory_.view().List(kSegmentsFolder);
    if (!names) return DiskFault(names.error());
    for (const std::string& name : *names) {
      if (NamesSegment(*head_, name)) continue;
      Fact("left over: segments/" + name + ", unfinished; the next start removes it");
    }
    return {};
  }

  // No catalog tells which of them count.
  StorageResult<void> LookAtSegmentFiles() {
    const auto names = directory_.view().List(kSegmentsFolder);
    if (!names) return DiskFault(names.error());
    for (const std::string& name : *names) {  // the view shows no others
      if (const auto looked = LookAtSegment(*SegmentFileNumber(name)); !looked) return looked;
    }
    Fact("segments: " + std::to_string(names->size()) +
         " files; one that was not finished is told as damaged, for the catalog does not say which "
         "of them count");
    return {};
  }

  // What catalog and segments say of each stream together.
  StorageResult<void> LookAtStreams() {
    const auto store = directory_.OpenStore();
    if (!store) return Tell(store.error());
    if (*store == nullptr) return {};
    const auto looked = ForEachStream(**store, [&](const StoredStream& stored) {
      auto restored = Restore(stored, fold_.configs());
      if (!restored) return Tell(restored.error());
      const auto covered = ForEachStretch(**store, stored.entry, restored->state, kReadBytes,
                                          [](Offset, std::string_view) {});
      fold_.Put(*std::move(restored));
      return covered ? covered : Tell(covered.error());
    });
    if (!looked) return Tell(looked.error());
    for (std::string& objection : fold_.Objections()) {
      report_.damage.push_back(std::move(objection));
    }
    return {};
  }

  StorageResult<void> LookAtLog() {
    const bool is_known = report_.damage.empty();  // what the log goes on from
    const std::optional<Lsn> checkpoint = head_ ? std::optional(head_->checkpoint) : std::nullopt;
    const auto content =
        SurveyLog(directory_.view(), directory_.id(), checkpoint,
                  [this, is_known](Lsn lsn, const Record& record) {
                    return is_known ? fold_.Take(lsn, record) : StorageResult<void>();
                  });
    if (!head_) Fact("log: the catalog does not say where it has to begin");
    if (content) {
      TellLog(*content, is_known);
      return {};
    }
    const StorageFault& first = content.error().front();
    if (head_ && first.kind != StorageFault::Kind::kDamage) return std::unexpected(first);
    for (const StorageFault& fault : content.error()) report_.damage.push_back(fault.message);
    return {};
  }

  void TellLog(const LogContent& content, bool is_known) {
    std::string fact = "log: " + std::to_string(content.files.size()) + " files with " +
                       std::to_string(content.bytes_read) + " bytes, ";
    if (is_known) fact += std::to_string(fold_.records()) + " records behind the checkpoint, ";
    Fact(fact + "the last is " + std::to_string(content.last.value));
    if (content.torn) {
      Fact("log: an unfinished write stands in " + LogFileName(content.files.back().number) +
           " at byte " + std::to_string(content.end) +
           "; it was never acknowledged, the next start cuts it off");
    }
    if (is_known) Fact("streams: " + std::to_string(fold_.paths().size()));
  }

  StorageResult<void> LookAtUnknown() {
    const auto unknown = directory_.view().Unknown();
    if (!unknown) return DiskFault(unknown.error());
    for (const std::string& path : *unknown) {
      Fact("unknown: " + path + "; the next start moves it to quarantine/, where it can");
    }
    return {};
  }

  DirectoryAtRest& directory_;
  VerifyReport& report_;
  std::optional<CatalogHead> head_;  // null: it cannot be read
  bool catalog_is_whole_ = false;
  std::optional<DamagedRunTeller> run_teller_;  // there where damage was told: then nobody else
                                                // opens the catalog
  uint64_t damaged_runs_ = 0;
  StreamFold fold_;
};

}  // namespace

StorageResult<VerifyReport> VerifyDirectory(Disk& disk, const std::string& path) {
  const auto directory = DirectoryAtRest::Open(disk, path);
  if (!directory) return std::unexpected(directory.error());
  VerifyReport report;
  if (const auto run = VerifyRun(**directory, report).Run(); !run) report.end = run.error();
  return report;
}

int Verify(const std::string& dir) {
  const auto disk = PosixDisk::Open(dir);
  if (!disk) return Fail(disk.error().message, kExitCannotStart);
  const auto report = VerifyDirectory(**disk, dir);
  if (!report) return FailOn(dir, report.error());
  for (const std::string& fact : report->facts) std::printf("%s\n", fact.c_str());
  for (const std::string& damage : report->damage) std::printf("damage: %s\n", damage.c_str());
  const bool is_damaged = !report->damage.empty();
  if (is_damaged) std::printf("%s: damaged; restore it from a backup\n", dir.c_str());
  if (report->end) {
    const int code = FailOn(dir, *report->end);
    return is_damaged ? kExitDamaged : code;
  }
  if (!is_damaged) std::printf("%s: whole\n", dir.c_str());
  return is_damaged ? kExitDamaged : 0;
}

}  // namespace thalweg
