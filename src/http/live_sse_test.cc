// SSE responses through LiveReaders, over a memory engine. (protocol 5.8)
#include "http/live_sse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/live.h"
#include "http/live_test_support.h"

namespace thalweg {
namespace {

TEST(SseReaders, ArePromisedAnEventStream) {
  LiveBench bench;
  bench.Create("/text");
  bench.Create("/json", "application/json");
  bench.Create("/bytes", "application/x-protobuf");
  RecordingResponder& text = bench.NewReply();
  RecordingResponder& json = bench.NewReply();
  RecordingResponder& bytes = bench.NewReply();
  bench.live().Sse(bench.At("/text", 0), text);
  bench.live().Sse(bench.At("/json", 0), json);
  bench.live().Sse(bench.At("/bytes", 0), bytes);
  EXPECT_EQ(text.status(), 200);
  EXPECT_EQ(text.Header("content-type"), "text/event-stream");
  EXPECT_NE(text.Header("cache-control").find("no-cache"), std::string::npos);
  EXPECT_EQ(text.Header("x-accel-buffering"), "no") << "nginx would keep events until the end";
  EXPECT_EQ(text.content_length(), std::nullopt);
  EXPECT_FALSE(text.HasHeader("stream-sse-data-encoding"));
  EXPECT_FALSE(json.HasHeader("stream-sse-data-encoding"));
  EXPECT_EQ(bytes.Header("stream-sse-data-encoding"), "base64");
  bench.AppendQuietly("/json", "1,2,");
  bench.Append("/bytes", "foo");
  EXPECT_EQ(json.body(), ControlEvent(0, bench.cursor()) + "event: data\ndata:[1,2]\n\n" +
                             ControlEvent(4, bench.cursor()));
  EXPECT_EQ(bytes.body(), ControlEvent(0, bench.cursor()) + "event: data\ndata:Zm9v\n\n" +
                              ControlEvent(3, bench.cursor()));
}

TEST(SseReaders, AreSentWhatIsThereThenWhatComesInPairs) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "one");
  RecordingResponder& all = bench.NewReply();
  RecordingResponder& now = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), all);
  EXPECT_EQ(all.TakeBody(), TextEvent("one") + ControlEvent(3, bench.cursor()));
  EXPECT_EQ(all.writes(), 1) << "a pair goes out in one piece";
  bench.live().Sse(bench.FromNow("/s"), now);
  EXPECT_EQ(now.TakeBody(), ControlEvent(3, bench.cursor()));
  bench.Append("/s", "two");
  const std::string pair = TextEvent("two") + ControlEvent(6, bench.cursor());
  EXPECT_EQ(all.TakeBody(), pair);
  EXPECT_EQ(now.TakeBody(), pair);
  EXPECT_EQ(all.writes(), 2);
  EXPECT_FALSE(all.finished());
}

TEST(SseReaders, AreForNoOtherCacheWhereTheRequestOrThePolicySaysSo) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& anybody = bench.NewReply();
  RecordingResponder& somebody = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), anybody);
  LiveRequest authorized = bench.At("/s", 0);
  authorized.conditions.is_authorized = true;
  bench.live().Sse(std::move(authorized), somebody);
  EXPECT_EQ(anybody.Header("cache-control"), "no-cache, no-transform");
  EXPECT_EQ(somebody.Header("cache-control"), "private, no-cache, no-transform");
  LiveBench unkept(With(&RouterOptions::cache_policy, CachePolicy::kNoStore));
  unkept.Create("/s");
  RecordingResponder& policy = unkept.NewReply();
  unkept.live().Sse(unkept.At("/s", 0), policy);
  EXPECT_EQ(policy.Header("cache-control"), "no-store, no-cache, no-transform");
}

TEST(SseReaders, SeeTheEndOfAClosedStream) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& closed_alone = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  RecordingResponder& late_with_data = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), closed_alone);
  bench.Append("/s", "abc");
  closed_alone.TakeBody();
  bench.Close("/s");
  EXPECT_EQ(closed_alone.TakeBody(), ClosedEvent(3));
  EXPECT_TRUE(closed_alone.finished());
  bench.live().Sse(bench.FromNow("/s"), late);
  EXPECT_EQ(late.body(), ClosedEvent(3));
  EXPECT_EQ(late.Header("stream-closed"), "true") << "already the head tells (protocol 8)";
  EXPECT_EQ(late.Header("stream-up-to-date"), "true");
  EXPECT_EQ(late.Header("stream-next-offset"), OffsetText(3));
  EXPECT_TRUE(late.finished());
  bench.live().Sse(bench.At("/s", 0), late_with_data);
  EXPECT_EQ(late_with_data.body(), TextEvent("abc") + ClosedEvent(3));
  for (const RecordingResponder* with_more : {&closed_alone, &late_with_data}) {
    for (const char* name : {"stream-closed", "stream-up-to-date", "stream-next-offset"}) {
      EXPECT_FALSE(with_more->HasHeader(name)) << name;
    }
  }
  EXPECT_TRUE(late_with_data.finished());
}

