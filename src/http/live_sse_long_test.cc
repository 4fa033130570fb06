// SSE responses to appends and backlogs that take many pieces, over a memory engine. (protocol 5.8)
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "http/live.h"
#include "http/live_sse.h"
#include "http/live_test_support.h"
#include "http/sse.h"

namespace thalweg {
namespace {

TEST(SseReadersOfLongAppends, GetALongBacklogInPagesThatSayOnlyAtTheLastThatTheyAreUpToDate) {
  LiveBench bench;
  bench.Create("/s");
  const std::string line(20'000, 'x');
  for (int i = 0; i < 3; ++i) bench.Append("/s", line);
  RecordingResponder& reply = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), reply);
  EXPECT_EQ(reply.body(), TextEvent(line) + ControlEvent(20'000, bench.cursor(), false) +
                              TextEvent(line) + ControlEvent(40'000, bench.cursor(), false) +
                              TextEvent(line) + ControlEvent(60'000, bench.cursor()));
}

// A text that goes to readers in so many pieces, with lines of more than one kind.
std::string LongText(size_t pieces) {
  std::string text;
  for (size_t i = 0; text.size() < pieces * kSsePartBytesMax - 7; ++i) {
    text += i % 3 == 0 ? "line\r\n" : " x\n";
  }
  return text;
}

// The events of a text stream of these appends, each an event of its own.
std::string EventsOf(const std::vector<std::string>& appends, uint64_t cursor) {
  std::string events;
  uint64_t offset = 0;
  for (const std::string& append : appends) {
    SseDataState state;
    AppendSseData(ContentKind::kText, {Bytes::Own(append)}, false, state, events);
    offset += append.size();
    events += ControlEvent(offset, cursor, &append == &appends.back());
  }
  return events;
}

TEST(SseReadersOfLongAppends, GetALongAppendPieceByPieceAsTheyHaveRoom) {
  LiveBench bench;
  bench.Create("/s");
  const std::vector<std::string> appends = {std::string(20'000, 'a'), LongText(5),
                                            std::string(20'000, 'b')};
  for (const std::string& append : appends) bench.Append("/s", append);
  RecordingResponder& reply = bench.NewReply();
  reply.set_room(0);
  bench.live().Sse(bench.At("/s", 0), reply);
  int pieces = 1;
  for (; !reply.body().ends_with("\"upToDate\":true}\n\n") && pieces < 100; ++pieces) {
    EXPECT_LT(reply.last_written().size(), 7 * kSsePartBytesMax);
    reply.MakeRoom(0);
  }
  EXPECT_EQ(pieces, 7) << "two short ones, and five of the long one";
  EXPECT_TRUE(reply.body() == EventsOf(appends, bench.cursor()));
}

TEST(SseReadersOfLongAppends, WhoAreLiveGetALongAppendTogetherAndWhoFallBehindInItCatchUp) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& quick = bench.NewReply();
  RecordingResponder& slow = bench.NewReply();
  RecordingResponder& slower = bench.NewReply();
  for (RecordingResponder* reply : {&quick, &slow, &slower}) {
    bench.live().Sse(bench.At("/s", 0), *reply);
    reply->TakeBody();
  }
  slow.set_room(3 * kSsePartBytesMax);
  slower.set_room(0);
  const std::vector<std::string> appends = {LongText(4), "next"};
  for (const std::string& append : appends) bench.Append("/s", append);
  EXPECT_LT(slow.body().size(), quick.body().size());
  EXPECT_LT(slower.body().size(), slow.body().size());
  slow.MakeRoom();
  for (int i = 0; i < 3; ++i) slower.MakeRoom(0);
  bench.Append("/s", "last");
  slower.MakeRoom();
  std::string quick_body = quick.TakeBody();
  EXPECT_TRUE(quick_body.find("data:next\n\n") != std::string::npos);
  EXPECT_TRUE(quick_body.ends_with(TextEvent("last") +
                                   ControlEvent(appends[0].size() + 8, bench.cursor())));
  const size_t long_bytes = quick_body.find("event: control");
  EXPECT_TRUE(slow.body().substr(0, long_bytes) == quick_body.substr(0, long_bytes));
  EXPECT_TRUE(slower.body().substr(0, long_bytes) == quick_body.substr(0, long_bytes));
  EXPECT_TRUE(slower.body().ends_with(ControlEvent(appends[0].size() + 8, bench.cursor())));
  bench.Append("/s", "!");
  for (RecordingResponder* reply : {&quick, &slow, &slower}) {
    EXPECT_TRUE(reply->body().ends_with(TextEvent("!") +
                                        ControlEvent(appends[0].size() + 9, bench.cursor())));
  }
}

TEST(SseReadersOfLongAppends, ShareThePiecesOfALongAppendHoweverFarApartTheyAre) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", LongText(5));
  auto& replies = bench.NewReplies(9);
  for (size_t i = 0; i < replies.size(); ++i) {
    replies[i].set_room(0);
    bench.live().Sse(bench.At("/s", 0), replies[i]);
    for (size_t piece = i % 3; piece > 0; --piece) replies[i].MakeRoom(0);
  }
  std::set<const char*> pieces;
  for (const RecordingResponder& reply : replies) pieces.insert(reply.last_written().data());
  EXPECT_EQ(pieces.size(), 3u);
}

TEST(SseReadersOfLongAppends, AreCutOffInsideAnEventWhereTheyTakeNothingPastTheirEnd) {
  LiveBench bench(With(&RouterOptions::sse_max_age_ms, 10'000));
  bench.Create("/s");
  bench.Append("/s", LongText(4));
  auto& replies = bench.NewReplies(3);
  for (RecordingResponder& reply : replies) {
    reply.set_room(0);
    bench.live().Sse(bench.At("/s", 0), reply);
  }
  RecordingResponder& slow = replies[0];
  RecordingResponder& stalled = replies[1];
  RecordingResponder& at_shutdown = replies[2];
  bench.AdvanceMs(250'000);
  slow.MakeRoom(0);
  at_shutdown.MakeRoom(0);
  bench.AdvanceMs(100'000);
  EXPECT_TRUE(stalled.aborted());
  EXPECT_FALSE(slow.aborted()) << "it comes to its end some time";
  slow.MakeRoom();
  EXPECT_TRUE(slow.finished());
  bench.live().Shutdown();
  EXPECT_FALSE(at_shutdown.aborted());
  bench.AdvanceMs(12'000);
  EXPECT_TRUE(at_shutdown.aborted());
}

TEST(SseReadersOfLongAppends, AreCutOffSoonAfterAShutdownHoweverSeldomTheirTimersAre) {
  LiveBench bench(With(&RouterOptions::sse_heartbeat_ms, 0));
  bench.Create("/s");
  bench.Append("/s", LongText(4));
  RecordingResponder& before = bench.NewReply();
  RecordingResponder& after = bench.NewReply();
  before.set_room(0);
  after.set_room(0);
  bench.live().Sse(bench.At("/s", 0), before);
  bench.live().Shutdown();
  bench.live().Sse(bench.At("/s", 0), after);
  bench.AdvanceMs(9'000);
  EXPECT_FALSE(before.aborted());
  EXPECT_FALSE(after.aborted());
  bench.AdvanceMs(3'000);
  EXPECT_TRUE(before.aborted());
  EXPECT_TRUE(after.aborted());
}

TEST(SseReadersOfLongAppends, HearNothingElseInsideAnEventAndEndOnlyBehindIt) {
  RouterOptions options;
  options.sse_heartbeat_ms = 1000;
  options.sse_max_age_ms = 5000;
  LiveBench bench(options);
  bench.Create("/s");
  bench.Append("/s", LongText(3));
  RecordingResponder& aging = bench.NewReply();
  RecordingResponder& at_shutdown = bench.NewReply();
  RecordingResponder& of_the_deleted = bench.NewReply();
  for (RecordingResponder* reply : {&aging, &at_shutdown, &of_the_deleted}) {
    reply->set_room(0);
    bench.live().Sse(bench.At("/s", 0), *reply);
    reply->TakeBody();
  }
  bench.AdvanceMs(20'000);
  EXPECT_EQ(aging.body(), "");
  EXPECT_FALSE(aging.finished());
  aging.MakeRoom();
  EXPECT_TRUE(aging.body().ends_with("\"upToDate\":true}\n\n"));
  EXPECT_TRUE(aging.finished());

  bench.live().Shutdown();
  EXPECT_FALSE(at_shutdown.finished());
  at_shutdown.MakeRoom();
  EXPECT_TRUE(at_shutdown.body() == aging.body());
  EXPECT_TRUE(at_shutdown.finished());

  bench.Remove("/s");
  of_the_deleted.MakeRoom();
  EXPECT_TRUE(of_the_deleted.aborted()) << "a part of an event must not look like all of it";
  EXPECT_EQ(of_the_deleted.body(), "");
}

TEST(SseReadersOfLongAppends, ShareALongAppendThatTheyCatchUpWithWhileSomebodyHoldsIt) {
  LiveBench bench;
  bench.Create("/bytes", "application/x-protobuf");
  bench.Append("/bytes", std::string(1 << 20, 'a'));
  auto& replies = bench.NewReplies(2);
  for (RecordingResponder& reply : replies) {
    reply.set_room(1);
    bench.live().Sse(bench.At("/bytes", 0), reply);
  }
  EXPECT_EQ(replies[0].body(), replies[1].body());
  EXPECT_EQ(replies[0].last_written().data(), replies[1].last_written().data());
  bench.Append("/bytes", "b");
  RecordingResponder& later = bench.NewReply();
  later.set_room(1);
  bench.live().Sse(bench.At("/bytes", 0), later);
  EXPECT_EQ(later.body().find("upToDate"), std::string::npos) << "it is another event now";
}

}  // namespace
}  // namespace thalweg
