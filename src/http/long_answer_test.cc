// Reads of streams that are longer than what is read at a time, through a router.
#include "http/long_answer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "http/compressed_pages.h"
#include "http/router_test_support.h"
#include "storage/memory_log.h"

namespace thalweg {
namespace {

constexpr size_t kAppendBytes = 3u << 20;
constexpr int kAppends = 5;

std::string Text(int append) { return std::string(kAppendBytes, static_cast<char>('a' + append)); }

std::string Inflated(std::string_view packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(kAppends * kAppendBytes + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << "with the right checksum and length";
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class LongAnswers : public testing::Test {
 protected:
  void Fill(RouterBench& bench) {
    bench.PutText("s");
    for (int i = 0; i < kAppends; ++i) {
      bench.PostText("s", Text(i));
      all_ += Text(i);
    }
  }

  // The whole of a compressed answer.
  RecordingResponder& Packed(RouterBench& bench, const std::string& target) {
    RecordingResponder& answer = answers_.emplace_back();
    bench.Start(answer, Method::kGet, target, {{"accept-encoding", "gzip"}});
    bench.executor().RunAll();
    EXPECT_TRUE(answer.finished());
    return answer;
  }

  std::string all_;
  std::deque<RecordingResponder> answers_;
};

TEST_F(LongAnswers, BringAllOfAStreamPieceByPieceAsTheClientTakesThem) {
  RouterBench bench;
  Fill(bench);
  RecordingResponder answer;
  answer.set_room(1);
  bench.Start(answer, Method::kGet, "s?offset=-1");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.content_length(), all_.size());
  EXPECT_EQ(answer.Header("stream-next-offset"), OffsetOf(all_.size()));
  EXPECT_EQ(answer.Header("stream-up-to-date"), "true");
  EXPECT_EQ(answer.body().size(), kAppendBytes);
  bench.PostText("s", "later");
  for (int i = 2; i < kAppends; ++i) {
    answer.MakeRoom(1);
    EXPECT_EQ(answer.body().size(), i * kAppendBytes);
  }
  EXPECT_FALSE(answer.finished());
  answer.MakeRoom(1);
  EXPECT_TRUE(answer.finished());
  EXPECT_EQ(answer.body(), all_) << "and not what came later";
  EXPECT_EQ(bench.Get("s?offset=" + answer.Header("stream-next-offset")).body(), "later");
}

TEST_F(LongAnswers, OfJsonAreOneArray) {
  RouterBench bench;
  std::string want = "[";
  bench.PutJson("s");
  for (int i = 0; i < kAppends; ++i) {
    bench.PostJson("s", "\"" + Text(i) + "\"");
    want += "\"" + Text(i) + "\"" + (i + 1 == kAppends ? "]" : ",");
  }
  const RecordingResponder answer = bench.Get("s?offset=-1");
  EXPECT_EQ(answer.content_length(), want.size());
  EXPECT_EQ(answer.body(), want);
}

TEST_F(LongAnswers, TellOfTheClosureAndHaveATagOfTheirOwn) {
  RouterBench bench;
  Fill(bench);
  const std::string open = bench.Get("s").Header("etag");
  EXPECT_EQ(bench.Head("s").Header("etag"), open);
  bench.Post("s", {{"stream-closed", "true"}}, {});
  const RecordingResponder closed = bench.Get("s");
  EXPECT_EQ(closed.Header("stream-closed"), "true");
  EXPECT_NE(closed.Header("etag"), open);
  const RecordingResponder known = bench.Get("s", {{"if-none-match", closed.Header("etag")}});
  EXPECT_EQ(known.status(), 304);
  EXPECT_EQ(known.body(), "");
}

TEST_F(LongAnswers, AreCompressedPieceByPiece) {
  RouterBench bench(std::make_unique<MemoryLog>(), {});
  Fill(bench);
  bench.executor().RunAll();
  RecordingResponder one, other;
  for (RecordingResponder* answer : {&one, &other}) {
    answer->set_room(1);
    bench.Start(*answer, Method::kGet, "s?offset=-1", {{"accept-encoding", "zstd, gzip"}});
    EXPECT_EQ(answer->Header("content-encoding"), "gzip");
    EXPECT_EQ(answer->content_length(), std::nullopt);
    EXPECT_EQ(answer->Header("stream-next-offset"), OffsetOf(all_.size()));
  }
  size_t compressed = 0;
  while (!one.finished()) {
    compressed += bench.workers().RunAll();
    bench.executor().RunAll();
    for (RecordingResponder* answer : {&one, &other}) answer->MakeRoom(1);
  }
  EXPECT_EQ(compressed, all_.size() / kGzipPieceBytesMax) << "once for both";
  EXPECT_EQ(Inflated(one.body()), all_);
  EXPECT_EQ(Inflated(other.body()), all_);
}

// Of which one piece is at hand at a time, however long what was read first.
TEST_F(LongAnswers, AreCompressedAlsoFromALongAppendOn) {
  RouterBench bench;
  bench.PutText("s");
  bench.PostText("s", std::string(CompressedPages::kBytesMax + 1, 'a'));
  bench.PostText("s", "b");
  EXPECT_EQ(Packed(bench, "s?offset=-1").Header("content-encoding"), "gzip");
}

TEST_F(LongAnswers, OfJsonAreCompressedAsOneArray) {
  RouterBench bench;
  bench.PutJson("s");
  const std::string value = "\"" + std::string(kPieceBytesMax, 'x') + "\"";
  bench.PostJson("s", "[" + value + "," + value + "]");
  bench.PostJson("s", "1");
  const RecordingResponder& answer = Packed(bench, "s");
  EXPECT_EQ(Inflated(answer.body()), "[" + value + "," + value + ",1]");
}

TEST_F(LongAnswers, WithoutWorkersLetOthersHaveTheirTurnBetweenTwoPieces) {
  RouterBench bench;
  Fill(bench);
  RecordingResponder one, other;
  bench.Start(one, Method::kGet, "s", {{"accept-encoding", "gzip"}});
  bench.Start(other, Method::kGet, "s", {{"accept-encoding", "gzip"}});
  size_t tasks = 0;
  for (size_t bytes = 0; bench.executor().RunOne(); ++tasks) {
    EXPECT_LT(one.body().size() - bytes, size_t{kGzipPieceBytesMax} / 8);
    bytes = one.body().size();
  }
  EXPECT_GE(tasks, all_.size() / kGzipPieceBytesMax);
  EXPECT_LT(tasks, 3 * all_.size() / kGzipPieceBytesMax) << "once for both";
  EXPECT_EQ(Inflated(one.body()), all_);
  EXPECT_EQ(Inflated(other.body()), all_);
}

// What is inside of one answer begins or ends another.
TEST_F(LongAnswers, OfJsonShareNoPieceWhichIsFramedInAnotherWay) {
  RouterBench bench;
  bench.PutJson("s");
  const std::string value = "\"" + std::string(kGzipPieceBytesMax - 3, 'x') + "\"";
  constexpr int kValues = 20;
  for (int i = 0; i < kValues; ++i) bench.PostJson("s", value);
  const auto array_of = [&](int values) {
    std::string array = "[" + value;
    for (int i = 1; i < values; ++i) array += "," + value;
    return array + "]";
  };
  EXPECT_EQ(Inflated(Packed(bench, "s").body()), array_of(kValues));
  const std::string later = "s?offset=" + OffsetOf(kGzipPieceBytesMax);
  EXPECT_EQ(Inflated(Packed(bench, later).body()), array_of(kValues - 1));
  bench.PostJson("s", value);
  EXPECT_EQ(Inflated(Packed(bench, "s").body()), array_of(kValues + 1));
}

TEST_F(LongAnswers, AreCutOffWhereTheStreamGoesAway) {
  RouterBench bench;
  Fill(bench);
  RecordingResponder plain, packed;
  plain.set_room(1);
  packed.set_room(1);
  bench.Start(plain, Method::kGet, "s");
  bench.Start(packed, Method::kGet, "s", {{"accept-encoding", "gzip"}});
  bench.executor().RunAll();
  bench.Delete("s");
  plain.MakeRoom();
  packed.MakeRoom();
  EXPECT_TRUE(plain.aborted());
  EXPECT_TRUE(packed.aborted());
}

TEST_F(LongAnswers, EndWithTheirClientOrTheirRouter) {
  RouterBench bench;
  Fill(bench);
  RecordingResponder left, stays;
  for (RecordingResponder* answer : {&left, &stays}) {
    answer->set_room(1);
    bench.Start(*answer, Method::kGet, "s");
  }
  left.Cancel();
  bench.EndRouter();
  EXPECT_TRUE(stays.aborted());
}

TEST_F(LongAnswers, OfAShutDownRouterGoOnForWhoTakesThem) {
  RouterBench bench;
  Fill(bench);
  RecordingResponder quick, stalled;
  for (RecordingResponder* answer : {&quick, &stalled}) {
    answer->set_room(1);
    bench.Start(*answer, Method::kGet, "s");
  }
  bench.router().Shutdown();
  while (!quick.finished()) {
    bench.executor().AdvanceMs(5'000);
    quick.MakeRoom(1);
  }
  EXPECT_EQ(quick.body(), all_);
  EXPECT_TRUE(stalled.aborted());
}

TEST_F(LongAnswers, AreNotLongerThanAnswersMayBe) {
  RouterBench bench{RouterOptions{.page_bytes_max = (kAppends - 1) * kAppendBytes}};
  Fill(bench);
  EXPECT_EQ(bench.Get("s?offset=" + OffsetOf(kAppendBytes)).body(), all_.substr(kAppendBytes));
  const RecordingResponder page = bench.Get("s");
  EXPECT_EQ(page.body(), Text(0));
  EXPECT_FALSE(page.HasHeader("stream-up-to-date"));
  EXPECT_FALSE(bench.Head("s").HasHeader("etag")) << "of which there is no answer";
}

// A client of a long-poll asks again.
TEST_F(LongAnswers, AreNotForLongPolls) {
  RouterBench bench;
  Fill(bench);
  const RecordingResponder page = bench.Get("s?offset=-1&live=long-poll");
  EXPECT_EQ(page.body(), Text(0));
  EXPECT_FALSE(page.HasHeader("stream-up-to-date"));
}

}  // namespace
}  // namespace thalweg
