// Reads of what is neither in memory nor in the page cache, through a router: a disk worker reads
// it, and nobody else waits.
#include "http/page_read.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "http/cold_test_support.h"
#include "http/live_test_support.h"

namespace thalweg {
namespace {

using ColdReads = ColdRouterTest;

TEST_F(ColdReads, AreAnsweredByWayOfADiskWorker) {
  EXPECT_EQ(Get().body(), "one") << "what is in memory, at once";
  stored_.CheckpointAndEvict();
  EXPECT_EQ(Get().body(), "one") << "what is in the page cache, at once";
  GoCold();
  const RecordingResponder& answer = Get();
  EXPECT_EQ(answer.status(), 0);
  EXPECT_EQ(RunWorkers(), 1u);
  EXPECT_EQ(answer.status(), 0) << "workers do not answer themselves";
  executor_.RunAll();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body(), "one");
  EXPECT_EQ(answer.Header("stream-up-to-date"), "true");
}

TEST_F(ColdReads, WaitForTheirPageAloneAndKeepNobodyElse) {
  GoCold();
  const RecordingResponder& cold = Get();
  Append("s", "two");
  EXPECT_EQ(Get("s", "offset=" + OffsetText(3)).body(), "two");
  EXPECT_EQ(cold.status(), 0);
  Arrive();
  EXPECT_EQ(cold.body(), "onetwo");
}

TEST_F(ColdReads, OfARemovedStreamFindNothing) {
  GoCold();
  const RecordingResponder& answer = Get();
  RecordingResponder removed;
  Handle(Method::kDelete, "s", "", removed, {}, {});
  RunWorkers();
  executor_.RunAll();
  EXPECT_EQ(answer.status(), 0) << "the removal is not durable yet";
  Settle();
  EXPECT_EQ(answer.status(), 404);
}

TEST_F(ColdReads, ThatFailOnTheWorkerAreAnswered500) {
  GoCold();
  const RecordingResponder& answer = Get();
  stored_.disk().FailNth({.op = DiskOp::kRead, .path_part = "segments/"}, 1, {.times = 1'000});
  Arrive();
  EXPECT_EQ(answer.status(), 500);
  EXPECT_EQ(stored_.unreadable().size(), 1u);
}

TEST_F(ColdReads, MayLoseTheirClient) {
  GoCold();
  RecordingResponder& before = Get();
  RecordingResponder& after = Get();
  before.Cancel();
  RunWorkers();
  after.Cancel();
  executor_.RunAll();
  EXPECT_EQ(before.status(), 0);
  EXPECT_EQ(after.status(), 0);
}

TEST_F(ColdReads, MayLoseTheirRouterBeforeThePageIsThere) {
  GoCold();
  const RecordingResponder& answer = Get();
  router_.reset();
  RunWorkers();
  EXPECT_EQ(executor_.RunAll(), 0u) << "nothing is posted for a router that has ended";
  EXPECT_EQ(answer.status(), 0);
}

TEST_F(ColdReads, MayLoseTheirRouterWhenThePageIsThere) {
  GoCold();
  const RecordingResponder& answer = Get();
  RunWorkers();
  router_.reset();
  executor_.RunAll();
  EXPECT_EQ(answer.status(), 0);
}

TEST_F(ColdReads, BeginALongPollOrAnSseResponse) {
  GoCold();
  const RecordingResponder& poll = Get("s", "offset=-1&live=long-poll");
  const RecordingResponder& sse = Get("s", "offset=-1&live=sse");
  EXPECT_EQ(poll.status(), 0);
  EXPECT_EQ(sse.status(), 0);
  // The SSE response begins, and then its reader asks for the page once more.
  Arrive();
  EXPECT_EQ(poll.body(), "one");
  EXPECT_EQ(sse.status(), 200);
  Arrive();
  EXPECT_TRUE(sse.body().starts_with(TextEvent("one"))) << sse.body();
}

// An SSE reader of "s" whose transport is full, and what it is behind with.
class ColdLiveReader : public ColdReads {
 protected:
  ColdLiveReader() : reader_(Get("s", "offset=" + OffsetText(3) + "&live=sse")) {
    EXPECT_EQ(reader_.status(), 200);
    reader_.set_room(0);
    Append("s", "two");  // is written all the same, and then there is no room
    Append("s", "three");
    GoCold();
    reader_.TakeBody();
  }

  static std::string DataOf(std::string_view body) {
    std::string data;
    for (size_t at = 0; (at = body.find("event: data\ndata:", at)) != body.npos;) {
      at += std::string_view("event: data\ndata:").size();
      data.append(body.substr(at, body.find('\n', at) - at)).append(";");
    }
    return data;
  }

  RecordingResponder& reader_;
};

TEST_F(ColdLiveReader, IsSentItsPageOnceAWorkerHasReadIt) {
  reader_.MakeRoom();
  EXPECT_EQ(reader_.body(), "");
  Arrive();
  EXPECT_EQ(DataOf(reader_.body()), "three;");
  Append("s", "four");
  EXPECT_EQ(DataOf(reader_.body()), "three;four;") << "it is live again";
  EXPECT_EQ(RunWorkers(), 0u);
}

TEST_F(ColdLiveReader, MissesNothingThatComesMeanwhile) {
  reader_.MakeRoom();
  reader_.MakeRoom();
  EXPECT_EQ(RunWorkers(), 1u) << "a page is asked for once, however often one looks";
  Append("s", "four");
  EXPECT_EQ(DataOf(reader_.body()), "three;four;");
}

TEST_F(ColdLiveReader, IsOneOfManyAtDifferentPlaces) {
  RecordingResponder& other = Get("s", "offset=" + OffsetText(6) + "&live=sse");
  RecordingResponder& first = Get("s", "offset=" + OffsetText(0) + "&live=sse");
  reader_.MakeRoom();
  while (RunWorkers() > 0) executor_.RunAll();
  EXPECT_EQ(DataOf(reader_.body()), "three;");
  EXPECT_EQ(DataOf(other.body()), "three;");
  EXPECT_EQ(DataOf(first.body()), "onetwothree;");
}

TEST_F(ColdLiveReader, EndsWhereItsPageCannotBeRead) {
  reader_.MakeRoom();
  stored_.disk().FailNth({.op = DiskOp::kRead, .path_part = "segments/"}, 1, {.times = 1'000});
  Arrive();
  EXPECT_TRUE(reader_.finished());
  EXPECT_EQ(DataOf(reader_.body()), "");
  EXPECT_EQ(RunWorkers(), 0u) << "it is not tried for ever";
}

TEST_F(ColdLiveReader, MayLoseItsClientAndItsHubMeanwhile) {
  reader_.MakeRoom();
  reader_.Cancel();
  executor_.RunAll();  // the hub of no reader ends
  const size_t reads = stored_.store_disk().cold_reads();
  EXPECT_EQ(RunWorkers(), 1u);
  EXPECT_EQ(stored_.store_disk().cold_reads(), reads) << "nobody waits for the page any more";
  EXPECT_EQ(executor_.RunAll(), 0u);
}

TEST_F(ColdLiveReader, MayLoseItsClientWhileOthersWaitWithIt) {
  RecordingResponder& same = Get("s", "offset=" + OffsetText(6) + "&live=sse");
  RecordingResponder& earlier = Get("s", "offset=" + OffsetText(3) + "&live=sse");
  Arrive();  // both responses begin, and their readers ask for the pages once more
  reader_.MakeRoom();
  reader_.Cancel();
  while (RunWorkers() > 0) executor_.RunAll();
  EXPECT_EQ(DataOf(same.body()), "three;");
  EXPECT_EQ(DataOf(earlier.body()), "twothree;");
  Append("s", "four");
  EXPECT_EQ(DataOf(same.body()), "three;four;");
  EXPECT_EQ(DataOf(reader_.body()), "");
}

TEST_F(ColdLiveReader, MayLoseItsRouterMeanwhile) {
  reader_.MakeRoom();
  RunWorkers();
  router_.reset();
  executor_.RunAll();
  EXPECT_EQ(DataOf(reader_.body()), "");
  EXPECT_TRUE(reader_.aborted());
}

TEST_F(ColdReads, OfNewsThatLeftMemoryBeforeTheyWereToldReachAllWhoAreLive) {
  RecordingResponder& sse = Get("s", "offset=" + OffsetText(3) + "&live=sse");
  const RecordingResponder& poll = Get("s", "offset=" + OffsetText(3) + "&live=long-poll");
  sse.TakeBody();
  AppendQuietly("s", "two");
  GoCold();
  executor_.RunAll();  // they are told, and the page is not there
  EXPECT_EQ(sse.body(), "");
  EXPECT_EQ(poll.status(), 0);
  RunWorkers();
  Append("s", "more");  // also behind the pages that the workers have read
  EXPECT_NE(sse.body().find("data:two"), std::string::npos) << sse.body();
  EXPECT_NE(sse.body().find("data:more"), std::string::npos) << sse.body();
  EXPECT_EQ(poll.body(), "two");
}

// What is told while a page is on its way finds the live ones waiting for it. A port is told of all
// in one task, so that the task of another stream's append tells of "more", ahead of the page.
TEST_F(ColdReads, ShowTheLiveAlsoWhatTheyWereToldOfBeforeThePageArrived) {
  Create("other", "x");
  RecordingResponder& sse = Get("s", "offset=" + OffsetText(3) + "&live=sse");
  AppendQuietly("s", "two");
  GoCold();
  executor_.RunAll();  // it is told, and the page is not there
  sse.TakeBody();
  AppendQuietly("other", "y");
  ASSERT_EQ(RunWorkers(), 1u);
  AppendQuietly("s", "more");
  executor_.RunAll();
  const std::string body = sse.TakeBody();
  EXPECT_NE(body.find("data:two"), std::string::npos) << body;
  EXPECT_NE(body.find("data:more"), std::string::npos) << body;
}

}  // namespace
}  // namespace thalweg
