#include "storage/segment.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "base/crc32c.h"
#include "storage/page_cache.h"
#include "storage/stream_filter.h"

namespace thalweg {
namespace {

// Blocks are verified in pieces, so that it takes no memory of the heap.
constexpr size_t kVerifiedPieceBytes = 16u << 10;

// How far ahead of what is verified the disk reads. A cold replay alone: 740 to 810 MiB/s without,
// 820 to 880 with 1 MiB, 940 to 1,000 with 2 MiB; but commits wait for the disk behind what it
// reads. Half of 10,000 appends a second beside it take 0.9 ms with 1 MiB, 0.5 with half of that,
// 0.4 with a quarter, and the replay 0.41, 0.42 and 0.46 s (medians of five, in turns).
constexpr size_t kReadAheadBytes = 512u << 10;

// What a read is to give from `begin` on, whole appends or a part of one.
struct Chosen {
  RunWindow window;
  bool ends_inside = false;
};

// Null: no append begins at `begin`.
std::optional<Chosen> Choose(const RunTables& tables, uint32_t begin, uint64_t limit,
                             const StretchRequest& request) {
  const auto& ends = tables.ends;
  const auto after = std::upper_bound(ends.begin(), ends.end(), begin);
  const bool boundary = begin == 0 || (after != ends.begin() && *(after - 1) == begin);
  if (!boundary && !request.from_inside) return std::nullopt;
  const uint64_t room = begin + std::min<uint64_t>(limit - begin, request.bytes_max);
  const auto behind = std::upper_bound(after, ends.end(), room);
  if (behind != after) return Chosen{{begin, *(behind - 1)}};
  if (!request.at_least_one) return Chosen{{begin, begin}};
  const bool is_cut = request.part_bytes_max != 0 && *after - begin > request.part_bytes_max;
  if (!is_cut) return Chosen{{begin, *after}};
  return Chosen{{begin, begin + static_cast<uint32_t>(request.part_bytes_max)}, true};
}

// The window with what its first and its last block have besides it.
RunWindow WidenToBlocks(const SegmentRun& run, RunWindow window) {
  const auto begin = static_cast<uint32_t>(window.begin / kSegmentBlockBytes * kSegmentBlockBytes);
  const size_t blocks = (window.end + kSegmentBlockBytes - 1) / kSegmentBlockBytes;
  return {begin, static_cast<uint32_t>(std::min<size_t>(blocks * kSegmentBlockBytes, run.bytes))};
}

// Adds where the appends between `begin` and `end` end.
void CollectEnds(const RunTables& tables, Offset base, uint32_t begin, uint32_t end,
                 std::vector<Offset>& out) {
  const auto first = std::upper_bound(tables.ends.begin(), tables.ends.end(), begin);
  const auto behind = std::upper_bound(first, tables.ends.end(), end);
  out.reserve(static_cast<size_t>(behind - first));
  for (auto it = first; it != behind; ++it) out.push_back({base.value + *it});
}

// A short part of what was read does not keep all of it in memory.
Bytes Part(std::string read, size_t begin, size_t bytes) {
  if (bytes < read.size() / 2) return Bytes::Own(read.substr(begin, bytes));
  return Bytes::Own(std::move(read)).Slice(begin, bytes);
}

}  // namespace

bool BlocksAreIntact(std::string_view bytes, const RunTables& tables, size_t first_block) {
  for (size_t block = first_block; !bytes.empty(); ++block) {
    const std::string_view piece = bytes.substr(0, kSegmentBlockBytes);
    if (block >= tables.block_crcs.size() || Crc32c(piece) != tables.block_crcs[block]) {
      return false;
    }
    bytes.remove_prefix(piece.size());
  }
  return true;
}

StorageResult<std::shared_ptr<const Segment>> Segment::Open(Disk& disk,
                                                            const SegmentHeader& expected) {
  std::string path = SegmentFilePath(expected.number);
  auto file = disk.Open(path, Disk::Mode::kRead);
  if (!file && file.error().code == ENOENT) return DamageFault(file.error().message);
  if (!file) return DiskFault(file.error());
  return OpenFile(std::move(path), std::move(*file), expected);
}

StorageResult<std::shared_ptr<const Segment>> Segment::OpenFile(std::string path,
                                                                std::unique_ptr<File> file,
                                                                const SegmentHeader& expected) {
  auto segment = std::make_shared<Segment>(std::move(path), std::move(file));
  if (const auto loaded = segment->Load(expected); !loaded) return std::unexpected(loaded.error());
  return segment;
}

StorageResult<void> Segment::Load(const SegmentHeader& expected) {
  const auto size = file_->Size();
  if (!size) return DiskFault(size.error());
  size_ = *size;
  verified_ = VerifiedBlocks(size_);
  ExpectRandomReads(file_->fd());
  if (size_ < kSegmentHeaderBytes + kSegmentFooterBytes) return DamageAt(size_, "ends early");
  const auto head = ReadFile(0, kSegmentHeaderBytes);
  if (!head) return std::unexpected(head.error());
  const auto header = DecodeSegmentHeader(*head);
  if (!header && header.error() == SegmentHeaderFault::kVersion) {
    return ForeignFault(path_ + " is of another format version than ours, " +
                        std::to_string(kSegmentVersion));
  }
  if (!header) return DamageAt(0, "has no valid header");
  if (*header != expected) {
    return ForeignFault(path_ + " belongs to another data directory or has another number");
  }
  const uint64_t footer_at = size_ - kSegmentFooterBytes;
  const auto tail = ReadFile(footer_at, kSegmentFooterBytes);
  if (!tail) return std::unexpected(tail.error());
  const auto footer = DecodeSegmentFooter(*tail);
  if (!footer || footer->header != expected || footer->file_bytes() != size_) {
    return DamageAt(footer_at, "has no valid footer");
  }
  footer_ = *footer;
  const size_t fence_bytes = footer_.fence_posts * kSegmentFencePostBytes;
  auto both = ReadFile(footer_.filter_at, footer_.filter_bytes + fence_bytes);
  if (!both) return std::unexpected(both.error());
  const std::string fence = both->substr(footer_.filter_bytes);
  filter_ = both->substr(0, footer_.filter_bytes);
  if (filter_.empty() || Crc32c(filter_) != footer_.filter_crc ||
      Crc32c(fence) != footer_.fence_crc) {
    return DamageAt(footer_.filter_at, "fails its checksum");
  }
  fence_ = DecodeSegmentFence(fence);
  return {};
}

StorageResult<std::string> Segment::ReadFile(uint64_t at, size_t bytes, bool may_wait) const {
  // A length that does not fit the file would cost its memory before the disk says so.
  if (!Fits(at, bytes)) return DamageAt(at, "ends early");
  std::string out;
  StorageResult<void> read;
  // (g++ 12 tells the callback its capacity instead of the size that was asked for.)
  out.resize_and_overwrite(bytes, [&](char* data, size_t) {
    read = ReadInto(at, std::span(data, bytes), may_wait);
    return read ? bytes : 0;
  });
  if (!read) return std::unexpected(read.error());
  return out;
}

// A read that may not wait begins to bring what is missing, and where the disk is quick it is there
// before that read gives up: it succeeds, and what came from the disk is verified by nobody.
StorageResult<void> Segment::ReadInto(uint64_t at, std::span<char> out, bool may_wait) const {
  if (!verified_.HasNear(at, out.size())) return ReadUnverified(at, out, may_wait);
  const uint64_t before = DiskReadsOfThread();
  auto read = ReadUnverified(at, out, may_wait);
  if (DiskReadsOfThread() != before) verified_.Forget(at, out.size());
  return read;
}

// What comes from the disk may come with neighbours, and none of it is verified yet. REQUIRES: what
// was not in memory just now, and stands near, does not count as verified.
StorageResult<void> Segment::ReadUnverified(uint64_t at, std::span<char> out, bool may_wait) const {
  const int fd = file_->fd();
  if (fd >= 0) {
    if (ReadIfCached(fd, at, out)) return {};
    verified_.Forget(at, out.size());
    if (!may_wait) return WouldWait();
  }
  const auto got = file_->ReadAt(at, out);
  if (!got) {  // it was durable once
    return std::unexpected(StorageFault{
        .kind = StorageFault::Kind::kDamage, .message = got.error().message, .is_refusal = true});
  }
  if (*got != out.size()) return DamageAt(at + *got, "ends early");
  return {};
}

std::unexpected<StorageFault> Segment::DamageAt(uint64_t at, const std::string& what) const {
  return DamageFault(path_ + " " + what + " at byte " + std::to_string(at));
}

// The page that has the last run at or before (id, at), where there is one.
size_t Segment::PageOf(StreamId id, Offset at) const {
  const auto after = std::upper_bound(fence_.begin(), fence_.end(), std::tuple(id, at),
                                      [](const auto& key, const SegmentFencePost& post) {
                                        return key < std::tuple(post.id, post.base);
                                      });
  return after == fence_.begin() ? 0 : static_cast<size_t>(after - fence_.begin()) - 1;
}

StorageResult<std::vector<SegmentRun>> Segment::Page(size_t index, bool may_wait) const {
  THALWEG_ASSERT(index < fence_.size());
  const SegmentFencePost& post = fence_[index];
  const auto bytes = ReadFile(post.page_at, kSegmentPageBytes, may_wait);
  if (!bytes) return std::unexpected(bytes.error());
  auto runs = DecodeSegmentPage(*bytes);
  if (!runs || runs->front().id != post.id || runs->front().base != post.base) {
    return DamageAt(post.page_at, "has no valid index page");
  }
  return *std::move(runs);
}

// Pages have the checksums of tables, which have those of bytes; the footer has none of pages.
StorageResult<bool> Segment::IsLike(const Segment& other) const {
  if (footer_ != other.footer_ || fence_ != other.fence_) return false;
  for (size_t i = 0; i < pages(); ++i) {
    const auto ours = Page(i);
    if (!ours) return std::unexpected(ours.error());
    const auto theirs = other.Page(i);
    if (!theirs) return std::unexpected(theirs.error());
    if (*ours != *theirs) return false;
  }
  return true;
}

StorageResult<std::optional<SegmentRun>> Segment::RunAt(StreamId id, Offset at,
                                                        bool may_wait) const {
  if (fence_.empty() || !StreamFilterMayHave(filter_, id)) return std::nullopt;
  const auto runs = Page(PageOf(id, at), may_wait);
  if (!runs) return std::unexpected(runs.error());
  const auto after = std::upper_bound(
      runs->begin(), runs->end(), std::tuple(id, at),
      [](const auto& key, const SegmentRun& run) { return key < std::tuple(run.id, run.base); });
  if (after == runs->begin() || (after - 1)->id != id) return std::nullopt;
  return *(after - 1);
}

StorageResult<std::optional<std::string>> Segment::StateOf(StreamId id, bool may_wait) const {
  const auto run = RunAt(id, Offset{kOffsetMax}, may_wait);
  if (!run) return std::unexpected(run.error());
  if (!*run) return std::nullopt;
  auto tables = Tables(**run, may_wait);
  if (!tables) return std::unexpected(tables.error());
  if (tables->state.empty()) return DamageAt((*run)->tables_at(), "lacks the state of a stream");
  return std::move(tables->state);
}

StorageResult<RunTables> Segment::Tables(const SegmentRun& run, bool may_wait) const {
  const auto bytes = ReadFile(run.tables_at(), run.tables_bytes(), may_wait);
  if (!bytes) return std::unexpected(bytes.error());
  auto tables = DecodeRunTables(*bytes, run);
  if (!tables) return DamageAt(run.tables_at(), "fails its checksum");
  return *std::move(tables);
}

StorageResult<SegmentStretch> Segment::Read(const SegmentRun& run, Offset from, Offset limit,
                                            const StretchRequest& request) const {
  THALWEG_ASSERT(run.base <= from && from < run.end() && from < limit);
  const auto tables = Tables(run, request.may_wait);
  if (!tables) return std::unexpected(tables.error());
  const auto chosen = Choose(*tables, static_cast<uint32_t>(from.value - run.base.value),
                             limit.value - run.base.value, request);
  if (!chosen) return SegmentStretch{.boundary = false, .end = {}};
  const RunWindow window = chosen->window;
  SegmentStretch stretch{.ends_inside = chosen->ends_inside, .end = {run.base.value + window.end}};
  if (window.bytes() == 0) return stretch;
  const RunWindow blocks = WidenToBlocks(run, window);
  if (request.files && file_->fd() >= 0 && window.bytes() >= kSegmentBlockBytes) {
    const auto intact = VerifyBlocks(run, *tables, blocks, request.may_wait);
    if (!intact) return std::unexpected(intact.error());
    stretch.file = {.owner = file_,
                    .fd = file_->fd(),
                    .begin = run.position + window.begin,
                    .length = window.bytes()};
  } else {
    auto read = ReadBlocks(run, *tables, blocks, request.may_wait);
    if (!read) return std::unexpected(read.error());
    stretch.bytes = Part(*std::move(read), window.begin - blocks.begin, window.bytes());
  }
  if (request.with_ends) CollectEnds(*tables, run.base, window.begin, window.end, stretch.ends);
  return stretch;
}

StorageResult<std::string> Segment::ReadBlocks(const SegmentRun& run, const RunTables& tables,
                                               RunWindow blocks, bool may_wait) const {
  const uint64_t at = run.position + blocks.begin;
  auto read = ReadFile(at, blocks.bytes(), may_wait);
  if (read && !BlocksAreIntact(*read, tables, blocks.begin / kSegmentBlockBytes)) {
    return DamageAt(at, "fails its checksum");
  }
  return read;
}

// Afterwards the blocks are in memory as they were checked.
StorageResult<void> Segment::VerifyBlocks(const SegmentRun& run, const RunTables& tables,
                                          RunWindow blocks, bool may_wait) const {
  const uint64_t at = run.position + blocks.begin;
  if (!Fits(at, blocks.bytes())) return DamageAt(at, "ends early");
  if (!IsCached(file_->fd(), at, blocks.bytes())) {
    if (!may_wait) return WouldWait();
    verified_.Forget(at, blocks.bytes());
  }
  uint64_t asked = at;
  for (RunWindow block = blocks; block.begin < blocks.end; block.begin = block.end) {
    block.end = std::min<uint32_t>(blocks.end, block.begin + kSegmentBlockBytes);
    if (verified_.Has(run.position + block.begin, block.bytes())) continue;
    if (!may_wait) return WouldWait();
    ReadAhead(run.position + block.begin, asked);
    const uint32_t crc = tables.block_crcs[block.begin / kSegmentBlockBytes];
    const auto intact = VerifyBlock(run.position + block.begin, block.bytes(), crc);
    if (!intact) return intact;
    verified_.Add(run.position + block.begin, block.bytes());
  }
  return {};
}

// What stands from `at` on is on its way to memory then, up to `asked`, which the next call gets.
// Reaches beyond the page: who replays asks for the next one.
void Segment::ReadAhead(uint64_t at, uint64_t& asked) const {
  if (asked >= at + kReadAheadBytes / 2) return;
  const uint64_t begin = std::max(at, asked);
  asked = std::min(size_, at + kReadAheadBytes);
  if (begin >= asked || IsCached(file_->fd(), begin, asked - begin)) return;
  verified_.Forget(begin, asked - begin);
  BeginToCache(file_->fd(), begin, asked - begin);
}

StorageResult<void> Segment::VerifyBlock(uint64_t at, size_t bytes, uint32_t crc) const {
  std::array<char, kVerifiedPieceBytes> buffer;
  uint32_t found = 0;
  for (size_t done = 0; done < bytes; done += buffer.size()) {
    const auto piece = std::span(buffer).first(std::min(bytes - done, buffer.size()));
    if (const auto read = ReadUnverified(at + done, piece, true); !read) return read;
    found = Crc32c({piece.data(), piece.size()}, found);
  }
  if (found != crc) return DamageAt(at, "fails its checksum");
  return {};
}

StorageResult<uint64_t> Segment::BytesOf(StreamId id) const {
  uint64_t bytes = 0;
  if (fence_.empty() || !StreamFilterMayHave(filter_, id)) return bytes;
  for (size_t page = PageOf(id, Offset{0}); page < fence_.size() && fence_[page].id <= id; ++page) {
    const auto runs = Page(page);
    if (!runs) return std::unexpected(runs.error());
    for (const SegmentRun& run : *runs) bytes += run.id == id ? run.bytes : 0;
  }
  return bytes;
}

}  // namespace thalweg
