#include "storage/segment_format.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/little_endian.h"
#include "storage/folder_names.h"
#include "storage/numbered_name.h"

namespace thalweg {
namespace {

constexpr char kHeaderMagic[8] = {'T', 'H', 'W', 'G', '-', 'S', 'E', 'G'};
constexpr char kFooterMagic[8] = {'T', 'H', 'W', 'G', '-', 'E', 'N', 'D'};
constexpr std::string_view kNameEnding = ".seg";
constexpr size_t kPageHeadBytes = 8;  // checksum, number of runs
static_assert(kPageHeadBytes + kSegmentRunsPerPage * kSegmentRunEntryBytes <= kSegmentPageBytes);

// Puts the checksum of everything behind its place at the beginning of `page`.
void Seal(std::string& page) {
  Put<uint32_t>(page.data(), 0, Crc32c(std::string_view(page).substr(4)));
}

bool IsSealed(std::string_view page) { return Get<uint32_t>(page, 0) == Crc32c(page.substr(4)); }

void PutRun(char* at, const SegmentRun& run) {
  Put<uint64_t>(at, 0, run.id.value);
  Put<uint64_t>(at, 8, run.base.value);
  Put<uint64_t>(at, 16, run.position);
  Put<uint32_t>(at, 24, run.bytes);
  Put<uint32_t>(at, 28, run.appends);
  Put<uint32_t>(at, 32, run.state_bytes);
  Put<uint32_t>(at, 36, run.tables_crc);
}

SegmentRun GetRun(std::string_view at) {
  return {.id = {Get<uint64_t>(at, 0)},
          .base = {Get<uint64_t>(at, 8)},
          .position = Get<uint64_t>(at, 16),
          .bytes = Get<uint32_t>(at, 24),
          .appends = Get<uint32_t>(at, 28),
          .state_bytes = Get<uint32_t>(at, 32),
          .tables_crc = Get<uint32_t>(at, 36)};
}

// Streams grow; the runs of one stream follow each other, and only the last brings the state.
bool Follows(const SegmentRun& before, const SegmentRun& run) {
  if (run.position < before.tables_at() + before.tables_bytes()) return false;
  if (before.state_bytes != 0) return run.id > before.id;
  return run.id == before.id && run.base == before.end();
}

bool IsValid(const SegmentRun& run) {
  return run.id.value != 0 && run.position >= kSegmentHeaderBytes &&
         run.position <= kSegmentFileBytesMax && run.base.value <= kOffsetMax &&
         run.bytes <= kOffsetMax - run.base.value && run.appends <= run.bytes &&
         (run.appends == 0) == (run.bytes == 0) && (run.bytes != 0 || run.state_bytes != 0);
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kSegmentHeaderBytes, '\0');
  std::memcpy(bytes.data() + 4, kHeaderMagic, sizeof kHeaderMagic);
  Put<uint32_t>(bytes.data(), 12, kSegmentVersion);
  std::memcpy(bytes.data() + 16, header.directory.data(), header.directory.size());
  Put<uint64_t>(bytes.data(), 32, header.number);
  Seal(bytes);
  return bytes;
}

std::expected<SegmentHeader, SegmentHeaderFault> DecodeSegmentHeader(std::string_view bytes) {
  if (bytes.size() != kSegmentHeaderBytes || !IsSealed(bytes) ||
      std::memcmp(bytes.data() + 4, kHeaderMagic, sizeof kHeaderMagic) != 0) {
    return std::unexpected(SegmentHeaderFault::kDamaged);
  }
  if (Get<uint32_t>(bytes, 12) != kSegmentVersion) {
    return std::unexpected(SegmentHeaderFault::kVersion);
  }
  SegmentHeader header;
  std::memcpy(header.directory.data(), bytes.data() + 16, header.directory.size());
  header.number = Get<uint64_t>(bytes, 32);
  return header;
}

std::string EncodeSegmentPage(std::span<const SegmentRun> runs) {
  THALWEG_ASSERT(!runs.empty() && runs.size() <= kSegmentRunsPerPage);
  std::string page(kSegmentPageBytes, '\0');
  Put<uint32_t>(page.data(), 4, static_cast<uint32_t>(runs.size()));
  size_t at = kPageHeadBytes;
  for (const SegmentRun& run : runs) {
    PutRun(page.data() + at, run);
    at += kSegmentRunEntryBytes;
  }
  Seal(page);
  return page;
}

std::optional<std::vector<SegmentRun>> DecodeSegmentPage(std::string_view page) {
  if (page.size() != kSegmentPageBytes || !IsSealed(page)) return std::nullopt;
  const auto count = Get<uint32_t>(page, 4);
  if (count == 0 || count > kSegmentRunsPerPage) return std::nullopt;
  std::vector<SegmentRun> runs;
  runs.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const SegmentRun run = GetRun(page.substr(kPageHeadBytes + i * kSegmentRunEntryBytes));
    if (!IsValid(run) || (i != 0 && !Follows(runs.back(), run))) return std::nullopt;
    runs.push_back(run);
  }
  return runs;
}