TEST(SseReaders, GetTheDataOfAnAppendThatClosesBeforeTheEnd) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), reply);
  reply.TakeBody();
  bench.Append("/s", "last", true);
  EXPECT_EQ(reply.TakeBody(), TextEvent("last") + ClosedEvent(4));
  EXPECT_TRUE(reply.finished());
}

TEST(SseReaders, MissNothingThatCameWhileNobodyTold) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& first = bench.NewReply();
  RecordingResponder& second = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), first);
  bench.AppendQuietly("/s", "a");
  bench.live().Sse(bench.At("/s", 1), second);  // ahead of what the first has been sent
  bench.AppendQuietly("/s", "b");
  bench.RunAll();
  EXPECT_EQ(first.body(),
            ControlEvent(0, bench.cursor()) + TextEvent("ab") + ControlEvent(2, bench.cursor()));
  EXPECT_EQ(second.body(),
            ControlEvent(1, bench.cursor()) + TextEvent("b") + ControlEvent(2, bench.cursor()));
  bench.Append("/s", "c");
  EXPECT_TRUE(first.body().ends_with(TextEvent("c") + ControlEvent(3, bench.cursor())));
  EXPECT_TRUE(second.body().ends_with(TextEvent("c") + ControlEvent(3, bench.cursor())));
}

TEST(SseReaders, AreRefusedWhereThereIsNothingToFollow) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& missing = bench.NewReply();
  RecordingResponder& inside = bench.NewReply();
  RecordingResponder& beyond = bench.NewReply();
  bench.live().Sse(bench.At("/none", 0), missing);
  EXPECT_EQ(missing.status(), 404);
  bench.live().Sse(bench.At("/s", 1), inside);
  EXPECT_EQ(inside.status(), 400);
  bench.live().Sse(bench.At("/s", 9), beyond);
  EXPECT_EQ(beyond.status(), 400);
}

TEST(SseReaders, EndWhenTheirStreamIsDeletedAndDoNotFollowItsSuccessor) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& at_tail = bench.NewReply();
  RecordingResponder& stalled = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), at_tail);
  stalled.set_room(0);
  bench.live().Sse(bench.At("/s", 0), stalled);
  at_tail.TakeBody();
  bench.engine().Remove("/s");
  bench.Create("/s");
  bench.Append("/s", "another stream");
  EXPECT_EQ(at_tail.TakeBody(), "");
  EXPECT_TRUE(at_tail.finished());
  EXPECT_TRUE(stalled.finished());
}

