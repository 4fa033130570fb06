#include "storage/log_format.h"

#include <cstring>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/little_endian.h"

namespace thalweg {
namespace {

constexpr char kFileMagic[8] = {'T', 'H', 'W', 'G', '-', 'L', 'O', 'G'};
constexpr char kBlockMagic[4] = {'T', 'W', 'C', 'B'};
constexpr char kSealMagic[4] = {'T', 'W', 'L', 'S'};

// Where the fields stand; docs/formats/log.md draws both.
constexpr size_t kHeaderCrcAt = 12;
constexpr size_t kHeaderBytes = 64;
constexpr size_t kBlockCrcAt = 4;
constexpr size_t kBlockCheckedFrom = 8;
constexpr size_t kSealCrcAt = 4;
constexpr size_t kSealCheckedFrom = 8;

uint32_t SealCrc(std::string_view page) {
  return Crc32c(page.substr(kSealCheckedFrom, kLogSealBytes - kSealCheckedFrom));
}

// Of a header's fields, with the place of the checksum itself taken as zero.
uint32_t HeaderCrc(std::string_view page) {
  std::array<char, kHeaderBytes> fields;
  std::memcpy(fields.data(), page.data(), kHeaderBytes);
  Put<uint32_t>(fields.data(), kHeaderCrcAt, 0);
  return Crc32c(std::string_view(fields.data(), fields.size()));
}

}  // namespace

std::string EncodeLogFileHeader(const LogFileHeader& header) {
  std::string page(kLogPageBytes, '\0');
  std::memcpy(page.data(), kFileMagic, sizeof kFileMagic);
  Put<uint32_t>(page.data(), 8, kLogVersion);
  std::memcpy(page.data() + 16, header.directory.data(), header.directory.size());
  Put<uint64_t>(page.data(), 32, header.number);
  Put<uint64_t>(page.data(), 40, header.salt);
  Put<uint64_t>(page.data(), 48, header.first.value);
  Put<uint32_t>(page.data(), 56, header.crc_before);
  Put<uint32_t>(page.data(), kHeaderCrcAt, HeaderCrc(page));
  return page;
}

LogHeaderResult DecodeLogFileHeader(std::string_view page) {
  if (page.size() < kHeaderBytes || std::memcmp(page.data(), kFileMagic, sizeof kFileMagic) != 0 ||
      Get<uint32_t>(page, kHeaderCrcAt) != HeaderCrc(page)) {
    return std::unexpected(LogHeaderFault::kTorn);
  }
  if (Get<uint32_t>(page, 8) != kLogVersion) return std::unexpected(LogHeaderFault::kVersion);
  LogFileHeader header;
  std::memcpy(header.directory.data(), page.data() + 16, header.directory.size());
  header.number = Get<uint64_t>(page, 32);
  header.salt = Get<uint64_t>(page, 40);
  header.first.value = Get<uint64_t>(page, 48);
  header.crc_before = Get<uint32_t>(page, 56);
  return header;
}

std::string EncodeLogSeal(const LogSeal& seal) {
  std::string page(kLogPageBytes, '\0');
  std::memcpy(page.data(), kSealMagic, sizeof kSealMagic);
  Put<uint64_t>(page.data(), 8, seal.salt);
  Put<uint64_t>(page.data(), 16, seal.next);
  Put<uint64_t>(page.data(), 24, seal.first.value);
  Put<uint32_t>(page.data(), 32, seal.crc_before);
  Put<uint32_t>(page.data(), kSealCrcAt, SealCrc(page));
  return page;
}

std::optional<LogSeal> DecodeLogSeal(std::string_view bytes) {
  if (bytes.size() < kLogSealBytes ||
      std::memcmp(bytes.data(), kSealMagic, sizeof kSealMagic) != 0 ||
      Get<uint32_t>(bytes, kSealCrcAt) != SealCrc(bytes)) {
    return std::nullopt;
  }
  return LogSeal{.salt = Get<uint64_t>(bytes, 8),
                 .next = Get<uint64_t>(bytes, 16),
                 .first = {Get<uint64_t>(bytes, 24)},
                 .crc_before = Get<uint32_t>(bytes, 32)};
}

size_t LogBlockBytes(size_t payload_bytes) {
  const size_t bytes = kLogBlockHeadBytes + payload_bytes;
  return (bytes + kLogPageBytes - 1) / kLogPageBytes * kLogPageBytes;
}

void SetLogRecordLength(std::string& block, size_t length_at) {
  const size_t length = block.size() - length_at - kLogRecordHeadBytes;
  THALWEG_ASSERT(length <= kLogPayloadBytesMax);
  Put<uint32_t>(block.data(), length_at, static_cast<uint32_t>(length));
}

uint32_t SealLogBlock(const LogBlockHead& head, std::string& block) {
  THALWEG_ASSERT(block.size() == kLogBlockHeadBytes + head.payload_bytes);
  THALWEG_ASSERT(head.record_count > 0 && head.payload_bytes <= kLogPayloadBytesMax);
  char* const base = block.data();
  std::memcpy(base, kBlockMagic, sizeof kBlockMagic);
  Put<uint64_t>(base, 8, head.salt);
  Put<uint32_t>(base, 16, head.payload_bytes);
  Put<uint32_t>(base, 20, head.record_count);
  Put<uint64_t>(base, 24, head.first.value);
  Put<uint64_t>(base, 32, head.durable.value);
  Put<uint32_t>(base, 40, head.crc_before);
  Put<uint32_t>(base, 44, 0);
  const uint32_t crc = Crc32c(std::string_view(block).substr(kBlockCheckedFrom));
  Put<uint32_t>(base, kBlockCrcAt, crc);
  block.resize(LogBlockBytes(head.payload_bytes), '\0');
  return crc;
}

std::optional<LogBlockHead> DecodeLogBlockHead(std::string_view bytes,
                                               std::optional<uint64_t> salt) {
  if (bytes.size() < kLogBlockHeadBytes ||
      std::memcmp(bytes.data(), kBlockMagic, sizeof kBlockMagic) != 0) {
    return std::nullopt;
  }
  LogBlockHead head;
  head.salt = Get<uint64_t>(bytes, 8);
  head.payload_bytes = Get<uint32_t>(bytes, 16);
  head.record_count = Get<uint32_t>(bytes, 20);
  head.first.value = Get<uint64_t>(bytes, 24);
  head.durable.value = Get<uint64_t>(bytes, 32);
  head.crc_before = Get<uint32_t>(bytes, 40);
  if (head.salt != salt.value_or(head.salt) || head.record_count == 0 ||
      head.payload_bytes > kLogPayloadBytesMax) {
    return std::nullopt;
  }
  return head;
}

std::optional<uint32_t> LogBlockCrc(std::string_view block, const LogBlockHead& head) {
  const size_t bytes = kLogBlockHeadBytes + head.payload_bytes;
  THALWEG_ASSERT(block.size() >= bytes);
  const uint32_t stored = Get<uint32_t>(block, kBlockCrcAt);
  if (Crc32c(block.substr(kBlockCheckedFrom, bytes - kBlockCheckedFrom)) != stored) {
    return std::nullopt;
  }
  return stored;
}

std::optional<std::string_view> TakeLogRecord(std::string_view& payload) {
  if (payload.size() < kLogRecordHeadBytes) return std::nullopt;
  const uint32_t length = Get<uint32_t>(payload, 0);
  if (payload.size() - kLogRecordHeadBytes < length) return std::nullopt;
  const std::string_view record = payload.substr(kLogRecordHeadBytes, length);
  payload.remove_prefix(kLogRecordHeadBytes + length);
  return record;
}

}  // namespace thalweg
