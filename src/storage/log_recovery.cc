#include "storage/log_recovery.h"

#include <algorithm>
#include <utility>

#include "storage/folder_names.h"
#include "storage/log_faults.h"
#include "storage/log_scanner.h"
#include "storage/numbered_name.h"

namespace thalweg {
namespace {

constexpr std::string_view kNameEnding = ".log";
constexpr std::string_view kSpareNameEnding = ".spare";

// Walks the files in order; what it knows so far is in content_. Who finds a fault takes note of it
// and says, as whoever it returns to, whether to go on with what it looks at.
class LogWalk {
 public:
  enum class Until : uint8_t { kFault, kEnd };

  LogWalk(Disk& disk, const DirectoryId& directory, std::optional<Lsn> checkpoint,
          const LogReplay& replay, Until until)
      : disk_(disk),
        directory_(directory),
        checkpoint_(checkpoint),
        replay_(replay),
        until_(until) {}

  LogSurvey Run() {
    const auto names = disk_.List(kLogFolder);
    if (!names) {
      Refused(names.error());
    } else if (VisitAll(*names)) {
      CheckEnd(*names);
    }
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    LeaveUnbegun();
    return std::move(content_);
  }

 private:
  bool Note(StorageFault fault) {
    faults_.push_back(std::move(fault));
    is_known_ = false;
    content_.seal.reset();
    return until_ == Until::kEnd;
  }
  bool Note(StorageFault::Kind kind, const std::string& name, std::string_view what) {
    return Note({kind, PathOf(name) + " " + std::string(what)});
  }
  bool Damage(const std::string& what) { return Note(StorageFault::Kind::kDamage, name_, what); }
  bool DamageAt(uint64_t position, const std::string& what) {
    return Damage("at byte " + std::to_string(position) + ": " + what);
  }
  // No more can be said of the file.
  bool Refused(const DiskError& error) {
    Note(DiskFault(error).error());
    return false;
  }

  static std::string PathOf(const std::string& name) {
    return std::string(kLogFolder) + "/" + name;
  }

  bool VisitAll(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (const std::optional<uint64_t> spare = LogSpareNumber(name)) {
        content_.spares.push_back(*spare);
        continue;
      }
      const std::optional<uint64_t> number = LogFileNumber(name);
      if (!number) continue;  // nobody's; DataDirectory moves such away where it can
      if (!Visit(*number, name) && until_ == Until::kFault) return false;
    }
    return true;
  }

  void CheckEnd(const std::vector<std::string>& names) {
    if (blank_durable_ > content_.last) {
      Note(StorageFault::Kind::kDamage, blank_name_, HeaderIsLost(blank_durable_));
    } else if (content_.seal) {
      const std::string next = LogFileName(content_.seal->next);
      const bool is_there = std::ranges::find(names, next) != names.end();
      Note(StorageFault::Kind::kDamage, next, LostNext(is_there));
    } else if (faults_.empty() && checkpoint_ && content_.last < *checkpoint_) {
      Note({StorageFault::Kind::kDamage, LogEndsEarly(content_.last, *checkpoint_)});
    }
  }

  // REQUIRES: the last file with a header is sealed.
  std::string LostNext(bool is_there) const {
    return LostBehindSeal(*content_.seal, LogFilePath(content_.files.back().number), content_.end,
                          is_there);
  }

  bool Visit(uint64_t number, const std::string& name) {
    number_ = number;
    name_ = name;
    const auto file = disk_.Open(PathOf(name), Disk::Mode::kRead);
    if (!file) return Refused(file.error());
    // A run that ended at a failed sync has left bytes in the cache that the disk will never have.
    if (const auto synced = (*file)->Sync(); !synced) return Refused(synced.error());
    (*file)->DropCache({});
    const auto size = (*file)->Size();
    if (!size) return Refused(size.error());
    const auto decoded = ReadLogFileHeader(**file);
    if (!decoded) return Refused(decoded.error());
    if (!*decoded) return VisitWithoutHeader(**file, *size, decoded->error());
    if (!CheckHeader(**decoded)) return false;
    const bool goes_on = VisitBlocks(**file, *size, **decoded);
    // Nobody reads it again. And the cache holds what it has read ahead in large pieces, each of
    // which the system would count as written whenever a commit writes a page of it.
    (*file)->DropCache({});
    return goes_on;
  }

  // A file that was allocated ahead, or whose first write was cut short: nothing in it was durable,
  // unless a later write of it says so.
  bool VisitWithoutHeader(const File& file, uint64_t size, LogHeaderFault fault) {
    if (fault == LogHeaderFault::kVersion) {
      return Note(StorageFault::Kind::kForeign, name_, kHasAnotherVersion);
    }
    const auto durable = LogScanner(file, size).FindDurable();
    if (!durable) return Refused(durable.error());
    content_.blank.push_back(number_);
    if (*durable > blank_durable_) {
      blank_durable_ = *durable;
      blank_name_ = name_;
    }
    return true;
  }

  bool CheckHeader(const LogFileHeader& header) {
    return (header.directory == directory_ ||
            Note(StorageFault::Kind::kForeign, name_, "belongs to another data directory")) &&
           (header.number == number_ || Damage(SaysItIsFile(header.number))) && CheckBlank() &&
           CheckFirst(header.first, header.crc_before);
  }

