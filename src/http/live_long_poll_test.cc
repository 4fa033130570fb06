// Long-polls through LiveReaders, over a memory engine. (protocol 5.7)
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "http/live_poll.h"
#include "http/live_polls.h"
#include "http/live_shared.h"
#include "http/live_test_support.h"

namespace thalweg {
namespace {

void ExpectNothingNew(const RecordingResponder& reply, uint64_t offset, bool closed) {
  EXPECT_EQ(reply.status(), 204);
  EXPECT_TRUE(reply.finished());
  EXPECT_EQ(reply.body(), "");
  EXPECT_EQ(reply.Header("stream-next-offset"), OffsetText(offset));
  EXPECT_EQ(reply.Header("stream-up-to-date"), "true");
  EXPECT_EQ(reply.Header("cache-control"), "no-store");
  EXPECT_EQ(reply.Header("stream-closed"), closed ? "true" : "");
  EXPECT_EQ(reply.HasHeader("stream-cursor"), !closed);
}

void ExpectData(const RecordingResponder& reply, std::string_view body, uint64_t next) {
  EXPECT_EQ(reply.status(), 200);
  EXPECT_TRUE(reply.finished());
  EXPECT_EQ(reply.body(), body);
  EXPECT_EQ(reply.Header("stream-next-offset"), OffsetText(next));
  EXPECT_EQ(reply.Header("stream-up-to-date"), "true");
  EXPECT_TRUE(reply.HasHeader("stream-cursor"));
}

TEST(LongPoll, AnswersAtOnceWithWhatIsThere) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "hello");
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), reply);
  ExpectData(reply, "hello", 5);
  EXPECT_EQ(reply.Header("stream-cursor"), std::to_string(bench.cursor()));
}

TEST(LongPoll, WaitsAtTheTailAndAnswersWithWhatComes) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "old");
  RecordingResponder& at_tail = bench.NewReply();
  RecordingResponder& from_now = bench.NewReply();
  RecordingResponder& other = bench.NewReply();
  bench.Create("/other");
  bench.live().LongPoll(bench.At("/s", 3), at_tail);
  bench.live().LongPoll(bench.FromNow("/s"), from_now);
  bench.live().LongPoll(bench.At("/other", 0), other);
  EXPECT_EQ(at_tail.status(), 0);
  EXPECT_EQ(bench.live().Stats().long_polls, 3u);
  bench.Append("/s", "new");
  EXPECT_EQ(bench.live().Stats().long_polls, 1u);
  ExpectData(at_tail, "new", 6);
  ExpectData(from_now, "new", 6);
  EXPECT_TRUE(at_tail.HasHeader("etag"));
  EXPECT_FALSE(from_now.HasHeader("etag")) << "what `now` means changes";
  EXPECT_EQ(from_now.Header("cache-control"), "no-store");
  EXPECT_EQ(other.status(), 0) << "another stream";
  other.Cancel();
}

TEST(LongPoll, WaitsFromTheStartOfAnEmptyStream) {
  LiveBench bench;
  bench.Create("/s", "application/json");
  LiveRequest request;
  request.path = "/s";
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(std::move(request), reply);
  EXPECT_EQ(reply.status(), 0);
  bench.Append("/s", "1,2,");
  ExpectData(reply, "[1,2]", 4);
}

TEST(LongPoll, TimesOutWithTheReadersOwnOffset) {
  LiveBench bench(With(&RouterOptions::long_poll_timeout_ms, 1000));
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 3), reply);
  bench.AdvanceMs(990);
  EXPECT_EQ(reply.status(), 0) << "never early";
  bench.AdvanceMs(50);
  ExpectNothingNew(reply, 3, false);
  bench.Append("/s", "later");  // nobody is left to hear of it
}

TEST(LongPoll, AnswersTheTimeoutWithDataThatHasNotBeenToldOfYet) {
  LiveBench bench(With(&RouterOptions::long_poll_timeout_ms, 1000));
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), reply);
  bench.AdvanceMs(900);
  bench.clock().AdvanceMs(200);
  bench.AppendQuietly("/s", "just in time");
  bench.RunAll();
  ExpectData(reply, "just in time", 12);
}

TEST(LongPoll, TellsOfClosureWithoutWaiting) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& waiting = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  RecordingResponder& with_data = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 3), waiting);
  bench.Close("/s");
  ExpectNothingNew(waiting, 3, true);
  bench.live().LongPoll(bench.FromNow("/s"), late);
  ExpectNothingNew(late, 3, true);
  bench.live().LongPoll(bench.At("/s", 0), with_data);
  ExpectData(with_data, "abc", 3);
  EXPECT_EQ(with_data.Header("stream-closed"), "true");
}

TEST(LongPoll, DeliversTheDataOfAnAppendThatCloses) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), reply);
  bench.Append("/s", "last words", true);
  ExpectData(reply, "last words", 10);
  EXPECT_EQ(reply.Header("stream-closed"), "true");
}

TEST(LongPoll, AnswersADeletedStreamAsMissing) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& waiting = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), waiting);
  bench.Remove("/s");
  EXPECT_EQ(waiting.status(), 404);
  bench.live().LongPoll(bench.At("/s", 0), late);
  EXPECT_EQ(late.status(), 404);
}

