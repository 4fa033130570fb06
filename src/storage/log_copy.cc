#include "storage/log_copy.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <utility>

#include "storage/data_directory_view.h"
#include "storage/file_copy.h"
#include "storage/log_faults.h"
#include "storage/log_recovery.h"
#include "storage/log_scanner.h"

namespace thalweg {
namespace {

constexpr int kAttempts = 5;  // a file may be written to while it is read
constexpr const char* kTrimsTooFast = "the server trims its log faster than it can be looked at";

StorageResult<std::vector<uint64_t>> LogNumbers(Disk& disk) {
  const auto names = DataDirectoryView(disk).List(kLogFolder);
  if (!names) return DiskFault(names.error());
  std::vector<uint64_t> numbers;
  for (const std::string& name : *names) {
    if (const auto number = LogFileNumber(name)) numbers.push_back(*number);
  }
  return numbers;
}

std::unexpected<StorageFault> DamageIn(uint64_t number, std::string_view what) {
  return DamageFault(LogFilePath(number) + " " + std::string(what));
}

}  // namespace

// The span up to `limit`, unless it ends before.
DiskResult<LogCopy::Span> LogCopy::ScanBlocks(std::shared_ptr<const File> file,
                                              const LogFileHeader& header, uint64_t limit) {
  const auto size = file->Size();
  if (!size) return std::unexpected(size.error());
  LogScanner scanner(*file, *size, header);
  Span span{.file = file,
            .header = header,
            .end = scanner.position(),
            .crc_last = header.crc_before,
            .last = {header.first.value - 1},
            .lost = {},
            .seal = {}};
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
  span.lost = *later;
  const auto seal = scanner.Seal(span.crc_last);
  if (!seal) return std::unexpected(seal.error());
  span.seal = *seal;
  return span;
}

// Whether what was read of the file since its span was looked for was of it.
DiskResult<bool> LogCopy::IsStill(const Span& span) {
  const auto now = ReadLogFileHeader(*span.file);
  if (!now) return std::unexpected(now.error());
  return *now == span.header;
}

// Null: it is gone by now, or holds nothing.
StorageResult<std::optional<LogCopy::Span>> LogCopy::ScanFile(Disk& disk, uint64_t number) {
  const std::string path = LogFilePath(number);
  auto opened = disk.Open(path, Disk::Mode::kRead);
  if (!opened && opened.error().code == ENOENT) return std::nullopt;
  if (!opened) return DiskFault(opened.error());
  const std::shared_ptr<File> file = std::move(*opened);
  const auto decoded = ReadLogFileHeader(*file);
  if (!decoded) return DiskFault(decoded.error());
  if (!*decoded && decoded->error() == LogHeaderFault::kVersion) {
    return ForeignFault(path + " " + std::string(kHasAnotherVersion));
  }
  if (!*decoded) return std::nullopt;
  const LogFileHeader& header = **decoded;
  if (header.number != number) {
    const auto again = disk.Open(path, Disk::Mode::kRead);
    if (!again && again.error().code == ENOENT) return std::nullopt;  // and is used again
    return DamageIn(number, SaysItIsFile(header.number));
  }
  uint64_t stuck_at = 0;
  for (int attempt = 0;; ++attempt) {
    const auto span = ScanBlocks(file, header, UINT64_MAX);
    if (!span) return DiskFault(span.error());
    const auto is_still = IsStill(*span);
    if (!is_still) return DiskFault(is_still.error());
    if (!*is_still) return std::nullopt;
    if (!span->lost) {
      // Else a block that is not synced yet might be lost with the power, and the next copy find
      // another one in its place.
      if (const auto synced = file->Sync(); !synced) return DiskFault(synced.error());
      return *span;
    }
    // A server that writes meanwhile lets a later block be seen first, but not for long.
    if (span->end == stuck_at || attempt == kAttempts) {
      return DamageIn(number, HasGap(span->end, *span->lost));
    }
    stuck_at = span->end;
  }
}

// From the last file to the first: a file that is found begun tells that the one before it, which
// is looked at later, is complete.
StorageResult<LogCopy::Spans> LogCopy::Scan(Disk& disk, const std::vector<uint64_t>& numbers) {
  Spans spans;
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const auto span = ScanFile(disk, *number);
    if (!span) return std::unexpected(span.error());
    if (*span) spans.emplace(*number, **span);
  }
  return spans;
}

