#include "storage/log_recovery.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "storage/log_scanner.h"

namespace thalweg {
namespace {

constexpr size_t kNameDigits = 16;
constexpr std::string_view kNameEnd = ".log";
constexpr std::string_view kSpareNameEnd = ".spare";

std::string NameOf(uint64_t number, std::string_view end) {
  std::string name(kNameDigits, '0');
  for (size_t i = kNameDigits; number != 0; number >>= 4)
    name[--i] = "0123456789abcdef"[number & 15];
  return name.append(end);
}

std::optional<uint64_t> NumberOf(std::string_view name, std::string_view end) {
  uint64_t number = 0;
  if (!name.ends_with(end) || name.size() != kNameDigits + end.size()) return {};
  const auto [stop, error] = std::from_chars(name.data(), name.data() + kNameDigits, number, 16);
  if (error != std::errc() || stop != name.data() + kNameDigits) return {};
  return NameOf(number, end) == name ? std::optional(number) : std::nullopt;
}

// Walks the files in order; what it knows so far is in content_.
class LogWalk {
 public:
  LogWalk(Disk& disk, std::string folder, const DirectoryId& directory, Lsn checkpoint,
          const LogReplay& replay)
      : disk_(disk),
        folder_(std::move(folder)),
        directory_(directory),
        checkpoint_(checkpoint),
        replay_(replay) {}

  std::expected<LogContent, StorageFault> Run() {
    const auto names = disk_.List(folder_);
    if (!names) return DiskFault(names.error());
    for (const std::string& name : *names) {
      if (const std::optional<uint64_t> spare = LogSpareNumber(name)) {
        content_.spares.push_back(*spare);
        continue;
      }
      const std::optional<uint64_t> number = LogFileNumber(name);
      if (!number) return Fault(StorageFault::Kind::kForeign, name, "is not a file of this log");
      if (const auto visited = Visit(*number, name); !visited)
        return std::unexpected(visited.error());
    }
    if (blank_durable_ > content_.last) {
      return Fault(StorageFault::Kind::kDamage, blank_name_, HeaderIsLost(blank_durable_));
    }
    if (content_.seal) return SealedFault(*names);
    LeaveUnbegun();
    if (content_.last < checkpoint_) {
      return std::unexpected(StorageFault{
          StorageFault::Kind::kDamage,
          folder_ + " ends at record " + std::to_string(content_.last.value) +
              ", yet the last checkpoint was made at record " + std::to_string(checkpoint_.value)});
    }
    return std::move(content_);
  }

 private:
  // REQUIRES: the last file with records is sealed.
  std::unexpected<StorageFault> SealedFault(const std::vector<std::string>& names) const {
    const std::string sealed = folder_ + "/" + LogFileName(content_.files.back().number);
    const std::string next = LogFileName(content_.seal->next);
    const bool is_there = std::ranges::find(names, next) != names.end();
    return Fault(StorageFault::Kind::kDamage, next,
                 is_there ? FirstBlockIsLost(*content_.seal, sealed)
                          : FileIsMissing(*content_.seal, sealed, content_.end));
  }

  using Step = std::expected<void, StorageFault>;

  std::unexpected<StorageFault> Fault(StorageFault::Kind kind, const std::string& name,
                                      const std::string& what) const {
    return std::unexpected(StorageFault{kind, folder_ + "/" + name + " " + what});
  }
  std::unexpected<StorageFault> DamageFault(const std::string& what) const {
    return Fault(StorageFault::Kind::kDamage, name_, what);
  }
  std::unexpected<StorageFault> DamageAt(uint64_t position, const std::string& what) const {
    return DamageFault("at byte " + std::to_string(position) + ": " + what);
  }

