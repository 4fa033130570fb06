// The bytes of a segment file: header, runs with their tables, index pages, filter, fence, footer.
// (docs/formats/segment.md)
//
// Pure: no I/O. Numbers are little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/catalog.h"
#include "storage/log_format.h"
#include "stream/ids.h"
#include "stream/offset.h"

namespace thalweg {

inline constexpr uint32_t kSegmentVersion = 1;
inline constexpr size_t kSegmentHeaderBytes = 64;
inline constexpr size_t kSegmentFooterBytes = 128;
inline constexpr size_t kSegmentPageBytes = 4096;
inline constexpr size_t kSegmentBlockBytes = 64u << 10;  // of a run under one checksum
inline constexpr size_t kSegmentRunBytesMax = 4u << 20;  // but for a run of one longer append
inline constexpr size_t kSegmentRunAppendsMax = 1u << 16;
inline constexpr uint64_t kSegmentFileBytesMax = 1ull << 62;  // sums of places do not overflow

struct SegmentHeader {
  DirectoryId directory{};  // whose segment this is
  uint64_t number = 0;      // of the file
  bool operator==(const SegmentHeader&) const = default;
};

std::string EncodeSegmentHeader(const SegmentHeader& header);

enum class SegmentHeaderFault : uint8_t {
  kDamaged,  // not a header, or one that fails its checksum
  kVersion,  // of another format version
};

[[nodiscard]] std::expected<SegmentHeader, SegmentHeaderFault> DecodeSegmentHeader(
    std::string_view bytes);

// One entry of the index: contiguous bytes of one stream. Behind the bytes stand the run's tables
// (a checksum per block, where each append ends) and, in the last run of a stream, its state.
struct SegmentRun {
  StreamId id;
  Offset base;            // of its first byte
  uint64_t position = 0;  // of its first byte, in the file
  uint32_t bytes = 0;
  uint32_t appends = 0;
  uint32_t state_bytes = 0;  // 0: not the stream's last run
  uint32_t tables_crc = 0;   // of tables and state
  bool operator==(const SegmentRun&) const = default;

  Offset end() const { return {base.value + bytes}; }
  size_t blocks() const { return (bytes + kSegmentBlockBytes - 1) / kSegmentBlockBytes; }
  size_t tables_bytes() const { return 4 * (blocks() + appends) + state_bytes; }
  uint64_t tables_at() const { return position + bytes; }
};

inline constexpr size_t kSegmentRunEntryBytes = 40;
inline constexpr size_t kSegmentRunsPerPage = 102;

// A whole page. REQUIRES: 1 to kSegmentRunsPerPage runs.
std::string EncodeSegmentPage(std::span<const SegmentRun> runs);

// Null: not a whole page of valid runs in order.
std::optional<std::vector<SegmentRun>> DecodeSegmentPage(std::string_view page);

// What stands behind a run's bytes.
struct RunTables {
  std::vector<uint32_t> block_crcs;
  std::vector<uint32_t> ends;  // of the appends, relative to the run's base; the last is its bytes
  std::string state;
};

// Appends them to `out`.
void EncodeRunTables(const RunTables& tables, std::string& out);

// Null: they fail the run's checksum or are not the tables of such a run.
std::optional<RunTables> DecodeRunTables(std::string_view bytes, const SegmentRun& run);

// Where an index page stands and which run is its first.
struct SegmentFencePost {
  StreamId id;
  Offset base;
  uint64_t page_at = 0;
  bool operator==(const SegmentFencePost&) const = default;
};

inline constexpr size_t kSegmentFencePostBytes = 24;

std::string EncodeSegmentFence(std::span<const SegmentFencePost> fence);
std::vector<SegmentFencePost> DecodeSegmentFence(std::string_view bytes);

// The end of the file: where everything is. The filter stands at filter_at, the fence behind it,
// then this.
struct SegmentFooter {
  SegmentHeader header;  // once more
  uint64_t streams = 0;  // that have an entry here
  uint64_t runs = 0;
  uint64_t data_bytes = 0;  // of the streams' own bytes
  uint64_t filter_at = 0;
  uint32_t filter_bytes = 0;
  uint32_t filter_crc = 0;
  uint32_t fence_posts = 0;
  uint32_t fence_crc = 0;
  bool operator==(const SegmentFooter&) const = default;

  uint64_t file_bytes() const {
    return filter_at + filter_bytes + uint64_t{fence_posts} * kSegmentFencePostBytes +
           kSegmentFooterBytes;
  }
};

std::string EncodeSegmentFooter(const SegmentFooter& footer);

// Null: not a footer, or one that fails its checksum or points behind every file.
std::optional<SegmentFooter> DecodeSegmentFooter(std::string_view bytes);

// "0000000000000001.seg", and the number of the segment that is called so; null: none is.
std::string SegmentFileName(uint64_t number);
std::string SegmentFilePath(uint64_t number);  // "segments/0000000000000001.seg"
std::optional<uint64_t> SegmentFileNumber(std::string_view name);

// Whether `name` is of a segment that `head` has.
bool NamesSegment(const CatalogHead& head, std::string_view name);

}  // namespace thalweg
