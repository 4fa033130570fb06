#include "storage/data_directory_backup.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "storage/data_directory.h"
#include "storage/data_directory_view.h"
#include "storage/directory.h"
#include "storage/log_recovery.h"
#include "storage/log_scanner.h"

namespace thalweg {
namespace {

constexpr const char* kLog = "log";
constexpr size_t kCopyBytes = 1u << 20;
constexpr int kAttempts = 5;  // a file may be written to while it is read

using Kind = StorageFault::Kind;

std::unexpected<StorageFault> Fault(Kind kind, std::string message) {
  return std::unexpected(StorageFault{kind, std::move(message)});
}

// The whole blocks at the front of a log file.
struct Span {
  LogFileHeader header;
  uint64_t end = 0;         // in the file, behind the last of them
  uint32_t crc_last = 0;    // of the last of them
  Lsn last;                 // of the last record
  std::optional<Lsn> lost;  // first record of a whole block that stands behind a gap
};

using Spans = std::map<uint64_t, Span>;  // by number; files without a header are left out

// The span up to `limit`, unless it ends before.
DiskResult<Span> ScanBlocks(const File& file, const LogFileHeader& header, uint64_t limit) {
  const auto size = file.Size();
  if (!size) return std::unexpected(size.error());
  LogScanner scanner(file, *size, header);
  Span span{.header = header,
            .end = scanner.position(),
            .crc_last = header.crc_before,
            .last = {header.first.value - 1},
            .lost = {}};
  while (scanner.position() < limit) {
    const auto block = scanner.Next();
    if (!block) return std::unexpected(block.error());
    if (!*block) break;
    span.end = scanner.position();
    span.crc_last = (*block)->crc;
    span.last = (*block)->head.last();
  }
  if (span.end >= limit) return span;
  const auto later = scanner.FindLater();
  if (!later) return std::unexpected(later.error());
  if (*later) span.lost = (*later)->first;
  return span;
}

StorageResult<std::optional<Span>> ScanFile(Disk& disk, uint64_t number, uint64_t limit) {
  const std::string path = std::string(kLog) + "/" + LogFileName(number);
  const auto file = disk.Open(path, Disk::Mode::kRead);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return DiskFault(file.error());
  std::string page(kLogPageBytes, '\0');
  const auto got = (*file)->ReadAt(0, page);
  if (!got) return DiskFault(got.error());
  const LogHeaderResult decoded = DecodeLogFileHeader(std::string_view(page).substr(0, *got));
  if (!decoded.header && decoded.fault == LogHeaderFault::kVersion) {
    return Fault(Kind::kForeign, path + " has another format version");
  }
  if (!decoded.header) return std::nullopt;
  if (decoded.header->number != number) {
    return Fault(Kind::kDamage,
                 path + " says that it is file " + std::to_string(decoded.header->number));
  }
  uint64_t stuck_at = 0;
  for (int attempt = 0;; ++attempt) {
    const auto span = ScanBlocks(**file, *decoded.header, limit);
    if (!span) return DiskFault(span.error());
    if (!span->lost) return *span;
    // A server that writes meanwhile lets a later block be seen first, but not for long.
    if (span->end == stuck_at || attempt == kAttempts) {
      return Fault(Kind::kDamage, path + " at byte " + std::to_string(span->end) +
                                      ": no whole block, yet one that was written after it begins "
                                      "with record " +
                                      std::to_string(span->lost->value));
    }
    stuck_at = span->end;
  }
}

std::optional<uint64_t> NumberOf(const std::string& name) {
  uint64_t number = 0;
  for (const char c : name.substr(0, name.find('.'))) {
    number = number * 16 + static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return LogFileName(number) == name ? std::optional(number) : std::nullopt;
}

StorageResult<std::vector<uint64_t>> LogNumbers(Disk& disk) {
  const auto names = DataDirectoryView(disk).List(kLog);
  if (!names) return DiskFault(names.error());
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = NumberOf(name)) numbers.push_back(*number);
  }
  return numbers;
}

// From the last file to the first: a file that is found begun tells that the one before it, which
// is looked at later, is complete.
StorageResult<Spans> Survey(Disk& disk, const std::vector<uint64_t>& numbers) {
  Spans spans;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const auto span = ScanFile(disk, *number, UINT64_MAX);
    if (!span) return std::unexpected(span.error());
    if (*span) spans.emplace(*number, **span);
  }
  return spans;
}

class BackupRun {
 public:
  BackupRun(Disk& source, Disk& target, const DirectoryId& id)
      : source_(source), target_(target), id_(id), folder_(target, kLog) {}

  StorageResult<BackupReport> Run() {
    const auto numbers = LogNumbers(source_);
    if (!numbers) return std::unexpected(numbers.error());
    auto spans = Survey(source_, *numbers);
    if (!spans) return std::unexpected(spans.error());
    spans_ = std::move(*spans);
    if (const auto whole = CheckSource(); !whole) return std::unexpected(whole.error());
    if (const auto agreed = Compare(); !agreed) return std::unexpected(agreed.error());
    for (const uint64_t number : blank_) {
      const auto removed = folder_.Remove(LogFileName(number));
      if (!removed) return DiskFault(removed.error());
    }
    for (const auto& [number, span] : spans_) {
      if (const auto copied = CopyUnlessThere(number, span); !copied) {
        return DiskFault(copied.error());
      }
    }
    if (const auto whole = CheckCopy(); !whole) return std::unexpected(whole.error());
    return report_;
  }

