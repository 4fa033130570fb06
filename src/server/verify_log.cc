#include "server/verify_log.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "storage/log_recovery.h"
#include "storage/log_scanner.h"
#include "stream/record.h"

namespace thalweg {
namespace {

// What is known of the file before.
struct Before {
  bool is_first = true;  // there is none
  bool is_whole = true;
  Lsn last;
  uint32_t crc = 0;
  uint64_t end = 0;
  std::string headless;  // a file in between that has no header, of several the one …
  Lsn headless_durable;  // … that says that the latest was durable
  std::string path;
  std::optional<LogSeal> seal;  // says that the next has a block
};

class LogSurvey {
 public:
  LogSurvey(Disk& disk, const DirectoryId& directory, Lsn checkpoint)
      : disk_(disk), directory_(directory), checkpoint_(checkpoint) {}

  std::vector<std::string> Run() {
    const auto names = disk_.List("log");
    if (!names) return {names.error().message};
    for (const std::string& name : *names) {
      if (LogSpareNumber(name)) continue;
      path_ = "log/" + name;
      if (const auto read = Visit(); !read) Note(read.error().message);
    }
    if (before_.headless_durable > before_.last) {
      Note(before_.headless + " " + HeaderIsLost(before_.headless_durable));
    } else if (before_.seal) {
      Note(SealedDamage(*names));
    }
    return std::move(damage_);
  }

 private:
  void Note(std::string sentence) {
    damage_.push_back(std::move(sentence));
    before_.is_whole = false;
  }

  // REQUIRES: the last file with a header is sealed.
  std::string SealedDamage(const std::vector<std::string>& names) const {
    const std::string next = LogFileName(before_.seal->next);
    const bool is_there = std::ranges::find(names, next) != names.end();
    return "log/" + next + " " +
           (is_there ? FirstBlockIsLost(*before_.seal, before_.path)
                     : FileIsMissing(*before_.seal, before_.path, before_.end));
  }

  DiskResult<void> Visit() {
    const auto file = disk_.Open(path_, Disk::Mode::kRead);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->Size();
    if (!size) return std::unexpected(size.error());
    const auto decoded = ReadLogFileHeader(**file);
    if (!decoded) return std::unexpected(decoded.error());
    if (!decoded->header) {
      if (decoded->fault == LogHeaderFault::kVersion) Note(path_ + " has another format version");
      const auto durable = LogScanner(**file, *size).FindDurable();
      if (!durable) return std::unexpected(durable.error());
      if (before_.headless.empty() || *durable > before_.headless_durable) {
        before_.headless = path_;
        before_.headless_durable = *durable;
      }
      return {};
    }
    const Before before = before_;
    CheckHeader(*decoded->header);
    LogScanner scanner(**file, *size, *decoded->header);
    if (const auto visited = VisitBlocks(scanner); !visited) return visited;
    if (before.seal && scanner.position() == kLogPageBytes) {
      Note(path_ + " " + FirstBlockIsLost(*before.seal, before.path));
    }
    const auto seal = scanner.Seal(before_.crc);
    if (!seal) return std::unexpected(seal.error());
    before_.seal = *seal;
    return {};
  }

  void CheckHeader(const LogFileHeader& header) {
    const Before before = std::exchange(before_, Before{});
    if (header.directory != directory_) Note(path_ + " belongs to another data directory");
    if (!before.headless.empty()) {
      Note(before.headless + " has lost its header, yet the file after it has records");
    } else if (before.is_first) {
      if (header.first.value > checkpoint_.value + 1) {
        Note(path_ + " begins with record " + std::to_string(header.first.value) +
             ", yet the last checkpoint holds records only up to " +
             std::to_string(checkpoint_.value));
      }
    } else if (before.is_whole &&
               (header.first.value != before.last.value + 1 || header.crc_before != before.crc)) {
      Note(path_ + " begins with record " + std::to_string(header.first.value) +
           ", yet the file before it can be read only up to record " +
           std::to_string(before.last.value) + " (byte " + std::to_string(before.end) + ")");
    }
    before_ = {.is_first = false,
               .is_whole = true,
               .last = {header.first.value - 1},
               .crc = header.crc_before,
               .end = kLogPageBytes,
               .headless = {},
               .headless_durable = {},
               .path = path_,
               .seal = {}};
  }

  DiskResult<void> VisitBlocks(LogScanner& scanner) {
    for (;;) {
      const auto block = scanner.Next();
      if (!block) return std::unexpected(block.error());
      if (!*block) break;
      const LogBlockHead& head = (*block)->head;
      if (head.first.value != before_.last.value + 1 || head.crc_before != before_.crc) {
        Note(path_ + " at byte " + std::to_string(scanner.position()) +
             ": the block before does not follow the one before it");
      }
      CheckRecords(**block, scanner.position());
      before_.last = head.last();
      before_.crc = (*block)->crc;
      before_.end = scanner.position();
    }
    const auto later = scanner.FindLater();
    if (!later) return std::unexpected(later.error());
    if (!*later) return {};
    Note(path_ + " at byte " + std::to_string(scanner.position()) +
         ": no whole block, yet one that was written after it begins with record " +
         std::to_string((*later)->first.value));
    return {};
  }

  void CheckRecords(const LogScanner::Block& block, uint64_t behind) {
    std::string_view payload = block.payload;
    for (uint32_t i = 0; i < block.head.record_count; ++i) {
      const std::optional<std::string_view> bytes = TakeLogRecord(payload);
      if (bytes && DecodeRecord(*bytes)) continue;
      return Note(path_ + " at byte " + std::to_string(behind) +
                  ": a record of the block before cannot be read");
    }
  }

  Disk& disk_;
  const DirectoryId& directory_;
  const Lsn checkpoint_;
  std::string path_;
  Before before_;
  std::vector<std::string> damage_;
};

}  // namespace

std::vector<std::string> DamageInLog(Disk& disk, const DirectoryId& directory, Lsn checkpoint) {
  return LogSurvey(disk, directory, checkpoint).Run();
}

}  // namespace thalweg
