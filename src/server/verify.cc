#include "server/verify.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "server/exit_codes.h"
#include "server/fault_exit.h"
#include "server/verify_fold.h"
#include "server/verify_log.h"
#include "storage/data_directory.h"
#include "storage/data_directory_view.h"
#include "storage/log_recovery.h"
#include "storage/posix_disk.h"

namespace thalweg {
namespace {

constexpr const char* kLog = "log";

void TellLog(const LogContent& content, const StreamFold& fold, VerifyReport& report) {
  report.facts.push_back("log: " + std::to_string(content.files.size()) + " files with " +
                         std::to_string(content.bytes_read) + " bytes, " +
                         std::to_string(fold.records()) + " records, the last is " +
                         std::to_string(content.last.value));
  if (content.torn) {
    report.facts.push_back("log: an unfinished write stands in " +
                           LogFileName(content.files.back().number) + " at byte " +
                           std::to_string(content.end) +
                           "; it was never acknowledged, the next start cuts it off");
  }
  report.facts.push_back("streams: " + std::to_string(fold.paths().size()));
}

StorageResult<void> VerifyLog(Disk& disk, const DirectoryId& id, VerifyReport& report) {
  StreamFold fold;
  const auto content = ReadLog(disk, kLog, id, Lsn{0}, [&fold](Lsn lsn, const Record& record) {
    return fold.Take(lsn, record);
  });
  if (content) {
    TellLog(*content, fold, report);
    return {};
  }
  if (content.error().kind == StorageFault::Kind::kForeign) return std::unexpected(content.error());
  const std::string& first = content.error().message;
  report.damage.push_back(first);
  for (std::string& sentence : DamageInLog(disk, id)) {
    if (sentence != first) report.damage.push_back(std::move(sentence));
  }
  return {};
}

}  // namespace

StorageResult<VerifyReport> VerifyDirectory(Disk& disk) {
  DataDirectoryView view(disk);
  const auto directory = DataDirectory::OpenAtRest(view);
  if (!directory) return std::unexpected(directory.error());
  if (const auto known = DataDirectory::CheckOnlyLog(view); !known)
    return std::unexpected(known.error());
  VerifyReport report;
  const DirectoryId id = (*directory)->id();
  report.facts.push_back("identity: " + DataDirectory::NameOf(id) + ", format " +
                         std::to_string(kDataFormat));
  if (const auto log = VerifyLog(view, id, report); !log) return std::unexpected(log.error());
  const auto unknown = view.Unknown();
  if (!unknown) {
    return std::unexpected(StorageFault{StorageFault::Kind::kDisk, unknown.error().message});
  }
  for (const std::string& path : *unknown) {
    report.facts.push_back("unknown: " + path + "; the next start moves it to quarantine/");
  }
  return report;
}

int Verify(const std::string& dir) {
  const auto disk = PosixDisk::Open(dir);
  if (!disk) {
    std::fprintf(stderr, "thalweg: %s\n", disk.error().message.c_str());
    return kExitCannotStart;
  }
  const auto report = VerifyDirectory(**disk);
  if (!report) {
    std::fprintf(stderr, "thalweg: data directory %s: %s\n", dir.c_str(),
                 report.error().message.c_str());
    return ExitCodeFor(report.error().kind);
  }
  for (const std::string& fact : report->facts) std::printf("%s\n", fact.c_str());
  for (const std::string& damage : report->damage) std::printf("damage: %s\n", damage.c_str());
  std::printf("%s: %s\n", dir.c_str(),
              report->damage.empty() ? "whole" : "damaged; restore it from a backup");
  return report->damage.empty() ? 0 : kExitDamaged;
}

}  // namespace thalweg