TEST(SseReaders, WhoAreSlowCatchUpOnceTheyHaveRoom) {
  LiveBench bench;
  bench.Create("/s");
  RecordingResponder& slow = bench.NewReply();
  RecordingResponder& quick = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), slow);
  bench.live().Sse(bench.At("/s", 0), quick);
  slow.TakeBody();
  slow.set_room(0);
  bench.Append("/s", "a");
  EXPECT_EQ(slow.TakeBody(), TextEvent("a") + ControlEvent(1, bench.cursor()));
  const std::string page(20'000, 'x');
  for (int i = 0; i < 4; ++i) bench.Append("/s", page);
  EXPECT_EQ(slow.TakeBody(), "") << "nothing is queued for a reader without room";
  EXPECT_TRUE(quick.body().ends_with(ControlEvent(80'001, bench.cursor())));

  slow.MakeRoom(0);
  EXPECT_EQ(slow.TakeBody(), TextEvent(page) + ControlEvent(20'001, bench.cursor(), false))
      << "one page, and no room again";
  slow.MakeRoom();
  const std::string rest = slow.TakeBody();
  EXPECT_TRUE(rest.starts_with(TextEvent(page) + ControlEvent(40'001, bench.cursor(), false)));
  EXPECT_TRUE(rest.ends_with(TextEvent(page) + ControlEvent(80'001, bench.cursor())));
  bench.Append("/s", "b");
  EXPECT_EQ(slow.TakeBody(), TextEvent("b") + ControlEvent(80'002, bench.cursor())) << "live again";
}

// Notes whose bytes it is handed, without keeping them.
class AddressResponder final : public Responder {
 public:
  explicit AddressResponder(std::set<const char*>& seen) : seen_(seen) {}
  void Start(int, const HeaderList&, std::optional<uint64_t>) override {}
  bool Write(Bytes bytes) override {
    ++writes;
    bytes_last = bytes;
    seen_.insert(bytes.data());
    return true;
  }
  bool WriteFile(FileRange) override { return true; }
  void Finish() override { finished = true; }
  void Abort() override {}
  void SetEvents(ResponderEvents*) override {}

  int writes = 0;
  bool finished = false;
  Bytes bytes_last;

 private:
  std::set<const char*>& seen_;
};

TEST(SseReaders, ShareOneEncodingHoweverManyTheyAre) {
  std::set<const char*> addresses;
  std::vector<std::unique_ptr<AddressResponder>> replies;
  LiveBench bench;
  bench.Create("/s");
  for (int i = 0; i < 10'000; ++i) {
    replies.push_back(std::make_unique<AddressResponder>(addresses));
    bench.live().Sse(bench.At("/s", 0), *replies.back());
  }
  addresses.clear();
  bench.Append("/s", "for all");
  EXPECT_EQ(addresses.size(), 1u);
  for (const auto& reply : replies) ASSERT_EQ(reply->writes, 2);
  EXPECT_EQ(replies.back()->bytes_last.view(),
            TextEvent("for all") + ControlEvent(7, bench.cursor()));
  bench.Close("/s");
  EXPECT_EQ(addresses.size(), 2u);
  for (const auto& reply : replies) ASSERT_TRUE(reply->finished);
}

constexpr std::string_view kCursorBegin = "\"streamCursor\":\"";

std::vector<uint64_t> CursorsOf(const std::string& body) {
  std::vector<uint64_t> cursors;
  for (size_t at = 0; (at = body.find(kCursorBegin, at)) != std::string::npos; ++at) {
    cursors.push_back(std::stoull(body.substr(at + kCursorBegin.size())));
  }
  return cursors;
}

std::string WithoutCursors(std::string body) {
  for (size_t at = 0; (at = body.find(kCursorBegin, at)) != std::string::npos; ++at) {
    const size_t begin = at + kCursorBegin.size();
    body.erase(begin, body.find('"', begin) - begin);
  }
  return body;
}

TEST(SseReaders, SeeCursorsThatExceedTheirsAndNeverGoBack) {
  LiveBench bench(With(&RouterOptions::sse_max_age_ms, 100'000'000));
  bench.Create("/s");
  RecordingResponder& ahead = bench.NewReply();
  RecordingResponder& plain = bench.NewReply();
  LiveRequest request = bench.At("/s", 0);
  const uint64_t sent = bench.cursor() + 3;
  request.cursor = sent;
  bench.live().Sse(std::move(request), ahead);
  bench.live().Sse(bench.At("/s", 0), plain);
  for (int i = 0; i < 400; ++i) {
    bench.AdvanceMs(20'000);
    if (i == 200) bench.clock().JumpWallMs(-600'000);
    bench.Append("/s", i % 2 == 0 ? "short" : std::string(5000, 'l'));
  }
  for (const RecordingResponder* reply : {&ahead, &plain}) {
    const std::vector<uint64_t> cursors = CursorsOf(reply->body());
    ASSERT_EQ(cursors.size(), 401u);
    EXPECT_TRUE(std::is_sorted(cursors.begin(), cursors.end()));
    EXPECT_GT(cursors.back(), cursors.front()) << "time does move them";
  }
  EXPECT_GT(CursorsOf(ahead.body()).front(), sent);
  EXPECT_TRUE(WithoutCursors(ahead.body()) == WithoutCursors(plain.body()));
}

TEST(SseReaders, HaveNothingOfTheCursorThatAnotherOneSent) {
  LiveBench bench;
  bench.Create("/s");
  for (int i = 0; i < 3; ++i) bench.Append("/s", std::string(20'000, 'x'));
  const uint64_t current = bench.cursor();
  const uint64_t sent = current + 1'000'000;
  auto& replies = bench.NewReplies(4);
  for (size_t i = 0; i < replies.size(); ++i) {
    replies[i].set_room(1 + i);  // so that what they share is held in the middle
    LiveRequest request = bench.At("/s", 0);
    if (i % 2 == 0) request.cursor = sent;
    bench.live().Sse(std::move(request), replies[i]);
  }
  for (size_t i = 0; i < replies.size(); ++i) {
    replies[i].MakeRoom();
    const std::vector<uint64_t> cursors = CursorsOf(replies[i].body());
    ASSERT_FALSE(cursors.empty());
    for (const uint64_t cursor : cursors) {
      EXPECT_TRUE(i % 2 == 0 ? cursor > sent : cursor == current) << i << ": " << cursor;
    }
  }
}

TEST(SseReaders, HearAHeartbeatAfterSilence) {
  LiveBench bench(With(&RouterOptions::sse_heartbeat_ms, 1000));
  bench.Create("/s");
  RecordingResponder& reply = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), reply);
  reply.TakeBody();
  bench.AdvanceMs(900);
  bench.Append("/s", "a");
  reply.TakeBody();
  bench.AdvanceMs(950);
  EXPECT_EQ(reply.TakeBody(), "") << "the append broke the silence";
  bench.AdvanceMs(100);
  EXPECT_EQ(reply.TakeBody(), kSseHeartbeat);
  bench.AdvanceMs(1050);
  EXPECT_EQ(reply.TakeBody(), kSseHeartbeat);
  reply.set_room(0);
  bench.Append("/s", "b");
  reply.TakeBody();
  bench.AdvanceMs(10'000);
  EXPECT_EQ(reply.TakeBody(), "") << "a full transport gets nothing on top";
}

TEST(SseReaders, EndNearTheirAgeButNotAllAtOnce) {
  LiveBench bench(With(&RouterOptions::sse_max_age_ms, 10'000));
  bench.Create("/s");
  std::deque<RecordingResponder>& replies = bench.NewReplies(100);
  for (RecordingResponder& reply : replies) bench.live().Sse(bench.At("/s", 0), reply);
  const auto finished = [&] {
    return std::count_if(replies.begin(), replies.end(), [](auto& r) { return r.finished(); });
  };
  bench.AdvanceMs(8'999);
  EXPECT_EQ(finished(), 0);
  bench.AdvanceMs(500);
  EXPECT_GT(finished(), 10);
  EXPECT_LT(finished(), 90);
  bench.AdvanceMs(600);
  EXPECT_EQ(finished(), 100);
  for (const RecordingResponder& reply : replies) {
    EXPECT_TRUE(reply.body().ends_with("}\n\n")) << "the end of a control event";
  }
}

TEST(SseReaders, EndAtShutdownAndAfterItOnceTold) {
  LiveBench bench;
  bench.Create("/s");
  bench.Append("/s", "abc");
  RecordingResponder& waiting = bench.NewReply();
  RecordingResponder& stalled = bench.NewReply();
  RecordingResponder& late = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), waiting);
  stalled.set_room(0);
  bench.live().Sse(bench.At("/s", 0), stalled);
  bench.live().Shutdown();
  EXPECT_TRUE(waiting.finished());
  EXPECT_TRUE(stalled.finished());
  bench.live().Sse(bench.At("/s", 3), late);
  EXPECT_EQ(late.body(), ControlEvent(3, bench.cursor()));
  EXPECT_TRUE(late.finished());
}

TEST(SseReaders, MayLeaveAtAnyMoment) {
  LiveBench bench(With(&RouterOptions::sse_heartbeat_ms, 1000));
  bench.Create("/s");
  const std::string page(40'000, 'x');
  const int steps = 8;
  std::deque<RecordingResponder>& replies = bench.NewReplies(steps + 1);
  for (RecordingResponder& reply : replies) bench.live().Sse(bench.At("/s", 0), reply);
  auto leave = [&, next = 0]() mutable {
    EXPECT_EQ(bench.live().Stats().sse_readers, static_cast<uint64_t>(steps + 1 - next));
    replies[next++].Cancel();
  };
  leave();
  bench.AppendQuietly("/s", "a");
  leave();  // a change is on its way
  bench.RunAll();
  leave();
  for (RecordingResponder& reply : replies) reply.set_room(0);
  bench.Append("/s", page);
  leave();  // behind
  bench.Append("/s", page);
  leave();
  replies[5].MakeRoom(1);
  leave();  // on the way to the tail
  bench.AdvanceMs(1500);
  leave();  // between heartbeats
  bench.engine().Remove("/s");
  leave();  // its end is on its way
  bench.RunAll();
  replies[steps].MakeRoom();
  EXPECT_TRUE(replies[steps].finished()) << "the one who stayed learns of it when it has room";
  EXPECT_EQ(bench.live().Stats().sse_readers, 0u);
}

TEST(SseReaders, AreLimitedPerStream) {
  LiveBench bench(With(&RouterOptions::readers_per_stream_max, 1));
  bench.Create("/s");
  bench.Create("/other");
  RecordingResponder& first = bench.NewReply();
  RecordingResponder& second = bench.NewReply();
  RecordingResponder& elsewhere = bench.NewReply();
  RecordingResponder& third = bench.NewReply();
  bench.live().Sse(bench.At("/s", 0), first);
  bench.live().Sse(bench.At("/s", 0), second);
  EXPECT_EQ(second.status(), 503);
  EXPECT_TRUE(second.HasHeader("retry-after"));
  bench.live().Sse(bench.At("/other", 0), elsewhere);
  EXPECT_EQ(elsewhere.status(), 200);
  first.Cancel();
  bench.live().Sse(bench.At("/s", 0), third);
  EXPECT_EQ(third.status(), 200);
}

}  // namespace
}  // namespace thalweg
