// Segments on the real disk for tests, and what was written to them: a directory of its own that
// goes with the test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/directory.h"
#include "storage/folder_names.h"
#include "storage/page_cache.h"
#include "storage/posix_disk.h"
#include "storage/segment.h"
#include "storage/segment_writer.h"
#include "testing/temp_folder.h"

namespace thalweg {

// What one stream is to have in a segment.
struct TestStream {
  StreamId id;
  Offset base;
  std::vector<std::string> appends;
  std::string state = "state";

  std::string bytes() const {
    std::string all;
    for (const std::string& append : appends) all += append;
    return all;
  }
  Offset end() const { return {base.value + bytes().size()}; }
};

inline SegmentHeader TestSegmentHeader(uint64_t number = 1) {
  SegmentHeader header{.directory = {}, .number = number};
  header.directory.fill(1);
  return header;
}

// As text of `size` bytes that are not the same everywhere.
inline std::string TestText(size_t size, uint64_t seed = 0) {
  std::string text(size, '\0');
  uint64_t at = seed * 7919;
  for (char& c : text) c = static_cast<char>('a' + at++ % 251 % 26);
  return text;
}

// Writes `stream` to `writer`, all its appends in one call.
inline DiskResult<void> PutStream(SegmentWriter& writer, const TestStream& stream) {
  std::vector<uint32_t> ends;
  uint32_t end = 0;
  for (const std::string& append : stream.appends) {
    ends.push_back(end += static_cast<uint32_t>(append.size()));
  }
  writer.Begin(stream.id, stream.base);
  if (const auto put = writer.Append(stream.bytes(), ends); !put) return put;
  return writer.End(stream.state);
}

class SegmentTestFolder {
 public:
  SegmentTestFolder() {
    std::filesystem::create_directory(folder_ / kSegmentsFolder);
    disk_ = std::move(PosixDisk::Open(folder_.path()).value());
  }

  PosixDisk& disk() { return *disk_; }

  std::unique_ptr<SegmentWriter> Create(uint64_t number = 1, AfterPiece after_piece = {}) {
    Directory folder(*disk_, kSegmentsFolder);
    auto writer = SegmentWriter::Create(folder, TestSegmentHeader(number), std::move(after_piece));
    EXPECT_TRUE(writer) << writer.error().message;
    return *std::move(writer);
  }

  SegmentFooter Write(std::span<const TestStream> streams, uint64_t number = 1) {
    const auto writer = Create(number);
    for (const TestStream& stream : streams) EXPECT_TRUE(PutStream(*writer, stream));
    const auto footer = writer->Finish();
    EXPECT_TRUE(footer);
    return footer.value_or(SegmentFooter{});
  }

  StorageResult<std::shared_ptr<const Segment>> Open(
      const SegmentHeader& expected = TestSegmentHeader()) {
    return Segment::Open(*disk_, expected);
  }

  // One that was written just now; null after a failed expectation.
  std::shared_ptr<const Segment> WriteAndOpen(std::span<const TestStream> streams) {
    Write(streams);
    auto segment = Open();
    EXPECT_TRUE(segment) << segment.error().message;
    return segment ? *std::move(segment) : nullptr;
  }

  std::filesystem::path PathOf(uint64_t number = 1) const {
    return folder_ / kSegmentsFolder + "/" + SegmentFileName(number);
  }

  std::string FileBytes(uint64_t number = 1) const {
    std::ifstream file(PathOf(number), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Puts other bytes in the file's place.
  void SetFileBytes(std::string_view bytes, uint64_t number = 1) const {
    std::ofstream(PathOf(number), std::ios::binary | std::ios::trunc) << bytes;
  }

  // Makes the system read the file from the disk again. False: it is not on one (tmpfs). A page
  // that a processor has just had in hand stays, so it may take several tries.
  bool DropFromMemory(uint64_t number = 1) const {
    const auto file = disk_->Open(SegmentFilePath(number), Disk::Mode::kReadWrite);
    EXPECT_TRUE(file && (*file)->Sync());
    const uint64_t bytes = (*file)->Size().value_or(0);
    for (int tries = 0; tries < kDropsMax; ++tries) {
      (*file)->DropCache({});
      if (!IsAnyCached((*file)->fd(), bytes)) return true;
    }
    EXPECT_TRUE(IsCached((*file)->fd(), 0, bytes)) << "a part of it stays in memory";
    return false;
  }

 private:
  static constexpr int kDropsMax = 100;
  static constexpr uint64_t kPageBytes = 4096;

  static bool IsAnyCached(int fd, uint64_t bytes) {
    for (uint64_t at = 0; at < bytes; at += kPageBytes) {
      if (IsCached(fd, at, 1)) return true;
    }
    return false;
  }

  TempFolder folder_;
  std::unique_ptr<PosixDisk> disk_;
};

}  // namespace thalweg
