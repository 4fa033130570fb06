// Requests that name streams which neither memory nor the page cache has, through a router: a disk
// worker finds them, and nobody else waits.
#include "http/find_first.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/cold_test_support.h"
#include "http/router_test_support.h"

namespace thalweg {
namespace {

const std::vector<HeaderField> kText = {{"content-type", "text/plain"}};

class ColdFinds : public ColdRouterTest {
 protected:
  ColdFinds() {
    Create("hot", "hot");
    Create("surprise", "");
  }

  // The first find that waits does so where it is, and all expect it from then on.
  void GoColdAndKnown() {
    GoCold();
    Send(Method::kHead, "surprise");
    Send(Method::kHead, "hot");
    while (RunWorkers() > 0) Settle();
    reads_ = cold_reads();
    ASSERT_GT(reads_, 0u);
  }

  // As by a transport that holds back what comes behind the request.
  RecordingResponder& Send(Method method, const std::string& path, std::string_view body = {},
                           const std::vector<HeaderField>& headers = kText) {
    RecordingResponder& reply = replies_.emplace_back();
    reply.set_can_hold(true);
    Handle(method, path, "", reply, headers, body);
    return reply;
  }

  void ExpectThatAWorkerFinds(const RecordingResponder& reply) {
    EXPECT_EQ(reply.status(), 0);
    EXPECT_TRUE(reply.holds_next());
    EXPECT_EQ(cold_reads(), reads_) << "the executor has waited";
    EXPECT_GT(RunWorkers(), 0u);
    EXPECT_GT(cold_reads(), reads_);
    reads_ = cold_reads();
    EXPECT_EQ(reply.status(), 0) << "workers do not answer themselves";
    EXPECT_TRUE(reply.holds_next());
    executor_.RunAll();
    EXPECT_FALSE(reply.holds_next());
    Settle();
  }

  size_t cold_reads() { return stored_.store_disk().cold_reads(); }
  std::string Text(const std::string& path) {
    stored_.store_disk().SetCold(false);
    return stored_.Text(path);
  }

  size_t reads_ = 0;  // that a test knows of
};

TEST_F(ColdFinds, AreLeftToAWorkerFromTheFirstThatWaitedOn) {
  GoCold();
  EXPECT_EQ(Send(Method::kHead, "surprise").status(), 200) << "nobody knew";
  reads_ = cold_reads();
  EXPECT_GT(reads_, 0u);
  const RecordingResponder& reply = Send(Method::kHead, "s");
  ExpectThatAWorkerFinds(reply);
  EXPECT_EQ(reply.status(), 200);
  EXPECT_EQ(Send(Method::kHead, "s").status(), 200) << "it is in memory now";
}

TEST_F(ColdFinds, GoBeforeCommandsOfEveryKind) {
  struct Case {
    Method method;
    const char* path;
    int status;
  };
  const Case cases[] = {{Method::kHead, "head", 200},
                        {Method::kPost, "append", 204},
                        {Method::kPut, "create", 200},
                        {Method::kDelete, "remove", 204}};
  for (const Case& c : cases) Create(c.path, c.method == Method::kPut ? "" : "x");
  GoColdAndKnown();
  for (const Case& c : cases) {
    const bool has_body = c.method == Method::kPost;
    const RecordingResponder& reply = Send(c.method, c.path, has_body ? "y" : "");
    EXPECT_EQ(Send(Method::kPost, "hot", ".").holds_next(), false) << "nobody else waits";
    ExpectThatAWorkerFinds(reply);
    EXPECT_EQ(reply.status(), c.status) << c.path;
  }
  EXPECT_EQ(Text("append"), "xy");
  EXPECT_EQ(Text("hot"), "hot....");
}

TEST_F(ColdFinds, OfNothingLetAStreamBeCreated) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPut, "new", "first");
  EXPECT_EQ(reply.status(), 0);
  Arrive();
  Settle();
  EXPECT_EQ(reply.status(), 201);
  EXPECT_EQ(Text("new"), "first");
}

TEST_F(ColdFinds, AreDoneAtOnceForATransportThatCannotHoldBackWhatComesNext) {
  GoColdAndKnown();
  RecordingResponder& reply = replies_.emplace_back();
  Handle(Method::kPost, "s", "", reply, kText, "two");
  Settle();
  EXPECT_EQ(reply.status(), 204);
  EXPECT_EQ(RunWorkers(), 0u);
}