  Step Visit(uint64_t number, const std::string& name) {
    number_ = number;
    name_ = name;
    const auto file = disk_.Open(folder_ + "/" + name, Disk::Mode::kRead);
    if (!file) return DiskFault(file.error());
    // A run that ended at a failed sync has left bytes in the cache that the disk will never have.
    if (const auto synced = (*file)->Sync(); !synced) return DiskFault(synced.error());
    (*file)->DropCache({});
    const auto size = (*file)->Size();
    if (!size) return DiskFault(size.error());
    const auto decoded = ReadLogFileHeader(**file);
    if (!decoded) return DiskFault(decoded.error());
    if (!decoded->header) return VisitWithoutHeader(**file, *size, decoded->fault);
    if (const Step checked = CheckHeader(*decoded->header); !checked) return checked;
    const Step visited = VisitBlocks(**file, *size, *decoded->header);
    // Nobody reads it again. And the cache holds what it has read ahead in large pieces, each of
    // which the system would count as written whenever a commit writes a page of it.
    (*file)->DropCache({});
    return visited;
  }

  // A file that was allocated ahead, or whose first write was cut short: nothing in it was durable,
  // unless a later write of it says so.
  Step VisitWithoutHeader(const File& file, uint64_t size, LogHeaderFault fault) {
    if (fault == LogHeaderFault::kVersion) {
      return Fault(StorageFault::Kind::kForeign, name_, "has another format version");
    }
    const auto durable = LogScanner(file, size).FindDurable();
    if (!durable) return DiskFault(durable.error());
    content_.blank.push_back(number_);
    if (*durable > blank_durable_) {
      blank_durable_ = *durable;
      blank_name_ = name_;
    }
    return {};
  }

  Step CheckHeader(const LogFileHeader& header) {
    if (header.directory != directory_) {
      return Fault(StorageFault::Kind::kForeign, name_, "belongs to another data directory");
    }
    if (header.number != number_) {
      return DamageFault("says that it is file " + std::to_string(header.number));
    }
    if (!content_.blank.empty()) {
      return Fault(StorageFault::Kind::kDamage, LogFileName(content_.blank.back()),
                   "has lost its header, yet the file after it has records");
    }
    if (content_.files.empty()) return CheckFirst(header);
    if (header.first.value != content_.last.value + 1 || header.crc_before != content_.crc_last) {
      return DamageFault("begins with record " + std::to_string(header.first.value) +
                         ", yet the file before it can be read only up to record " +
                         std::to_string(content_.last.value) + " (byte " +
                         std::to_string(content_.end) + ")");
    }
    return {};
  }

  Step CheckFirst(const LogFileHeader& header) {
    if (header.first.value == 0 || header.first.value > checkpoint_.value + 1) {
      return DamageFault("begins with record " + std::to_string(header.first.value) +
                         ", yet the last checkpoint holds records only up to " +
                         std::to_string(checkpoint_.value));
    }
    content_.last.value = header.first.value - 1;
    content_.crc_last = header.crc_before;
    return {};
  }

  // What the file before this one is to say where this one has records.
  std::optional<LogContent::Unsealed> Unsealed(const LogFileHeader& header) const {
    if (content_.files.empty() || content_.seal) return std::nullopt;
    return LogContent::Unsealed{.number = content_.files.back().number,
                                .end = content_.end,
                                .seal = {.salt = content_.salt,
                                         .next = header.number,
                                         .first = header.first,
                                         .crc_before = header.crc_before}};
  }