  // REQUIRES: a file with a header follows.
  bool CheckBlank() {
    return std::ranges::all_of(std::exchange(content_.blank, {}), [this](uint64_t number) {
      return Note(StorageFault::Kind::kDamage, LogFileName(number), kHasLostHeader);
    });
  }

  bool CheckFirst(Lsn first, uint32_t crc_before) {
    const std::string begins = "begins with record " + std::to_string(first.value) + ", yet ";
    if (first.value == 0) return Damage(begins + "the first of all is 1");
    if (!is_known_) return true;
    if (content_.files.empty()) {
      return !checkpoint_ || first.value <= checkpoint_->value + 1 ||
             Damage(begins + "the last checkpoint holds records only up to " +
                    std::to_string(checkpoint_->value));
    }
    return (first.value == content_.last.value + 1 && crc_before == content_.crc_last) ||
           Damage(begins + "the file before it can be read only up to record " +
                  std::to_string(content_.last.value) + " (byte " + std::to_string(content_.end) +
                  ")");
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

  // From here on the file is looked at by itself.
  bool VisitBlocks(const File& file, uint64_t size, const LogFileHeader& header) {
    const auto unsealed = Unsealed(header);
    const std::string lost_if_empty = content_.seal ? LostNext(true) : "";
    content_.files.push_back({number_, header.first, size});
    content_.salt = header.salt;
    content_.last.value = header.first.value - 1;
    content_.crc_last = header.crc_before;
    blank_durable_ = {};
    LogScanner scanner(file, size, header);
    for (;;) {
      const auto block = scanner.Next();
      if (!block) return Refused(block.error());
      if (!*block) break;
      if (!Take(**block, scanner.position())) return false;
    }
    is_known_ = true;
    content_.end = scanner.position();
    content_.bytes_read += scanner.position();
    const bool is_begun = scanner.position() != kLogPageBytes;
    const auto later = scanner.FindLater();
    if (!later) return Refused(later.error());
    if (*later) {
      if (!Damage(HasGap(scanner.position(), **later))) return false;
    } else if (!is_begun && !lost_if_empty.empty() && !Damage(lost_if_empty)) {
      return false;
    }
    if (is_begun) content_.unsealed = unsealed;
    return VisitEnd(scanner);
  }

  bool VisitEnd(LogScanner& scanner) {
    const auto seal = scanner.Seal(content_.crc_last);
    if (!seal) return Refused(seal.error());
    content_.seal = *seal;
    const auto torn = scanner.IsTorn();
    if (!torn) return Refused(torn.error());
    content_.torn = *torn;
    if (content_.end != kLogPageBytes) {
      begun_ = {.files = content_.files.size(),
                .salt = content_.salt,
                .end = content_.end,
                .torn = content_.torn};
    }
    return true;
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

  bool Take(const LogScanner::Block& block, uint64_t behind) {
    const LogBlockHead& head = block.head;
    const Lsn last = std::exchange(content_.last, head.last());
    const uint32_t crc_last = std::exchange(content_.crc_last, block.crc);
    if ((head.first.value != last.value + 1 || head.crc_before != crc_last) &&
        !DamageAt(behind, "the block before does not follow the one before it")) {
      return false;
    }
    std::string_view payload = block.payload;
    Lsn lsn = head.first;
    for (uint32_t i = 0; i < head.record_count; ++i, ++lsn.value) {
      const std::optional<std::string_view> bytes = TakeLogRecord(payload);
      const std::optional<Record> record = bytes ? DecodeRecord(*bytes) : std::nullopt;
      if (!record) return DamageAt(behind, "a record of the block before cannot be read");
      if (lsn <= checkpoint_ || !faults_.empty()) continue;
      const auto fits = replay_(lsn, *record);
      if (fits) continue;
      const std::string of = PathOf(name_) + " holds record " + std::to_string(lsn.value) + ", ";
      if (!Note(PrefixedFault(of, fits.error()).error())) return false;
    }
    return payload.empty() || DamageAt(behind, "the block before holds more than its records");
  }

  Disk& disk_;
  const DirectoryId& directory_;
  const std::optional<Lsn> checkpoint_;  // null, which is before any: unknown
  const LogReplay& replay_;
  const Until until_;
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
  std::vector<StorageFault> faults_;
  bool is_known_ = true;  // whether content_ says what the next file goes on from
};

}  // namespace

std::string LogFileName(uint64_t number) { return NumberedName(number, kNameEnding); }
std::string LogSpareName(uint64_t number) { return NumberedName(number, kSpareNameEnding); }

std::string LogFilePath(uint64_t number) {
  return std::string(kLogFolder) + "/" + LogFileName(number);
}

std::optional<uint64_t> LogFileNumber(std::string_view name) { return NumberIn(name, kNameEnding); }
std::optional<uint64_t> LogSpareNumber(std::string_view name) {
  return NumberIn(name, kSpareNameEnding);
}

StorageResult<LogContent> ReadLog(Disk& disk, const DirectoryId& directory, Lsn checkpoint,
                                  const LogReplay& replay) {
  LogWalk walk(disk, directory, checkpoint, replay, LogWalk::Until::kFault);
  auto content = walk.Run();
  if (!content) return std::unexpected(content.error().front());
  return *std::move(content);
}

LogSurvey SurveyLog(Disk& disk, const DirectoryId& directory, std::optional<Lsn> checkpoint,
                    const LogReplay& replay) {
  return LogWalk(disk, directory, checkpoint, replay, LogWalk::Until::kEnd).Run();
}

}  // namespace thalweg
