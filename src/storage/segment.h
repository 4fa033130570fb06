// A sealed segment, for reading: which bytes of which streams it has, and those bytes, verified.
//
// Immutable; shared by whoever reads. Keeps only the filter and the fence in memory, and which
// blocks were verified; every other look is one or two reads of the file. A checksum that fails is
// a fault, never data. (docs/ARCHITECTURE.md, "Bytes that are sent from a file")
// THREAD: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/disk.h"
#include "storage/fault.h"
#include "storage/segment_format.h"
#include "storage/verified_blocks.h"
#include "thalweg/bytes.h"
#include "thalweg/http.h"

namespace thalweg {

// How much a read gives, and how it may go about it.
struct StretchRequest {
  size_t bytes_max = 0;
  bool at_least_one = true;   // append is given, however long
  size_t part_bytes_max = 0;  // but of a longer one only so much; 0: all of it
  bool from_inside = false;   // the read may begin inside an append
  bool with_ends = false;     // fills SegmentStretch::ends
  bool files = false;         // a long stretch may be given as a part of the file
  // Else kWouldWait where something has to be read from the disk, or a long stretch to be verified.
  bool may_wait = true;
};

// Whole appends of one stream, or a part of a long one.
struct SegmentStretch {
  bool boundary = true;  // false: the read would have begun inside an append; nothing else is set
  bool ends_inside = false;  // an append
  Bytes bytes{};
  FileRange file{};  // has them, where its length is not 0
  Offset end;
  std::vector<Offset> ends{};  // of each append, where they were asked for
};

// Bytes of a run, counted from its first.
struct RunWindow {
  uint32_t begin = 0;
  uint32_t end = 0;

  uint32_t bytes() const { return end - begin; }
};

class Segment {
 public:
  // Opens the file of this number. kForeign: of another directory or version.
  [[nodiscard]] static StorageResult<std::shared_ptr<const Segment>> Open(
      Disk& disk, const SegmentHeader& expected);

  // The same of a file that is open, whose path is told to the operator.
  [[nodiscard]] static StorageResult<std::shared_ptr<const Segment>> OpenFile(
      std::string path, std::unique_ptr<File> file, const SegmentHeader& expected);

  // The last run of `id` that begins at or before `at`; null: there is none here.
  [[nodiscard]] StorageResult<std::optional<SegmentRun>> RunAt(StreamId id, Offset at,
                                                               bool may_wait = true) const;

  // The newest state of `id`; null: nothing of it is here.
  [[nodiscard]] StorageResult<std::optional<std::string>> StateOf(StreamId id,
                                                                  bool may_wait = true) const;

  // What `request` asks of `run` from `from` to at most `limit`; nothing where not one append fits.
  // REQUIRES: the run begins at or before `from` and ends behind it; from < limit.
  [[nodiscard]] StorageResult<SegmentStretch> Read(const SegmentRun& run, Offset from, Offset limit,
                                                   const StretchRequest& request) const;

  // How many bytes of `id` are here.
  [[nodiscard]] StorageResult<uint64_t> BytesOf(StreamId id) const;

  const SegmentFooter& footer() const { return footer_; }
  size_t pages() const { return fence_.size(); }

  // The runs of an index page. REQUIRES: index < pages().
  [[nodiscard]] StorageResult<std::vector<SegmentRun>> Page(size_t index,
                                                            bool may_wait = true) const;

  // Exactly these bytes of the file, as many as `out` has.
  [[nodiscard]] StorageResult<void> ReadInto(uint64_t at, std::span<char> out,
                                             bool may_wait = true) const;

  // Whether what `other` holds and what is held here have the same checksums, and so are the same.
  // Reads the index of both, not the bytes.
  [[nodiscard]] StorageResult<bool> IsLike(const Segment& other) const;

  // A fault of this file at `at`.
  std::unexpected<StorageFault> DamageAt(uint64_t at, const std::string& what) const;

  // For OpenFile.
  Segment(std::string path, std::unique_ptr<File> file)
      : path_(std::move(path)), file_(std::move(file)) {}

 private:
  StorageResult<void> Load(const SegmentHeader& expected);
  StorageResult<void> ReadUnverified(uint64_t at, std::span<char> out, bool may_wait) const;
  StorageResult<std::string> ReadFile(uint64_t at, size_t bytes, bool may_wait = true) const;
  StorageResult<RunTables> Tables(const SegmentRun& run, bool may_wait) const;
  StorageResult<std::string> ReadBlocks(const SegmentRun& run, const RunTables& tables,
                                        RunWindow blocks, bool may_wait) const;
  StorageResult<void> VerifyBlocks(const SegmentRun& run, const RunTables& tables, RunWindow blocks,
                                   bool may_wait) const;
  void ReadAhead(uint64_t at, uint64_t& asked) const;
  StorageResult<void> VerifyBlock(uint64_t at, size_t bytes, uint32_t crc) const;
  bool Fits(uint64_t at, uint64_t bytes) const { return at <= size_ && bytes <= size_ - at; }
  size_t PageOf(StreamId id, Offset at) const;

  const std::string path_;
  const std::shared_ptr<File> file_;  // shared with what is being sent of it
  uint64_t size_ = 0;
  mutable VerifiedBlocks verified_{0};
  SegmentFooter footer_;
  std::string filter_;
  std::vector<SegmentFencePost> fence_;
};

// The bytes of `run` from block `first_block` on, where they fit its checksums.
bool BlocksAreIntact(std::string_view bytes, const RunTables& tables, size_t first_block);

}  // namespace thalweg
