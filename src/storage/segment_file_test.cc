// Stretches of a segment that are given as a part of its file.
#include <gtest/gtest.h>
#include <unistd.h>

#include "storage/page_cache.h"
#include "storage/segment_test_support.h"
#include "storage/segment_walker.h"

namespace thalweg {
namespace {

constexpr StretchRequest kFiles{.bytes_max = SIZE_MAX, .files = true};
constexpr StretchRequest kFilesAtOnce{.bytes_max = SIZE_MAX, .files = true, .may_wait = false};

// One stream of three runs: two of whole and short blocks, one that is short of a block.
class SegmentFile : public testing::Test {
 protected:
  SegmentFile() : segment_(folder_.WriteAndOpen(std::span(&stream_, 1))) {}

  StorageResult<SegmentStretch> Read(Offset from, const StretchRequest& request = kFiles) const {
    const auto run = segment_->RunAt(stream_.id, from);
    if (!run || !*run) return DamageFault("no run");
    return segment_->Read(**run, from, Offset{kOffsetMax}, request);
  }

  static std::string TextOf(const SegmentStretch& stretch) {
    if (stretch.file.length == 0) return std::string(stretch.bytes.view());
    std::string text(stretch.file.length, '\0');
    const auto at = static_cast<off_t>(stretch.file.begin);
    EXPECT_EQ(pread(stretch.file.fd, text.data(), text.size(), at), std::ssize(text));
    return text;
  }

  // All of the stream; what was wrong where it fails.
  std::string ReadAll(const StretchRequest& request = kFiles) const {
    std::string all;
    while (all.size() < bytes_.size()) {
      const auto stretch = Read({all.size()}, request);
      if (!stretch) return stretch.error().message;
      all += TextOf(*stretch);
    }
    return all;
  }

  // Changes the byte of the stream at `at` on the disk and, so, in memory.
  void Damage(size_t at) const {
    std::string bytes = folder_.FileBytes();
    bytes[kSegmentHeaderBytes + at] ^= 1;
    folder_.SetFileBytes(bytes);
  }

  SegmentTestFolder folder_;
  const TestStream stream_{{3}, {0}, std::vector<std::string>(91, TestText(100'000)), "state"};
  const std::string bytes_ = stream_.bytes();
  const std::shared_ptr<const Segment> segment_;
};

TEST_F(SegmentFile, GivesWhatTheStreamHolds) {
  EXPECT_EQ(ReadAll(), bytes_);
  EXPECT_EQ(ReadAll(), bytes_) << "verified before";
  for (const size_t bytes_max : {1, 70'000, 300'000}) {
    EXPECT_EQ(ReadAll({.bytes_max = bytes_max, .files = true}), bytes_) << bytes_max;
  }
}

TEST_F(SegmentFile, GivesLongStretchesAsFilesToWhoTakesThem) {
  EXPECT_GT(Read({0})->file.length, kSegmentRunBytesMax / 2);
  EXPECT_TRUE(Read({0})->bytes.empty());
  EXPECT_EQ(Read({0}, {.bytes_max = SIZE_MAX})->file.length, 0u);
}

TEST_F(SegmentFile, GivesNothingWhereNotOneAppendFitsAndNoneMust) {
  const auto none = Read({0}, {.bytes_max = 99'999, .at_least_one = false, .files = true});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->boundary);
  EXPECT_EQ(none->end, Offset{0});
  EXPECT_FALSE(Read({1}, kFiles)->boundary);
}

TEST_F(SegmentFile, GivesALongAppendInPartsToWhoAsksForThem) {
  StretchRequest request{.bytes_max = 20'000, .part_bytes_max = 70'000};
  std::string all;
  for (uint64_t at = 0; at < 300'000;) {
    const auto part = Read({at}, request);
    ASSERT_TRUE(part && part->boundary);
    EXPECT_EQ(part->bytes.size(), at % 100'000 == 0 ? 70'000u : 30'000u);
    EXPECT_EQ(part->ends_inside, at % 100'000 == 0);
    all += part->bytes.view();
    at = part->end.value;
    request.from_inside = part->ends_inside;
  }
  EXPECT_EQ(all, bytes_.substr(0, 300'000));
  Damage(190'000);
  request.from_inside = true;
  EXPECT_FALSE(Read({170'000}, request)) << "parts are verified, too";
}

TEST_F(SegmentFile, IsNotGivenWhereAByteIsWrong) {
  Damage(4'000'000);
  EXPECT_NE(ReadAll().find("checksum"), std::string::npos);
  EXPECT_NE(ReadAll().find("checksum"), std::string::npos) << "nor is it later";
}

TEST_F(SegmentFile, IsVerifiedAgainWhenItComesFromTheDiskAgain) {
  ASSERT_EQ(ReadAll(), bytes_);
  Damage(4'000'000);
  if (!folder_.DropFromMemory()) GTEST_SKIP() << "the test's folder is not on a disk";
  EXPECT_NE(ReadAll().find("checksum"), std::string::npos);
  EXPECT_NE(ReadAll().find("checksum"), std::string::npos) << "it is in memory now";
}

TEST_F(SegmentFile, IsVerifiedAgainWhenAMergeReadItFromTheDiskFirst) {
  for (int i = 0; i < 10; ++i) {  // on a quick disk the merge may not have to wait for it
    ASSERT_TRUE(ReadAll() == bytes_);
    Damage(4'000'000);
    if (!folder_.DropFromMemory()) GTEST_SKIP() << "the test's folder is not on a disk";
    EXPECT_FALSE(VerifySegment(segment_));
    EXPECT_NE(ReadAll().find("checksum"), std::string::npos);
    Damage(4'000'000);  // as it was
  }
}

TEST_F(SegmentFile, IsReadWithoutWaitingOnceItIsInMemoryAndVerified) {
  EXPECT_EQ(Read({0}, kFilesAtOnce).error().kind, StorageFault::Kind::kWouldWait)
      << "it is in memory, but was never verified";
  EXPECT_EQ(ReadAll(kFiles), bytes_);
  EXPECT_EQ(ReadAll(kFilesAtOnce), bytes_);
  if (!folder_.DropFromMemory()) GTEST_SKIP() << "the test's folder is not on a disk";
  for (int i = 0; i < 2; ++i) {
    const auto refused = Read({0}, kFilesAtOnce);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, StorageFault::Kind::kWouldWait);
  }
  // It is verified again what stands beside what was waited for, or is still on its way.
  for (int reads = 0; ReadAll(kFilesAtOnce) != bytes_; ++reads) {
    ASSERT_LT(reads, 100);
    EXPECT_TRUE(ReadAll(kFiles) == bytes_);
  }
}

TEST_F(SegmentFile, StaysOpenForWhoSendsIt) {
  const auto stretch = Read({0});
  ASSERT_TRUE(stretch);
  std::shared_ptr<const Segment> last = folder_.Open().value();
  const auto run = last->RunAt(stream_.id, {0}).value();
  const auto kept = last->Read(*run, {0}, Offset{kOffsetMax}, kFiles).value();
  last.reset();
  std::filesystem::remove(folder_.PathOf());
  EXPECT_EQ(TextOf(kept), bytes_.substr(0, kept.file.length));
}

}  // namespace
}  // namespace thalweg
