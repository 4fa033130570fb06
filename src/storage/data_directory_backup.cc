#include "storage/data_directory_backup.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/data_directory.h"
#include "storage/data_directory_view.h"
#include "storage/directory.h"
#include "storage/directory_clock.h"
#include "storage/fault.h"
#include "storage/file_copy.h"
#include "storage/folder_names.h"
#include "storage/log_copy.h"
#include "storage/segment.h"
#include "storage/segment_walker.h"

namespace thalweg {
namespace {

constexpr int kAttempts = 10;  // checkpoints and merges may go on between catalog and files

class BackupRun {
 public:
  BackupRun(Disk& source, Disk& target, const DirectoryId& id, const CopyCatalog& copy_catalog)
      : source_(source),
        target_(target),
        id_(id),
        copy_catalog_(copy_catalog),
        segments_(target, kSegmentsFolder),
        catalog_(target, kCatalogFolder) {}

  StorageResult<BackupReport> Run() {
    auto log = CopyLog();
    if (!log) return std::unexpected(log.error());
    LogCopy& log_copy = **log;
    StorageResult<void> done = CopySegments();
    if (done && !log_copy.connects()) done = DataDirectory::ReopenCopy(target_);
    if (done) done = log_copy.PutInPlace();
    if (done) done = PutCatalogInPlace();
    if (done) done = log_copy.RemoveOld();
    if (done) done = RemoveOldSegments();
    if (!done) return std::unexpected(done.error());
    const auto last = log_copy.Check();
    if (!last) return std::unexpected(last.error());
    report_.last = *last;
    report_.copied += log_copy.files_copied();
    report_.kept += log_copy.files_kept();
    report_.bytes += log_copy.bytes_copied();
    return report_;
  }

 private:
  struct Held {
    std::string name;
    std::unique_ptr<File> file;  // open, so that a merge cannot take it away
  };

  // Catalog, segments and log of one moment. Of the log, what is new is in drafts: its files change
  // when they have been trimmed, those of segments never do.
  StorageResult<std::unique_ptr<LogCopy>> CopyLog() {
    const auto in_catalog = catalog_.List();
    if (!in_catalog) return DiskFault(in_catalog.error());
    if (Contains(*in_catalog, kCatalogLockFile)) {
      return ForeignFault(
          "the target has gone its own way: it was served from. Choose an empty directory");
    }
    std::string missing;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const CatalogHead before = std::move(head_);
      auto head = copy_catalog_(id_);
      if (!head) return std::unexpected(head.error());
      head_ = *std::move(head);
      if (const auto kept = CheckCatalogIsKept(); !kept) return std::unexpected(kept.error());
      // With the same catalog as before nothing can be missing because it has gone on.
      if (!missing.empty() && head_ == before) return DamageFault(missing);
      missing.clear();
      const auto held = HoldSegments(missing);
      if (!held) return std::unexpected(held.error());
      if (!*held) continue;
      auto log = std::make_unique<LogCopy>(source_, target_, id_);
      const auto reaches = log->Survey(head_.checkpoint);
      if (!reaches) return std::unexpected(reaches.error());
      if (*reaches) {
        auto copied = log->Compare();
        if (copied && *copied) copied = log->WriteDrafts();
        if (!copied) return std::unexpected(copied.error());
        if (*copied) return log;
        continue;
      }
      missing = "the log begins behind the last checkpoint, at record " +
                std::to_string(head_.checkpoint.value);
    }
    return DiskFault("the server makes checkpoints faster than they can be looked at");
  }

  // Else what the target has would go, and nothing take its place.
  StorageResult<void> CheckCatalogIsKept() {
    const auto names = catalog_.List();
    if (!names) return DiskFault(names.error());
    if (Contains(*names, DraftOf(kCatalogFile)) || !Contains(*names, kCatalogFile)) return {};
    return DamageFault(std::string(kCatalogFolder) + "/" + kCatalogFile +
                       " is missing, yet the target has one");
  }

  // False: the catalog has gone on, else what is `missing` is.
  StorageResult<bool> HoldSegments(std::string& missing) {
    held_.clear();
    for (const SegmentInfo& info : head_.segments) {
      std::string name = SegmentFileName(info.number);
      auto file = source_.Open(SegmentFilePath(info.number), Disk::Mode::kRead);
      if (!file && file.error().code == ENOENT) {
        missing = file.error().message + "; the catalog names this segment";
        return false;
      }
      if (!file) return DiskFault(file.error());
      const auto size = (*file)->Size();
      if (!size) return DiskFault(size.error());
      if (*size != info.file_bytes) {
        return DamageFault(SegmentFilePath(info.number) + " at byte " + std::to_string(*size) +
                           ": it ends here, and the catalog says at " +
                           std::to_string(info.file_bytes));
      }
      held_.push_back({std::move(name), std::move(*file)});
    }
    return true;
  }