StorageResult<bool> LogCopy::Survey(Lsn checkpoint) {
  checkpoint_ = checkpoint;
  auto numbers = LogNumbers(source_);
  for (int attempt = 0;; ++attempt) {
    if (!numbers) return std::unexpected(numbers.error());
    auto spans = Scan(source_, *numbers);
    if (!spans) return std::unexpected(spans.error());
    spans_ = std::move(*spans);
    if (last() >= checkpoint) break;
    // All that was there may be gone by now, and others have come.
    const auto before = std::exchange(numbers, LogNumbers(source_));
    if (numbers && *numbers == *before) break;
    if (attempt == kAttempts) return DiskFault(kTrimsTooFast);
  }
  StorageResult<void> whole;
  for (const uint64_t number : *numbers) {
    if (whole && !spans_.contains(number)) whole = CheckHeaderless(number);
  }
  if (whole) whole = CheckSource();
  if (whole) whole = CheckEnd();
  if (!whole) return std::unexpected(whole.error());
  if (!spans_.empty() && spans_.begin()->second.header.first.value > checkpoint.value + 1) {
    return false;
  }
  if (last() >= checkpoint) return true;
  return DamageFault(LogEndsEarly(last(), checkpoint));
}

// A file that had no header when it was scanned was allocated ahead, or is gone by now, or was
// begun since: then its header shows before any block that says what was durable.
StorageResult<void> LogCopy::CheckHeaderless(uint64_t number) const {
  const auto file = source_.Open(LogFilePath(number), Disk::Mode::kRead);
  if (!file && file.error().code == ENOENT) return {};
  if (!file) return DiskFault(file.error());
  if (!spans_.empty() && number < spans_.rbegin()->first) {
    return DamageIn(number, kHasLostHeader);
  }
  const auto size = (*file)->Size();
  if (!size) return DiskFault(size.error());
  const auto durable = LogScanner(**file, *size).FindDurable();
  if (!durable) return DiskFault(durable.error());
  if (*durable <= last()) return {};
  const auto again = source_.Open(LogFilePath(number), Disk::Mode::kRead);
  if (!again && again.error().code == ENOENT) return {};
  if (!again) return DiskFault(again.error());
  const auto decoded = ReadLogFileHeader(**again);
  if (!decoded) return DiskFault(decoded.error());
  if (*decoded) return {};
  return DamageIn(number, HeaderIsLost(*durable));
}

// Each file goes on where the one before it ends.
StorageResult<void> LogCopy::CheckSource() const {
  const Span* before = nullptr;
  for (const auto& [number, span] : spans_) {
    if (before != nullptr && (span.header.first.value != before->last.value + 1 ||
                              span.header.crc_before != before->crc_last)) {
      return DamageIn(number, "begins with record " + std::to_string(span.header.first.value) +
                                  ", yet what is before it ends with record " +
                                  std::to_string(before->last.value));
    }
    before = &span;
  }
  return {};
}

// What a sealed file says is there may have been begun since it was looked for, or be trimmed by
// now: then a later file is begun. One that was made ahead proves nothing.
StorageResult<void> LogCopy::CheckEnd() const {
  const auto last = std::find_if(spans_.rbegin(), spans_.rend(), [](const auto& one) {
    return one.second.seal || one.second.end != kLogPageBytes;
  });
  if (last == spans_.rend() || !last->second.seal) return {};
  const LogSeal& seal = *last->second.seal;
  std::optional<std::vector<uint64_t>> before;
  for (int attempt = 0; attempt <= kAttempts; ++attempt) {
    auto numbers = LogNumbers(source_);
    if (!numbers) return std::unexpected(numbers.error());
    if (before && *numbers == *before) {
      const bool is_there = std::ranges::find(*numbers, seal.next) != numbers->end();
      return DamageIn(seal.next,
                      LostBehindSeal(seal, LogFilePath(last->first), last->second.end, is_there));
    }
    for (const uint64_t number : *numbers) {
      if (number < seal.next) continue;
      const auto now = ScanFile(source_, number);
      if (!now) return std::unexpected(now.error());
      if (*now && (*now)->end != kLogPageBytes) return {};
    }
    before = *std::move(numbers);
  }
  return DiskFault(kTrimsTooFast);
}

