// The bytes of the commit log: file headers and commit blocks. (docs/formats/log.md)
//
// Pure: no I/O. Numbers are little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "stream/ids.h"

namespace thalweg {

// Blocks begin on multiples of this, so that a sector that holds acknowledged bytes is never
// written again; it is the page of the systems we run on.
inline constexpr size_t kLogPageBytes = 4096;
inline constexpr size_t kLogBlockHeadBytes = 48;
// Of a file without records, zeros: the header's page and that of the first block.
inline constexpr size_t kLogFrontBytes = 2 * kLogPageBytes;
inline constexpr size_t kLogRecordHeadBytes = 4;  // the record's length
inline constexpr uint32_t kLogVersion = 1;
inline constexpr size_t kLogPayloadBytesMax = 1u << 30;

using DirectoryId = std::array<uint8_t, 16>;

// The first page of a log file.
struct LogFileHeader {
  DirectoryId directory{};  // whose log this is
  uint64_t number = 0;      // of the file: 1, 2, 3 …
  uint64_t salt = 0;        // stands in every block of the file
  Lsn first;                // of the file's first record
  uint32_t crc_before = 0;  // of the block before the file's first; 0: there is none
  bool operator==(const LogFileHeader&) const = default;
};

// A whole page.
std::string EncodeLogFileHeader(const LogFileHeader& header);

enum class LogHeaderFault : uint8_t {
  kTorn,     // not a header, or one that fails its checksum
  kVersion,  // of another format version
};

using LogHeaderResult = std::expected<LogFileHeader, LogHeaderFault>;
LogHeaderResult DecodeLogFileHeader(std::string_view page);

// Stands behind the last block of a file that goes on in another, once that one has a block: what
// follows was durable, so it must be there.
struct LogSeal {
  uint64_t salt = 0;        // of the file that it seals
  uint64_t next = 0;        // number of the file that goes on
  Lsn first;                // of that one's first record
  uint32_t crc_before = 0;  // of the block before the seal
  bool operator==(const LogSeal&) const = default;
};
inline constexpr size_t kLogSealBytes = 64;

// A whole page.
std::string EncodeLogSeal(const LogSeal& seal);

// Null: no whole seal begins here.
std::optional<LogSeal> DecodeLogSeal(std::string_view bytes);

// What stands before the records of one commit.
struct LogBlockHead {
  uint64_t salt = 0;
  uint32_t payload_bytes = 0;  // of the records with their lengths, without the padding
  uint32_t record_count = 0;
  Lsn first;                // of its first record; the others follow without a gap
  Lsn durable;              // known to be synced when this block was written
  uint32_t crc_before = 0;  // of the block before it
  bool operator==(const LogBlockHead&) const = default;

  Lsn last() const { return {first.value + record_count - 1}; }
};

// How many bytes a block of this payload takes in the file.
size_t LogBlockBytes(size_t payload_bytes);

// Fills in the length of the record that ends `block`: kLogRecordHeadBytes of room at `length_at`,
// then the record.
void SetLogRecordLength(std::string& block, size_t length_at);

// Makes `block` whole: kLogBlockHeadBytes of room, then the payload. Fills in the head, pads to a
// page; returns the block's checksum. REQUIRES: head.payload_bytes is that of `block`.
uint32_t SealLogBlock(const LogBlockHead& head, std::string& block);

// The head of what stands at the beginning of `bytes`, or null where no block of this salt does
// (null: of any).
// Only the fields are read: whether the block is whole is for LogBlockCrc to tell.
std::optional<LogBlockHead> DecodeLogBlockHead(std::string_view bytes,
                                               std::optional<uint64_t> salt);

// The checksum that stands in the block, where it is the one of its bytes; else null.
// REQUIRES: `block` holds the head and the payload.
std::optional<uint32_t> LogBlockCrc(std::string_view block, const LogBlockHead& head);

// Takes the next record off a block's payload; null where the payload is at its end or malformed.
std::optional<std::string_view> TakeLogRecord(std::string_view& payload);

}  // namespace thalweg