  StorageResult<void> CopySegments() {
    const auto names = segments_.List();
    if (!names) return DiskFault(names.error());
    for (size_t i = 0; i < held_.size(); ++i) {
      const SegmentInfo& info = head_.segments[i];
      const bool is_there = Contains(*names, held_[i].name);
      const auto done = is_there ? CheckKept(std::move(held_[i]), info) : Copy(held_[i], info);
      if (!done) return done;
      ++(is_there ? report_.kept : report_.copied);
    }
    held_.clear();
    return {};
  }

  // It has its name once it was found whole: what has a name is not read again.
  StorageResult<void> Copy(const Held& held, const SegmentInfo& info) {
    const auto copied =
        CopyToDraft(*held.file, info.file_bytes, segments_, held.name, report_.bytes);
    if (!copied) return DiskFault(copied.error());
    auto copy = OpenIn(segments_, DraftOf(held.name), "the original's", info);
    if (!copy) return std::unexpected(copy.error());
    if (const auto whole = VerifySegment(*std::move(copy)); !whole) return whole;
    const auto renamed = segments_.RenameInto(segments_, DraftOf(held.name), held.name);
    if (!renamed) return DiskFault(renamed.error());
    return {};
  }

  // A name is used once, so what has it is the same, unless the target comes from a server that was
  // restored and went another way.
  StorageResult<void> CheckKept(Held held, const SegmentInfo& info) {
    const auto wanted = Segment::OpenFile("the original's " + SegmentFilePath(info.number),
                                          std::move(held.file), HeaderOf(info));
    if (!wanted) return std::unexpected(wanted.error());
    const auto has = OpenIn(segments_, held.name, "the target's", info);
    if (!has) return std::unexpected(has.error());
    const auto same = (*has)->IsLike(**wanted);
    if (!same) return std::unexpected(same.error());
    if (*same) return {};
    return ForeignFault("the target has gone its own way: " + SegmentFilePath(info.number) +
                        " is not what the original has under this name. Choose an empty "
                        "directory");
  }

  // What goes for the segment `info`, told to be one of `whose`.
  StorageResult<std::shared_ptr<const Segment>> OpenIn(Directory& folder, const std::string& name,
                                                       const std::string& whose,
                                                       const SegmentInfo& info) const {
    auto file = folder.Open(name, Disk::Mode::kRead);
    if (!file) return DiskFault(file.error());
    return Segment::OpenFile(whose + " " + SegmentFilePath(info.number), *std::move(file),
                             HeaderOf(info));
  }

  SegmentHeader HeaderOf(const SegmentInfo& info) const { return {id_, info.number}; }

  StorageResult<void> PutCatalogInPlace() {
    const auto names = catalog_.List();
    if (!names) return DiskFault(names.error());
    if (!Contains(*names, DraftOf(kCatalogFile))) return {};
    const auto renamed = catalog_.RenameInto(catalog_, DraftOf(kCatalogFile), kCatalogFile);
    if (!renamed) return DiskFault(renamed.error());
    return {};
  }

  StorageResult<void> RemoveOldSegments() {
    const auto names = segments_.List();
    if (!names) return DiskFault(names.error());
    for (const std::string& name : *names) {
      const bool is_live = NamesSegment(head_, name);
      const bool is_ours =
          DataDirectory::IsKnownName(kSegmentsFolder, name) || name.ends_with(DraftOf(""));
      if (is_live || !is_ours) continue;
      if (const auto removed = segments_.Remove(name); !removed) return DiskFault(removed.error());
    }
    return {};
  }

  Disk& source_;
  Disk& target_;
  const DirectoryId id_;
  const CopyCatalog& copy_catalog_;
  Directory segments_;  // the target's
  Directory catalog_;   // the target's
  CatalogHead head_;
  std::vector<Held> held_;  // as head_.segments
  BackupReport report_;
};

}  // namespace

StorageResult<BackupReport> BackUpDirectory(Disk& source, Disk& target,
                                            const CopyCatalog& copy_catalog) {
  DataDirectoryView view(source);
  const auto original = DataDirectory::OpenReadOnly(view);
  if (!original) return std::unexpected(original.error());
  const DirectoryId id = (*original)->id();
  const auto copy = DataDirectory::OpenForCopy(target, id);
  if (!copy) return PrefixedFault("the target ", copy.error());
  auto report = BackupRun(view, target, id, copy_catalog).Run();
  if (!report) return report;
  if (const auto copied = CopyClockMark(view, target); !copied) return DiskFault(copied.error());
  const auto finished = DataDirectory::FinishCopy(target);
  if (!finished) return std::unexpected(finished.error());
  return report;
}

}  // namespace thalweg