void EncodeRunTables(const RunTables& tables, std::string& out) {
  const auto append = [&out](const std::vector<uint32_t>& numbers) {
    out.append(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(uint32_t));
  };
  append(tables.block_crcs);
  append(tables.ends);
  out.append(tables.state);
}

std::optional<RunTables> DecodeRunTables(std::string_view bytes, const SegmentRun& run) {
  if (bytes.size() != run.tables_bytes() || Crc32c(bytes) != run.tables_crc) return std::nullopt;
  RunTables tables;
  const auto take = [&bytes](std::vector<uint32_t>& numbers, size_t count) {
    numbers.resize(count);
    if (count != 0) std::memcpy(numbers.data(), bytes.data(), count * sizeof(uint32_t));
    bytes.remove_prefix(count * sizeof(uint32_t));
  };
  take(tables.block_crcs, run.blocks());
  take(tables.ends, run.appends);
  tables.state = bytes;
  const auto& ends = tables.ends;
  const bool grow = std::ranges::adjacent_find(ends, std::greater_equal<>()) == ends.end();
  if (!grow || (!ends.empty() && (ends.front() == 0 || ends.back() != run.bytes))) {
    return std::nullopt;
  }
  return tables;
}

std::string EncodeSegmentFence(std::span<const SegmentFencePost> fence) {
  std::string bytes(fence.size() * kSegmentFencePostBytes, '\0');
  char* at = bytes.data();
  for (const SegmentFencePost& post : fence) {
    Put<uint64_t>(at, 0, post.id.value);
    Put<uint64_t>(at, 8, post.base.value);
    Put<uint64_t>(at, 16, post.page_at);
    at += kSegmentFencePostBytes;
  }
  return bytes;
}

std::vector<SegmentFencePost> DecodeSegmentFence(std::string_view bytes) {
  std::vector<SegmentFencePost> fence;
  fence.reserve(bytes.size() / kSegmentFencePostBytes);
  for (; bytes.size() >= kSegmentFencePostBytes; bytes.remove_prefix(kSegmentFencePostBytes)) {
    fence.push_back({.id = {Get<uint64_t>(bytes, 0)},
                     .base = {Get<uint64_t>(bytes, 8)},
                     .page_at = Get<uint64_t>(bytes, 16)});
  }
  return fence;
}

std::string EncodeSegmentFooter(const SegmentFooter& footer) {
  std::string bytes(kSegmentFooterBytes, '\0');
  char* at = bytes.data();
  std::memcpy(at + 4, kFooterMagic, sizeof kFooterMagic);
  std::memcpy(at + 16, footer.header.directory.data(), footer.header.directory.size());
  Put<uint64_t>(at, 32, footer.header.number);
  Put<uint64_t>(at, 40, footer.streams);
  Put<uint64_t>(at, 48, footer.runs);
  Put<uint64_t>(at, 56, footer.data_bytes);
  Put<uint64_t>(at, 64, footer.filter_at);
  Put<uint32_t>(at, 72, footer.filter_bytes);
  Put<uint32_t>(at, 76, footer.filter_crc);
  Put<uint32_t>(at, 80, footer.fence_posts);
  Put<uint32_t>(at, 84, footer.fence_crc);
  Seal(bytes);
  return bytes;
}

std::optional<SegmentFooter> DecodeSegmentFooter(std::string_view bytes) {
  if (bytes.size() != kSegmentFooterBytes || !IsSealed(bytes) ||
      std::memcmp(bytes.data() + 4, kFooterMagic, sizeof kFooterMagic) != 0) {
    return std::nullopt;
  }
  SegmentFooter footer;
  std::memcpy(footer.header.directory.data(), bytes.data() + 16, footer.header.directory.size());
  footer.header.number = Get<uint64_t>(bytes, 32);
  footer.streams = Get<uint64_t>(bytes, 40);
  footer.runs = Get<uint64_t>(bytes, 48);
  footer.data_bytes = Get<uint64_t>(bytes, 56);
  footer.filter_at = Get<uint64_t>(bytes, 64);
  footer.filter_bytes = Get<uint32_t>(bytes, 72);
  footer.filter_crc = Get<uint32_t>(bytes, 76);
  footer.fence_posts = Get<uint32_t>(bytes, 80);
  footer.fence_crc = Get<uint32_t>(bytes, 84);
  if (footer.filter_at > kSegmentFileBytesMax) return std::nullopt;
  return footer;
}

std::string SegmentFileName(uint64_t number) { return NumberedName(number, kNameEnding); }

std::string SegmentFilePath(uint64_t number) {
  return std::string(kSegmentsFolder) + "/" + SegmentFileName(number);
}

std::optional<uint64_t> SegmentFileNumber(std::string_view name) {
  return NumberIn(name, kNameEnding);
}

bool NamesSegment(const CatalogHead& head, std::string_view name) {
  const auto number = SegmentFileNumber(name);
  return number && std::ranges::any_of(head.segments, [&number](const SegmentInfo& info) {
           return info.number == *number;
         });
}

}  // namespace thalweg
