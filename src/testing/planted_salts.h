// A mistake on purpose: every file of the log has the same salt, so that what its blocks' places
// held before looks like its own.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/log_format.h"

namespace thalweg {

class PlantedSalts {
 public:
  // What is written to a log file, with the one salt and the checksums that go with it.
  std::string Resalted(std::string_view bytes) {
    std::string out;
    if (auto header = DecodeLogFileHeader(bytes.substr(0, kLogPageBytes))) {
      header->salt = kSalt;
      header->crc_before = Ours(header->crc_before);
      out = EncodeLogFileHeader(*header);
      bytes.remove_prefix(kLogPageBytes);
    }
    auto head = DecodeLogBlockHead(bytes, {});
    if (!head) return out.append(bytes);
    const uint32_t theirs = LogBlockCrc(bytes, *head).value();
    head->salt = kSalt;
    head->crc_before = Ours(head->crc_before);
    std::string block(bytes.substr(0, kLogBlockHeadBytes + head->payload_bytes));
    crc_ours_ = SealLogBlock(*head, block);
    crc_theirs_ = theirs;
    return out.append(block);
  }

 private:
  static constexpr uint64_t kSalt = 7;

  uint32_t Ours(uint32_t crc_before) const {
    return crc_before == crc_theirs_ ? crc_ours_ : crc_before;
  }

  uint32_t crc_theirs_ = 0;  // of the last block, as it was to be written …
  uint32_t crc_ours_ = 0;    // … and as it was
};

}  // namespace thalweg