 private:
  // Each file goes on where the one before it ends; the first with the first record.
  StorageResult<void> CheckSource() const {
    Lsn last;
    uint32_t crc = 0;
    for (const auto& [number, span] : spans_) {
      if (span.header.first.value != last.value + 1 || span.header.crc_before != crc) {
        return Fault(Kind::kDamage,
                     std::string(kLog) + "/" + LogFileName(number) + " begins with record " +
                         std::to_string(span.header.first.value) +
                         ", yet what is before it ends with record " + std::to_string(last.value));
      }
      last = span.last;
      crc = span.crc_last;
    }
    return {};
  }

  // Whether the target's log is the beginning of the source's.
  StorageResult<void> Compare() {
    const auto numbers = LogNumbers(target_);
    if (!numbers) return std::unexpected(numbers.error());
    auto spans = Survey(target_, *numbers);
    if (!spans) return std::unexpected(spans.error());
    there_ = std::move(*spans);
    for (const uint64_t number : *numbers) {
      const auto has = there_.find(number);
      if (has == there_.end()) {
        blank_.push_back(number);
        continue;
      }
      const auto same = IsPrefix(number, has->second);
      if (!same) return std::unexpected(same.error());
      if (*same) continue;
      return Fault(Kind::kForeign, std::string("the target has gone its own way: ") + kLog + "/" +
                                       LogFileName(number) +
                                       " holds records that the original does not have. Choose "
                                       "an empty directory");
    }
    return {};
  }

  StorageResult<bool> IsPrefix(uint64_t number, const Span& has) {
    const auto wanted = spans_.find(number);
    if (wanted == spans_.end() || wanted->second.header != has.header) return false;
    if (has.end > wanted->second.end) return false;
    if (has.end == wanted->second.end) return has.crc_last == wanted->second.crc_last;
    const auto part = ScanFile(source_, number, has.end);
    if (!part) return std::unexpected(part.error());
    return *part && (*part)->end == has.end && (*part)->crc_last == has.crc_last;
  }

  DiskResult<void> CopyUnlessThere(uint64_t number, const Span& span) {
    const auto has = there_.find(number);
    if (has != there_.end() && has->second.end == span.end) {
      ++report_.kept;
      return {};
    }
    const std::string name = LogFileName(number);
    const auto from = source_.Open(std::string(kLog) + "/" + name, Disk::Mode::kRead);
    if (!from) return std::unexpected(from.error());
    ++report_.copied;
    return Copy(**from, name, span.end);
  }

  DiskResult<void> Copy(const File& from, const std::string& name, uint64_t end) {
    const std::string draft = name + ".new";
    if (const auto removed = folder_.Remove(draft); !removed && removed.error().code != ENOENT) {
      return removed;
    }
    const auto to = folder_.Create(draft);
    if (!to) return std::unexpected(to.error());
    std::string bytes;
    for (uint64_t at = 0; at < end; at += bytes.size()) {
      bytes.resize(std::min<uint64_t>(kCopyBytes, end - at));
      const auto got = from.ReadAt(at, bytes);
      if (!got) return std::unexpected(got.error());
      THALWEG_ASSERT(*got == bytes.size());  // a log file never loses what was whole
      if (const auto written = (*to)->WriteAt(at, bytes); !written) return written;
      report_.bytes += bytes.size();
    }
    if (const auto synced = (*to)->Sync(); !synced) return synced;
    return folder_.RenameInto(folder_, draft, name);
  }

  // Reads the copy as a server's start would.
  StorageResult<void> CheckCopy() {
    DataDirectoryView view(target_);
    const auto content =
        ReadLog(view, kLog, id_, Lsn{0}, [](Lsn, const Record&) { return StorageResult<void>(); });
    if (!content) {
      return Fault(content.error().kind, "the copy cannot be read: " + content.error().message);
    }
    if (!spans_.empty() && content->last != spans_.rbegin()->second.last) {
      return Fault(Kind::kDamage, "the copy ends at record " + std::to_string(content->last.value) +
                                      ", the original later");
    }
    report_.last = content->last;
    return {};
  }

  Disk& source_;
  Disk& target_;
  const DirectoryId id_;
  Directory folder_;
  Spans spans_;                  // of the source
  Spans there_;                  // of the target, before
  std::vector<uint64_t> blank_;  // the target's files without records
  BackupReport report_;
};

}  // namespace

StorageResult<BackupReport> BackUpDirectory(Disk& source, Disk& target) {
  DataDirectoryView view(source);
  const auto original = DataDirectory::OpenReadOnly(view);
  if (!original) return std::unexpected(original.error());
  const DirectoryId id = (*original)->id();
  if (const auto known = DataDirectory::CheckOnlyLog(view); !known)
    return std::unexpected(known.error());
  const auto copy = DataDirectory::OpenForCopy(target, id);
  if (!copy) return Fault(copy.error().kind, "the target " + copy.error().message);
  auto report = BackupRun(view, target, id).Run();
  if (!report) return report;
  const auto finished = DataDirectory::FinishCopy(target);
  if (!finished) return std::unexpected(finished.error());
  return report;
}

}  // namespace thalweg
