#include "http/compressed_pages.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "http/router_test_support.h"

namespace thalweg {
namespace {

constexpr size_t kMiB = 1u << 20;
const Fields kZstd = {{"accept-encoding", "zstd"}};

Bytes OwnBytes(size_t bytes) { return Bytes::Own(std::string(bytes, 'x')); }

TEST(CompressedPages, AreSharedWhileAnybodyHoldsThem) {
  CompressedPages pages;
  EXPECT_FALSE(pages.Find("a"));
  std::optional<Bytes> first = pages.Share("a", OwnBytes(10 * kMiB));
  EXPECT_EQ(pages.Find("a")->data(), first->data());
  EXPECT_EQ(pages.Share("a", OwnBytes(10 * kMiB)).data(), first->data()) << "there is one already";
  pages.Share("b", OwnBytes(10 * kMiB));
  EXPECT_TRUE(pages.Find("a")) << "held by who was answered with it";
  first.reset();
  EXPECT_FALSE(pages.Find("a"));
  EXPECT_TRUE(pages.Find("b")) << "kept: it is new, and all kept ones are few enough";
  EXPECT_EQ(pages.Share("a", OwnBytes(1)).size(), 1u);
}

TEST(CompressedPages, AreKeptNoLongerThanNewerOnesTakeTheirPlace) {
  CompressedPages pages;
  for (int i = 0; i < 1'000; ++i) pages.Share(std::to_string(i), OwnBytes(kMiB));
  EXPECT_TRUE(pages.Find("999"));
  EXPECT_TRUE(pages.Find("985"));
  EXPECT_FALSE(pages.Find("984")) << "15 of a MiB and what they take beside it";
  pages.Share("larger than all that is kept", OwnBytes(CompressedPages::kKeptBytesMax));
  EXPECT_FALSE(pages.Find("larger than all that is kept"));
}

// What compresses to nothing is not nothing.
TEST(CompressedPages, CountWhatThePlaceOfOneTakes) {
  CompressedPages pages;
  std::deque<Bytes> held;
  while (pages.MakeRoomFor("new", 1)) {
    held.push_back(pages.Share(std::to_string(held.size()), OwnBytes(20)));
  }
  EXPECT_NEAR(static_cast<double>(held.size()), 126'000, 1'000);
}

TEST(CompressedPages, HaveRoomForSoManyBytesThatAreHeldOrOnTheirWay) {
  constexpr size_t kHalf = CompressedPages::kBytesMax / 2;
  CompressedPages pages;
  EXPECT_TRUE(pages.MakeRoomFor("a", 2 * kHalf));
  EXPECT_FALSE(pages.MakeRoomFor("a", 2 * kHalf + 1));
  std::optional<Bytes> page = pages.Share("a", OwnBytes(kHalf - 512));
  CompressedPages::Place place = pages.TakePlace(kHalf);
  EXPECT_FALSE(pages.MakeRoomFor("b", 1));
  EXPECT_TRUE(pages.MakeRoomFor("a", kHalf)) << "it is there already";
  place.reset();
  EXPECT_TRUE(pages.MakeRoomFor("b", kHalf));
  page.reset();
  EXPECT_TRUE(pages.MakeRoomFor("b", 2 * kHalf));
}

TEST(CompressedPages, GiveUpWhatIsOnlyKeptForWhatIsNew) {
  CompressedPages pages;
  for (int i = 0; i < 15; ++i) pages.Share(std::to_string(i), OwnBytes(kMiB));
  EXPECT_TRUE(pages.MakeRoomFor("new", CompressedPages::kBytesMax - 2 * kMiB));
  EXPECT_TRUE(pages.Find("14")) << "as many as need not go";
  EXPECT_FALSE(pages.Find("13"));
  EXPECT_TRUE(pages.MakeRoomFor("new", CompressedPages::kBytesMax));
  EXPECT_FALSE(pages.Find("14"));
}

TEST(CompressedPages, MayBeHeldLongerThanByTheirOwner) {
  std::optional<CompressedPages> pages(std::in_place);
  const Bytes page = pages->Share("a", Bytes::Own("text"));
  const CompressedPages::Place place = pages->TakePlace(1);
  pages.reset();
  EXPECT_EQ(page.view(), "text");
}

// Each holds what it was answered with, as a transport does for a client that takes nothing.
class SlowReaders : public testing::Test {
 protected:
  SlowReaders() {
    bench_.PutText("s");
    std::string page(2 * kMiB, '\0');
    uint32_t random = 1;
    for (int i = 0; i < 40; ++i) {
      for (char& byte : page) {
        random = random * 1664525 + 1013904223;
        byte = static_cast<char>(random >> 24);
      }
      bench_.PostText("s", page);
    }
  }

  const RecordingResponder& Read(size_t page, const Fields& headers = kZstd) {
    bench_.Start(readers_.emplace_back(), Method::kGet, "s?offset=" + OffsetOf(page * 2 * kMiB),
                 headers);
    return readers_.back();
  }

  RouterBench bench_{RouterOptions{.page_bytes_max = 2 * kMiB}};
  std::deque<RecordingResponder> readers_;
};

TEST_F(SlowReaders, ShareAPage) {
  const RecordingResponder& first = Read(0);
  EXPECT_EQ(first.Header("content-encoding"), "zstd");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Read(0).last_written().data(), first.last_written().data());
  }
}

TEST_F(SlowReaders, AreAnsweredUncompressedWhereTheyHoldTooMuch) {
  size_t compressed = 0;
  while (compressed < 40 && Read(compressed).HasHeader("content-encoding")) ++compressed;
  EXPECT_EQ(compressed, 31u) << "random bytes take a little more than they are";
  const RecordingResponder& plain = readers_.back();
  EXPECT_EQ(plain.status(), 200);
  EXPECT_EQ(plain.body().size(), 2 * kMiB);
  EXPECT_EQ(plain.Header("vary"), "accept-encoding");
  EXPECT_NE(plain.Header("etag"), readers_[0].Header("etag"));
  EXPECT_EQ(Read(31, {kZstd[0], {"if-none-match", plain.Header("etag")}}).status(), 304);
  EXPECT_TRUE(Read(0).HasHeader("content-encoding")) << "that one is there";

  readers_.clear();
  const RecordingResponder& again = Read(31);
  EXPECT_EQ(again.Header("content-encoding"), "zstd") << "most are held no more";
  const std::string etag = again.Header("etag");
  for (size_t page = 0; page < 31; ++page) Read(page);
  EXPECT_EQ(Read(31, {kZstd[0], {"if-none-match", etag}}).status(), 304) << "that needs no room";
}

}  // namespace
}  // namespace thalweg