  Step VisitBlocks(const File& file, uint64_t size, const LogFileHeader& header) {
    const auto unsealed = Unsealed(header);
    const auto seal_before = content_.seal;
    const std::string before =
        content_.files.empty() ? "" : folder_ + "/" + LogFileName(content_.files.back().number);
    content_.files.push_back({number_, header.first, size});
    content_.salt = header.salt;
    LogScanner scanner(file, size, header);
    for (;;) {
      const auto block = scanner.Next();
      if (!block) return DiskFault(block.error());
      if (!*block) break;
      if (const Step taken = Take(**block, scanner.position()); !taken) return taken;
    }
    content_.end = scanner.position();
    content_.bytes_read += scanner.position();
    const auto later = scanner.FindLater();
    if (!later) return DiskFault(later.error());
    if (*later) {
      return DamageAt(scanner.position(),
                      "no whole block, yet one that was written after it begins with record " +
                          std::to_string((*later)->first.value));
    }
    const bool is_begun = scanner.position() != kLogPageBytes;
    if (seal_before && !is_begun) return DamageFault(FirstBlockIsLost(*seal_before, before));
    if (is_begun) content_.unsealed = unsealed;
    const auto seal = scanner.Seal(content_.crc_last);
    if (!seal) return DiskFault(seal.error());
    content_.seal = *seal;
    const auto torn = scanner.IsTorn();
    if (!torn) return DiskFault(torn.error());
    content_.torn = *torn;
    if (is_begun) {
      begun_ = {.files = content_.files.size(),
                .salt = content_.salt,
                .end = content_.end,
                .torn = content_.torn};
    }
    return {};
  }

  // Of a last file whose first write was cut short the header may be there: it is as one made ahead
  // all the same. So the log goes on behind its last block, in a file that will be sealed.
  void LeaveUnbegun() {
    if (!begun_ || begun_->files == content_.files.size()) return;
    for (size_t i = begun_->files; i < content_.files.size(); ++i) {
      content_.blank.push_back(content_.files[i].number);
    }
    content_.files.resize(begun_->files);
    content_.salt = begun_->salt;
    content_.end = begun_->end;
    content_.torn = begun_->torn;
  }

  Step Take(const LogScanner::Block& block, uint64_t behind) {
    const LogBlockHead& head = block.head;
    if (head.first.value != content_.last.value + 1 || head.crc_before != content_.crc_last) {
      return DamageAt(behind, "the block before does not follow the one before it");
    }
    std::string_view payload = block.payload;
    Lsn lsn = head.first;
    for (uint32_t i = 0; i < head.record_count; ++i, ++lsn.value) {
      const std::optional<std::string_view> bytes = TakeLogRecord(payload);
      const std::optional<Record> record = bytes ? DecodeRecord(*bytes) : std::nullopt;
      if (!record) return DamageAt(behind, "a record of the block before cannot be read");
      if (lsn <= checkpoint_) continue;
      if (const Step fits = replay_(lsn, *record); !fits) {
        return Fault(fits.error().kind, name_, fits.error().message);
      }
    }
    if (!payload.empty()) return DamageAt(behind, "the block before holds more than its records");
    content_.last = head.last();
    content_.crc_last = block.crc;
    return {};
  }

  Disk& disk_;
  const std::string folder_;
  const DirectoryId& directory_;
  const Lsn checkpoint_;
  const LogReplay& replay_;
  LogContent content_;
  // What content_ said behind the last file that has a block; null: none has.
  struct Begun {
    size_t files = 0;
    uint64_t salt = 0;
    uint64_t end = 0;
    bool torn = false;
  };
  std::optional<Begun> begun_;
  Lsn blank_durable_;       // by what stands in files without a header …
  std::string blank_name_;  // … in this one
  uint64_t number_ = 0;
  std::string name_;
};

}  // namespace

std::string LogFileName(uint64_t number) { return NameOf(number, kNameEnd); }
std::string LogSpareName(uint64_t number) { return NameOf(number, kSpareNameEnd); }

std::optional<uint64_t> LogFileNumber(std::string_view name) { return NumberOf(name, kNameEnd); }
std::optional<uint64_t> LogSpareNumber(std::string_view name) {
  return NumberOf(name, kSpareNameEnd);
}

std::expected<LogContent, StorageFault> ReadLog(Disk& disk, const std::string& folder,
                                                const DirectoryId& directory, Lsn checkpoint,
                                                const LogReplay& replay) {
  return LogWalk(disk, folder, directory, checkpoint, replay).Run();
}

}  // namespace thalweg