TEST_F(ColdFinds, OfAPageAreReadWithIt) {
  GoColdAndKnown();
  const RecordingResponder& reply = Get();
  EXPECT_EQ(cold_reads(), reads_) << "the executor has waited";
  EXPECT_EQ(reply.status(), 0);
  EXPECT_EQ(RunWorkers(), 1u);
  executor_.RunAll();
  EXPECT_EQ(reply.body(), "one");
}

TEST_F(ColdFinds, MayLoseTheirClientAndThenNothingIsAppended) {
  GoColdAndKnown();
  Send(Method::kPost, "s", "-before").Cancel();
  RecordingResponder& after = Send(Method::kPost, "s", "-after");
  RunWorkers();
  after.Cancel();
  Settle();
  EXPECT_EQ(Text("s"), "one");
}

TEST_F(ColdFinds, OfAClientThatHasLeftAreNotDone) {
  GoColdAndKnown();
  Send(Method::kPost, "s", "two").Cancel();
  RunWorkers();
  EXPECT_EQ(cold_reads(), reads_);
}

TEST_F(ColdFinds, MayLoseTheirRouterBeforeTheyAreDone) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPost, "s", "two");
  router_.reset();
  RunWorkers();
  EXPECT_EQ(executor_.RunAll(), 0u) << "nothing is posted for a router that has ended";
  EXPECT_EQ(reply.status(), 0);
  EXPECT_EQ(Text("s"), "one");
}

TEST_F(ColdFinds, MayLoseTheirRouterWhenTheyAreDone) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPost, "s", "two");
  RunWorkers();
  router_.reset();
  executor_.RunAll();
  EXPECT_EQ(reply.status(), 0);
  EXPECT_EQ(Text("s"), "one");
}

TEST_F(ColdFinds, OfAnEngineThatFailsMeanwhileAreAnswered500) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPost, "s", "two");
  stored_.engine().Fail();
  Arrive();
  EXPECT_EQ(reply.status(), 500);
  EXPECT_FALSE(reply.holds_next());
}

TEST_F(ColdFinds, ThatFailAreAnswered500AndNotTriedAgain) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPost, "s", "two");
  stored_.disk().FailNth({.op = DiskOp::kRead, .path_part = "segments/"}, 1, {.times = 1'000});
  Arrive();
  EXPECT_EQ(reply.status(), 500);
  EXPECT_FALSE(reply.holds_next());
  EXPECT_EQ(stored_.unreadable().size(), 1u);
}

TEST_F(ColdFinds, OfAStreamThatIsRemovedMeanwhileFindNothing) {
  GoColdAndKnown();
  const RecordingResponder& reply = Send(Method::kPost, "s", "two");
  RunWorkers();
  EXPECT_EQ(stored_.engine().Remove("s").verdict, RemoveVerdict::kRemoved);
  Settle();
  EXPECT_EQ(reply.status(), 404);
}

class ColdForks : public ColdFinds {
 protected:
  ColdForks() { Append("s", "two"); }

  RecordingResponder& Fork(const std::string& offset) {
    return Send(Method::kPut, "fork", "",
                {{"stream-forked-from", "/v1/stream/s"}, {"stream-fork-offset", offset}});
  }
  // The fork's own path is known, so that a find can only be of the source.
  void KnowWhatForksStandAt() {
    Create("fork", "");
    GoColdAndKnown();
    Send(Method::kHead, "fork");
    Arrive();
    reads_ = cold_reads();
  }
};

TEST_F(ColdForks, FindTheirSource) {
  GoColdAndKnown();
  const RecordingResponder& reply = Fork(OffsetOf(3));
  ExpectThatAWorkerFinds(reply);
  EXPECT_EQ(reply.status(), 201);
  EXPECT_EQ(Text("fork"), "one");
}

TEST_F(ColdForks, FindTheirSourceWhereTheirOwnPathIsInMemory) {
  KnowWhatForksStandAt();
  const RecordingResponder& reply = Fork(OffsetOf(3));
  ExpectThatAWorkerFinds(reply);
  EXPECT_EQ(reply.status(), 409) << "another stream stands there";
}

TEST_F(ColdForks, LookForTheirPointInASourceThatIsInMemory) {
  KnowWhatForksStandAt();
  Send(Method::kPost, "s", "three");
  Arrive();
  Settle();
  reads_ = cold_reads();
  const RecordingResponder& reply = Fork(OffsetOf(3));
  ExpectThatAWorkerFinds(reply);
  EXPECT_EQ(Fork(OffsetOf(6)).holds_next(), false) << "memory has what is behind this point";
}

}  // namespace
}  // namespace thalweg
