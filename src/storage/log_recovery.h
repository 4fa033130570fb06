// Reads a whole commit log, tells its end from damage, and says what is to be repaired.
//
// Changes nothing on the disk: whoever gets a result that can be lived with repairs by it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/log_format.h"
#include "stream/record.h"

namespace thalweg {

// Hears of each record in the order of the log. Views are valid during the call. A fault: why the
// record does not fit what came before it, as the end of "holds record N, …".
using LogReplay = std::function<StorageResult<void>(Lsn, const Record&)>;

// What a log holds and where it ends.
struct LogContent {
  struct FileInfo {
    uint64_t number = 0;
    Lsn first;          // of the file's first record; one whose first write was cut short has none
    uint64_t size = 0;  // in bytes
  };
  struct Unsealed {
    uint64_t number = 0;
    uint64_t end = 0;  // where its seal belongs
    LogSeal seal;
  };
  std::vector<FileInfo> files;       // in order; the last has records, where any has
  std::vector<uint64_t> blank;       // made ahead, or torn at birth: nothing in them counts
  std::vector<uint64_t> spares;      // files that wait to be used again, by the numbers they had
  Lsn last;                          // of the last whole record; the log goes on behind it
  uint32_t crc_last = 0;             // of the last whole block
  uint64_t salt = 0;                 // of the last file with records
  uint64_t end = 0;                  // in that file: where the next block belongs
  bool torn = false;                 // a block of this file was begun at `end`: to be cut off
  std::optional<LogSeal> seal;       // at `end`: no file goes on that has records
  std::optional<Unsealed> unsealed;  // the file before the last, where that has records, too
  uint64_t bytes_read = 0;
};

// "0000000000000001.log", and "0000000000000001.spare" when it has been trimmed and waits to be
// used again.
std::string LogFileName(uint64_t number);
std::string LogSpareName(uint64_t number);
std::string LogFilePath(uint64_t number);  // "log/0000000000000001.log"

// The number of the log file, or of the spare, that is called so; null: none is.
std::optional<uint64_t> LogFileNumber(std::string_view name);
std::optional<uint64_t> LogSpareNumber(std::string_view name);

// Reads the log, whose records up to `checkpoint` may be missing at the front; up to the first
// fault.
[[nodiscard]] StorageResult<LogContent> ReadLog(Disk& disk, const DirectoryId& directory,
                                                Lsn checkpoint, const LogReplay& replay);

// The same up to the end: a file goes on to be read behind each fault but a gap or a refusal of the
// disk, and what follows is looked at by itself. What the log holds, or all faults, of which the
// first is ReadLog's. `checkpoint` is null where nobody knows it: the log may begin anywhere.
// `replay` hears of no record behind a fault.
using LogSurvey = std::expected<LogContent, std::vector<StorageFault>>;
[[nodiscard]] LogSurvey SurveyLog(Disk& disk, const DirectoryId& directory,
                                  std::optional<Lsn> checkpoint, const LogReplay& replay);

}  // namespace thalweg
