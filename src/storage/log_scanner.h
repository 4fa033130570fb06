// Walks the commit blocks of one log file, from its header to the first place where none stands.
//
// Reads only. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/disk.h"
#include "storage/log_format.h"

namespace thalweg {

class LogScanner {
 public:
  struct Block {
    LogBlockHead head;
    uint32_t crc = 0;
    std::string_view payload;  // valid until the next call
  };

  // REQUIRES: `file` begins with `header`, is `size` bytes long, and outlives the scanner.
  LogScanner(const File& file, uint64_t size, const LogFileHeader& header);

  // Of a file that has lost its header: takes blocks of any.
  LogScanner(const File& file, uint64_t size) : file_(file), size_(size) {}

  // The block at position(), which then moves behind it; null: no whole block stands there.
  [[nodiscard]] DiskResult<std::optional<Block>> Next();

  // Where the block after the last whole one would begin.
  uint64_t position() const { return position_; }

  // The seal of this file at position(), where the block before it has this checksum; null: it has
  // none.
  [[nodiscard]] DiskResult<std::optional<LogSeal>> Seal(uint32_t crc_before);

  // The first record of a whole block anywhere behind position(). There is one only where what
  // stands at position() was synced once: the log writes a block after the sync of the one before.
  [[nodiscard]] DiskResult<std::optional<Lsn>> FindLater();

  // The last position that a whole block anywhere in the file says was durable; none where the
  // first block was never written. What looks like a block and has not the salt of the first one,
  // where that has a head, is of the file's former life, or was made up by a client.
  [[nodiscard]] DiskResult<Lsn> FindDurable();

  // Whether a block of this file was begun at position() and is not whole. What else stands there,
  // or behind it, need not be of this file's life.
  [[nodiscard]] DiskResult<bool> IsTorn();

 private:
  DiskResult<std::optional<Block>> BlockAt(uint64_t position);
  // `bytes` from `position` on, in the window; fewer where the file ends.
  DiskResult<std::string_view> Window(uint64_t position, size_t bytes);

  const File& file_;
  const uint64_t size_;
  const std::optional<uint64_t> salt_;
  uint64_t position_ = kLogPageBytes;
  std::string window_;
  uint64_t window_at_ = 0;
};

// Of a log file, as it is now. THREAD: any.
[[nodiscard]] DiskResult<LogHeaderResult> ReadLogFileHeader(const File& file);

}  // namespace thalweg
