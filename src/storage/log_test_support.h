// A log on the real disk for tests: a directory of its own that goes with the test.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/local_log.h"
#include "storage/posix_disk.h"
#include "testing/temp_folder.h"

namespace thalweg {

class LogTestFolder {
 public:
  LogTestFolder() {
    std::filesystem::create_directory(folder_ / "log");
    disk_ = std::move(PosixDisk::Open(folder_.path()).value());
  }

  struct Opened {
    std::unique_ptr<LocalLog> log;
    LogRecoveryReport report;
  };

  // Opens the log; what it replays stands in replayed().
  StorageResult<Opened> Open(Lsn checkpoint = {}, uint64_t file_bytes = 1 << 20,
                             uint8_t directory = 1) {
    replayed_.clear();
    LocalLogOptions options{.file_bytes = file_bytes, .salt_seed = 3};
    options.directory = IdOf(directory);
    auto log = std::make_unique<LocalLog>(*disk_, options);
    auto report = log->Recover(checkpoint, [this](Lsn lsn, const Record& record) {
      replayed_.push_back({lsn, std::string(std::get<AppendRecord>(record).data)});
      return StorageResult<void>();
    });
    if (!report) return std::unexpected(report.error());
    return Opened{std::move(log), std::move(*report)};
  }

  Disk& disk() { return *disk_; }

  static DirectoryId IdOf(uint8_t directory) {
    DirectoryId id;
    id.fill(directory);
    return id;
  }

  static Record AppendOf(std::string_view data) {
    AppendRecord record;
    record.id = {1};
    record.data = data;
    return record;
  }

  std::filesystem::path File(uint64_t number) const {
    return folder_ / "log/" + LogFileName(number);
  }
  const std::vector<std::pair<Lsn, std::string>>& replayed() const { return replayed_; }

 private:
  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
  std::vector<std::pair<Lsn, std::string>> replayed_;
};

}  // namespace thalweg