StorageResult<bool> LogCopy::Compare() {
  const auto numbers = LogNumbers(target_);
  if (!numbers) return std::unexpected(numbers.error());
  auto spans = Scan(target_, *numbers);
  if (!spans) return std::unexpected(spans.error());
  there_ = std::move(*spans);
  for (const uint64_t number : *numbers) {
    const auto has = there_.find(number);
    if (has == there_.end()) {
      blank_.push_back(number);
      continue;
    }
    if (!spans_.empty() && number < spans_.begin()->first) {
      trimmed_.push_back(number);
      continue;
    }
    // Copied while its first block was written, which a crash has taken: a start then leaves it.
    if (has->second.end == kLogPageBytes && has != there_.begin() && !spans_.contains(number)) {
      blank_.push_back(number);
      continue;
    }
    const auto same = IsPrefix(number, has->second);
    if (!same) return std::unexpected(same.error());
    if (*same) continue;
    if (const auto wanted = spans_.find(number); wanted != spans_.end()) {
      const auto is_still = IsStill(wanted->second);
      if (!is_still) return DiskFault(is_still.error());
      if (!*is_still) return false;
    }
    return ForeignFault("the target has gone its own way: " + LogFilePath(number) +
                        " holds records that the original does not have. Choose an empty "
                        "directory");
  }
  connects_ = there_.empty() || spans_.empty() ||
              spans_.begin()->second.header.first.value <= there_.rbegin()->second.last.value + 1;
  return true;
}

StorageResult<bool> LogCopy::IsPrefix(uint64_t number, const Span& has) const {
  const auto wanted = spans_.find(number);
  if (wanted == spans_.end() || wanted->second.header != has.header) return false;
  if (has.end > wanted->second.end) return false;
  if (has.end == wanted->second.end) return has.crc_last == wanted->second.crc_last;
  const auto part = ScanBlocks(wanted->second.file, has.header, has.end);
  if (!part) return DiskFault(part.error());
  return part->end == has.end && part->crc_last == has.crc_last;
}

StorageResult<bool> LogCopy::WriteDrafts() {
  for (const auto& [number, span] : spans_) {
    const auto has = there_.find(number);
    if (has != there_.end() && has->second.end == span.end) continue;
    drafts_.push_back(number);
    const auto copied =
        CopyToDraft(*span.file, span.end, folder_, LogFileName(number), bytes_copied_);
    if (!copied) return DiskFault(copied.error());
    const auto is_still = IsStill(span);
    if (!is_still) return DiskFault(is_still.error());
    if (*is_still) continue;
    for (const uint64_t draft : drafts_) {
      const auto removed = folder_.Remove(DraftOf(LogFileName(draft)));
      if (!removed) return DiskFault(removed.error());
    }
    return false;
  }
  return true;
}

StorageResult<void> LogCopy::PutInPlace() {
  if (const auto removed = Remove(blank_); !removed) return removed;
  for (const uint64_t number : drafts_) {
    const std::string name = LogFileName(number);
    const auto renamed = folder_.RenameInto(folder_, DraftOf(name), name);
    if (!renamed) return DiskFault(renamed.error());
  }
  return SealFiles();
}

// The original's seals are not copied: there, the file that follows may have come later.
StorageResult<void> LogCopy::SealFiles() {
  for (auto next = spans_.begin(); next != spans_.end(); ++next) {
    if (next == spans_.begin() || next->second.end == kLogPageBytes) continue;
    const auto& [number, span] = *std::prev(next);
    const auto file = target_.Open(LogFilePath(number), Disk::Mode::kReadWrite);
    if (!file) return DiskFault(file.error());
    const LogSeal seal{.salt = span.header.salt,
                       .next = next->first,
                       .first = next->second.header.first,
                       .crc_before = span.crc_last};
    auto put = (*file)->WriteAt(span.end, EncodeLogSeal(seal));
    if (put) put = (*file)->Sync();
    if (!put) return DiskFault(put.error());
  }
  return {};
}

StorageResult<void> LogCopy::RemoveOld() {
  if (const auto removed = Remove(trimmed_); !removed) return removed;
  const auto names = folder_.List();
  if (!names) return DiskFault(names.error());
  for (const std::string& name : *names) {
    if (!name.ends_with(DraftOf(""))) continue;
    if (const auto removed = folder_.Remove(name); !removed) return DiskFault(removed.error());
  }
  return {};
}

StorageResult<void> LogCopy::Remove(const std::vector<uint64_t>& numbers) {
  for (const uint64_t number : numbers) {
    const auto removed = folder_.Remove(LogFileName(number));
    if (!removed) return DiskFault(removed.error());
  }
  return {};
}

StorageResult<Lsn> LogCopy::Check() {
  DataDirectoryView view(target_);
  const auto content =
      ReadLog(view, id_, checkpoint_, [](Lsn, const Record&) { return StorageResult<void>(); });
  if (!content) return PrefixedFault("the copy cannot be read: ", content.error());
  if (content->last != last()) {
    return DamageFault("the copy ends at record " + std::to_string(content->last.value) +
                       ", the original later");
  }
  return content->last;
}

}  // namespace thalweg