TEST(LongPoll, AnswersAStreamThatForksHoldAsGone) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  CreateCommand fork;
  fork.path = "/fork";
  fork.fork_source = "/s";
  ASSERT_EQ(bench.engine().Create(fork).verdict, CreateVerdict::kCreated);
  RecordingResponder& waiting = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 3), waiting);
  bench.Remove("/s");
  EXPECT_EQ(waiting.status(), 410);
  bench.live().LongPoll(bench.At("/s", 3), late);
  EXPECT_EQ(late.status(), 410);
}

TEST(LongPoll, RefusesOffsetsThatAreNoBoundary) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& inside = bench.NewReply();
  RecordingResponder& beyond = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 1), inside);
  EXPECT_EQ(inside.status(), 400);
  EXPECT_NE(inside.body().find("offset-not-a-boundary"), std::string::npos) << inside.body();
  bench.live().LongPoll(bench.At("/s", 4), beyond);
  EXPECT_EQ(beyond.status(), 400);
  EXPECT_NE(beyond.body().find("offset-beyond-tail"), std::string::npos) << beyond.body();
}

// A cache that answers them together can do so again: they ask for one URL next, too.
TEST(LongPoll, AnswersWhoAskedForOneUrlWithOneCursorOnWhateverLoop) {
  LiveBench loop, other_loop;
  const auto answer = [](LiveBench& bench, uint64_t ahead) {
    RecordingResponder& reply = bench.NewReply();
    LiveRequest request = bench.At("/s", 0);
    request.cursor = bench.cursor() + ahead;
    bench.live().LongPoll(std::move(request), reply);
    return std::stoull(reply.Header("stream-cursor"));
  };
  for (LiveBench* bench : {&loop, &other_loop}) {
    bench->Create("/s");
    bench->Append("/s", "x");
  }
  std::set<uint64_t> steps;
  for (const uint64_t ahead : {0, 1, 2, 3, 50, 700}) {
    const uint64_t cursor = answer(loop, ahead);
    EXPECT_EQ(answer(loop, ahead), cursor);
    EXPECT_EQ(answer(other_loop, ahead), cursor);
    steps.insert(cursor - ahead);
  }
  EXPECT_GT(steps.size(), 3u) << "a step of any length";
}

TEST(LongPoll, AnswersACursorGreaterThanTheClients) {
  LiveBench bench(With(&RouterOptions::long_poll_timeout_ms, 1000));
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  LiveRequest request = bench.At("/s", 0);
  request.cursor = bench.cursor() + 7;
  bench.live().LongPoll(std::move(request), reply);
  bench.AdvanceMs(1100);
  EXPECT_GT(std::stoull(reply.Header("stream-cursor")), bench.cursor() + 7);
}

TEST(LongPoll, LimitsTheReadersOfOneStream) {
  LiveBench bench(With(&RouterOptions::readers_per_stream_max, 2));
  bench.Create("/s");
  std::deque<RecordingResponder>& replies = bench.NewReplies(4);
  for (int i = 0; i < 3; ++i) bench.live().LongPoll(bench.At("/s", 0), replies[i]);
  EXPECT_EQ(replies[2].status(), 503);
  EXPECT_TRUE(replies[2].HasHeader("retry-after"));
  replies[0].Cancel();
  bench.live().LongPoll(bench.At("/s", 0), replies[3]);
  EXPECT_EQ(replies[3].status(), 0) << "one has left, so there is room";
  bench.Append("/s", "x");
  EXPECT_EQ(replies[1].status(), 200);
  EXPECT_EQ(replies[3].status(), 200);
}

TEST(LongPoll, IsAnsweredAtShutdownAndAfterItAtOnce) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& waiting = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  RecordingResponder& with_data = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 3), waiting);
  bench.live().Shutdown();
  ExpectNothingNew(waiting, 3, false);
  bench.live().LongPoll(bench.At("/s", 3), late);
  ExpectNothingNew(late, 3, false);
  bench.live().LongPoll(bench.At("/s", 0), with_data);
  ExpectData(with_data, "abc", 3);
}

TEST(LongPoll, ForgetsAClientThatLeaves) {
  LiveBench bench(With(&RouterOptions::long_poll_timeout_ms, 1000));
  bench.Create("/s");
  RecordingResponder& before_data = bench.NewReply();
  RecordingResponder& before_timeout = bench.NewReply();
  RecordingResponder& stays = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), before_data);
  bench.live().LongPoll(bench.At("/s", 0), before_timeout);
  bench.live().LongPoll(bench.At("/s", 0), stays);
  before_data.Cancel();
  bench.AppendQuietly("/s", "abc");
  before_timeout.Cancel();  // the change is on its way already
  bench.RunAll();
  bench.AdvanceMs(2000);
  EXPECT_EQ(before_data.status(), 0);
  EXPECT_EQ(before_timeout.status(), 0);
  EXPECT_EQ(stays.status(), 200);
}

TEST(LongPoll, EndsWithItsRouter) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  bench.live().LongPoll(bench.At("/s", 0), reply);
  bench.EndLive();
  EXPECT_TRUE(reply.aborted());
  bench.Append("/s", "nobody hears this");
  bench.AdvanceMs(60'000);
}

}  // namespace
}  // namespace thalweg
