#include "server/dump.h"

#include <cstdio>
#include <memory>

#include "server/directory_at_rest.h"
#include "server/dump_text.h"
#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "server/verify_fold.h"
#include "storage/log_recovery.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

// Folds the log and tells of the records of one path on the way.
class DumpRun {
 public:
  DumpRun(const std::optional<std::string>& path, const std::function<void(std::string_view)>& out)
      : path_(path), out_(out) {}

  // A stream of the last checkpoint.
  StorageResult<void> Take(const StreamStore& store, const StoredStream& stored) {
    auto restored = Restore(stored, fold_.configs());
    if (!restored) return std::unexpected(restored.error());
    if (path_ == restored->state.path) {
      const auto told = ForEachStretch(  // each of one append
          store, stored.entry, restored->state, 1, [&](Offset at, std::string_view bytes) {
            Tell(StoredLine(stored.entry.id, at, bytes) + "\n");
          });
      if (!told) return told;
    }
    fold_.Put(*std::move(restored));
    return {};
  }

  StorageResult<void> Take(Lsn lsn, const Record& record) {
    const RestoredStream* before = std::as_const(fold_).Find(StreamOf(record));
    const bool is_wanted = path_ && IsOfPath(record, before);
    const std::string line = is_wanted ? RecordLine(lsn, record, before) + "\n" : "";
    auto taken = fold_.Take(lsn, record);
    if (taken && is_wanted) Tell(line);
    return taken;
  }

  void TellStreams() {
    for (const auto& [path, id] : fold_.paths()) {
      if (!path_ || *path_ == path) Tell(StreamLine(*std::as_const(fold_).Find(id)) + "\n");
    }
  }

  bool told() const { return told_; }

 private:
  bool IsOfPath(const Record& record, const RestoredStream* before) const {
    if (const auto* create = std::get_if<CreateRecord>(&record)) return create->path == *path_;
    return before != nullptr && before->state.path == *path_;
  }
  void Tell(std::string_view line) {
    told_ = true;
    out_(line);
  }

  const std::optional<std::string>& path_;
  const std::function<void(std::string_view)>& out_;
  StreamFold fold_;
  bool told_ = false;
};

std::string NothingAt(const std::string& path) {
  return "no stream is at " + Quoted(path) + ", and the log tells of none; a path is what " +
         "follows the base path in the URL of a stream";
}

}  // namespace

StorageResult<bool> DumpDirectory(Disk& disk, const std::string& dir,
                                  const std::optional<std::string>& path,
                                  const std::function<void(std::string_view)>& out) {
  const auto directory = DirectoryAtRest::Open(disk, dir);
  if (!directory) return std::unexpected(directory.error());
  const auto store = (*directory)->OpenStore();
  if (!store) return std::unexpected(store.error());
  DumpRun run(path, out);
  Lsn checkpoint;
  if (*store != nullptr) {
    checkpoint = (*store)->checkpoint();
    const auto taken = ForEachStream(
        **store, [&](const StoredStream& stored) { return run.Take(**store, stored); });
    if (!taken) return std::unexpected(taken.error());
  }
  const auto content =
      ReadLog((*directory)->view(), (*directory)->id(), checkpoint,
              [&run](Lsn lsn, const Record& record) { return run.Take(lsn, record); });
  run.TellStreams();
  if (!content) return std::unexpected(content.error());
  return !path || run.told();
}

int Dump(const DumpOptions& options) {
  const auto disk = PosixDisk::Open(options.dir);
  if (!disk) return Fail(disk.error().message, kExitCannotStart);
  const auto dumped = DumpDirectory(**disk, options.dir, options.stream, [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
  });
  if (!dumped) return FailOn(options.dir, dumped.error());
  if (*dumped) return 0;
  return Fail("data directory " + options.dir + ": " + NothingAt(*options.stream),
              kExitCannotStart);
}

}  // namespace thalweg
