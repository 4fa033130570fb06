#include "net/http1_shared.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "net/http1_responder.h"
#include "net/http1_test_support.h"
#include "net/http_counts.h"

namespace thalweg {
namespace {

TEST_F(Http1SharedTest, ClosesWhatTheSystemDoesNotWatch) {
  const int unwatchable = ::open("/proc/self/exe", O_RDONLY);  // EPERM, as ENOSPC for too many
  const Http1Connection& connection = shared_.AddConnection(unwatchable, connection_limit_.Take());
  EXPECT_TRUE(connection.closed());
  EXPECT_EQ(shared_.connection_count(), 1u);
  EXPECT_EQ(handler_.told, KeepingHandler::TurnedAwayFor(TurnedAway::kNoFile));
  EXPECT_EQ(::fcntl(unwatchable, F_GETFD), -1) << "it is not left open";
  shared_.RunTurnEnd();
}

TEST_F(Http1SharedTest, HoldsLittleForAnIdleConnection) {
  Receive("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(Sent().ends_with("answer"));
  EXPECT_LT(connection_->held_bytes(), 1024u);
}

TEST_F(Http1SharedTest, HoldsLittleForAReaderThatWaits) {
  Receive("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& responder = *handler_.kept.at("/live");
  responder.Start(200, {}, std::nullopt);
  responder.Write(Bytes::Own(std::string(200, 'e')));
  shared_.RunTurnEnd();
  EXPECT_GT(Sent().size(), 200u);
  EXPECT_LT(connection_->held_bytes(), 1024u);
  responder.Abort();
  shared_.RunTurnEnd();
}

TEST_F(Http1SharedTest, CountsWhatItAnswersReceivesAndSends) {
  const std::string_view get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  Receive(get);
  size_t sent = Sent().size();
  Receive(get);
  sent += Sent().size();
  const std::string_view put = "PUT /later HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  Receive(put);
  const auto stats = [this] {
    ServerStats so_far;
    shared_.counts().AddTo(so_far);
    return so_far;
  };
  const auto count = [&](std::optional<Method> method, int status) {
    uint64_t answers = 0;
    for (const AnswerStats& answer : stats().answers) {
      if (answer.method == method && answer.status == status) answers += answer.count;
    }
    return answers;
  };
  EXPECT_EQ(count(Method::kGet, 200), 2u);
  EXPECT_EQ(stats().answers.size(), 1u) << "of the other request nobody knows yet";
  EXPECT_EQ(stats().received_bytes, 2 * get.size() + put.size());
  EXPECT_EQ(stats().sent_bytes, sent);
  handler_.kept.at("/later")->Respond(404, {}, {});
  shared_.RunTurnEnd();
  sent += Sent().size();
  EXPECT_EQ(count(Method::kPut, 404), 1u);
  const std::string_view junk = "no request\r\n\r\n";
  Receive(junk);
  sent += Sent().size();
  EXPECT_EQ(count(std::nullopt, 400), 1u);
  EXPECT_EQ(stats().answers.size(), 3u);
  EXPECT_EQ(stats().received_bytes, 2 * get.size() + put.size() + junk.size());
  EXPECT_EQ(stats().sent_bytes, sent);
}

TEST_F(Http1SharedTest, CountsHowLongWritersWaitForWhatIsDone) {
  struct Case {
    const char* method;
    int status;
    bool counts;
  };
  const Case cases[] = {{"POST", 204, true},  {"PUT", 201, true},  {"DELETE", 204, true},
                        {"POST", 404, false}, {"PUT", 503, false}, {"GET", 200, false}};
  DurationCounts want;
  for (const Case& c : cases) {
    Receive(std::string(c.method) + " /later HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n");
    Pass(1'000);
    Receive("x");  // now it is whole
    Pass(30);
    handler_.kept.at("/later")->Respond(c.status, {}, {});
    shared_.RunTurnEnd();
    if (c.counts) want.Add(30'000);
    ServerStats stats;
    shared_.counts().AddTo(stats);
    EXPECT_EQ(stats.writes.counts, want.value().counts) << c.method << " " << c.status;
    EXPECT_EQ(stats.writes.sum_us, want.value().sum_us) << c.method << " " << c.status;
  }
}

TEST_F(Http1SharedTest, CountsNoAnswerToAClientThatHasGone) {
  Receive("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  connection_->Close();
  handler_.kept.at("/later")->Respond(200, {}, {});
  ServerStats stats;
  shared_.counts().AddTo(stats);
  EXPECT_TRUE(stats.answers.empty());
}

TEST_F(Http1SharedTest, CountsAnswersThatItCutsOff) {
  const auto aborted = [this] {
    ServerStats stats;
    shared_.counts().AddTo(stats);
    return stats.answers_aborted;
  };
  Receive("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& responder = *handler_.kept.at("/later");
  responder.Start(200, {}, 5);
  responder.Write(Bytes::Static("part"));
  shared_.RunTurnEnd();
  EXPECT_EQ(aborted(), 0u);
  responder.Finish();  // it lacks a byte
  shared_.RunTurnEnd();
  EXPECT_EQ(aborted(), 1u);
}

TEST_F(Http1SharedTest, CutsOffAndTellsOfAnAnswerWhoseFileCannotBeReadOn) {
  Receive("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const OwnedFd file(::memfd_create("segment", MFD_CLOEXEC));
  ASSERT_EQ(::write(file.get(), "part", 4), 4);
  Responder& responder = *handler_.kept.at("/later");
  responder.Start(200, {}, 8);
  responder.WriteFile({.owner = nullptr, .fd = file.get(), .begin = 0, .length = 8});
  responder.Finish();
  handler_.told.clear();
  shared_.RunTurnEnd();
  EXPECT_EQ(handler_.told, KeepingHandler::TurnedAwayFor(TurnedAway::kUnreadable));
  EXPECT_EQ(shared_.connection_count(), 0u);
  EXPECT_TRUE(Sent().ends_with("\r\n\r\npart"));
  ServerStats stats;
  shared_.counts().AddTo(stats);
  EXPECT_EQ(stats.answers_aborted, 1u);
}

TEST_F(Http1SharedTest, CountsChunksThatGoToTheSocketAtOnce) {
  Receive("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& responder = *handler_.kept.at("/live");
  responder.Start(200, {}, std::nullopt);
  shared_.RunTurnEnd();
  size_t sent = Sent().size();
  responder.Write(Bytes::Static("event"));
  sent += Sent().size();
  ServerStats stats;
  shared_.counts().AddTo(stats);
  EXPECT_EQ(stats.sent_bytes, sent);
  EXPECT_GT(sent, 0u);
  responder.Abort();
  shared_.RunTurnEnd();
}

TEST_F(Http1SharedTest, ReadsARequestThatComesInPiecesBetweenThoseOfOthers) {
  Receive("GET /x HTTP/1.1\r\nHo");
  int others[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, others), 0);
  Http1Connection& other = shared_.AddConnection(others[0], connection_limit_.Take());
  const std::string_view whole = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n\r\n";
  ASSERT_EQ(::send(others[1], whole.data(), whole.size(), 0), static_cast<ssize_t>(whole.size()));
  other.OnIo(EPOLLIN);
  shared_.HandleReceived();
  char buffer[4096];
  EXPECT_GT(::recv(others[1], buffer, sizeof buffer, 0), 0);
  Receive("st: h\r\n\r\n");
  EXPECT_TRUE(Sent().ends_with("answer"));
  ::close(others[1]);
}

TEST_F(Http1SharedTest, HoldsLittleForAReaderThatTakesNothing) {
  Receive("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& responder = *handler_.kept.at("/live");
  responder.Start(200, {}, std::nullopt);
  size_t events = 0;
  for (const std::string event(200, 'e'); responder.Write(Bytes::Own(event)); ++events) {
    ASSERT_LT(events, 100'000u);
    shared_.RunTurnEnd();  // sends, until the socket is full
  }
  EXPECT_GT(events, 100u);
  EXPECT_LT(connection_->held_bytes(), 64u * 1024);
  responder.Abort();
  shared_.RunTurnEnd();
  EXPECT_EQ(shared_.connection_count(), 0u);
}

// A response without an end, whose head has been sent.
class Http1SharedLive : public Http1SharedTest {
 protected:
  Http1SharedLive() {
    Receive("GET /live HTTP/1.1\r\nHost: h\r\n\r\n");
    responder_ = handler_.kept.at("/live");
    responder_->Start(200, {}, std::nullopt);
    shared_.RunTurnEnd();
    EXPECT_TRUE(Sent().ends_with("\r\n\r\n"));
  }
  ~Http1SharedLive() override {
    if (responder_ == nullptr) return;
    responder_->Abort();
    shared_.RunTurnEnd();
  }

  Responder* responder_;  // null: gone
};

TEST_F(Http1SharedLive, SendsAShortChunkAtOnceAndALongOneAtTheTurnsEnd) {
  EXPECT_TRUE(responder_->Write(Bytes::Static("news")));
  EXPECT_EQ(Sent(), "4\r\nnews\r\n");
  responder_->Write(Bytes::Own(std::string(0x2000, 'l')));
  responder_->Write(Bytes::Static("more"));
  EXPECT_EQ(Sent(), "") << "what was written first is sent first";
  shared_.RunTurnEnd();
  EXPECT_EQ(Sent(), "2000\r\n" + std::string(0x2000, 'l') + "\r\n4\r\nmore\r\n");
  responder_->Write(Bytes::Static("last"));
  EXPECT_EQ(Sent(), "4\r\nlast\r\n");
}

TEST_F(Http1SharedLive, KeepsTheOrderOfShortChunksWhereTheSocketIsFull) {
  std::string wanted;
  bool has_room = true;
  for (char c = 'a'; has_room; c = c == 'z' ? 'a' : static_cast<char>(c + 1)) {
    ASSERT_LT(wanted.size(), 16u << 20);
    has_room = responder_->Write(Bytes::Own(std::string(0x300, c)));
    wanted.append("300\r\n").append(0x300, c).append("\r\n");
  }
  std::string got;
  for (std::string sent; !(sent = Sent()).empty(); got += sent) {
    connection_->OnIo(4);  // EPOLLOUT
    shared_.RunTurnEnd();
  }
  EXPECT_EQ(got.size(), wanted.size());
  EXPECT_TRUE(got == wanted);
}

TEST_F(Http1SharedLive, QueuesWhatTheSocketDoesNotTakeOfAShortChunk) {
  const int smallest = 0;
  ASSERT_EQ(::setsockopt(peer_.server_socket(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest),
            0);
  EXPECT_TRUE(responder_->Write(Bytes::Static("news")));
  EXPECT_TRUE(responder_->Write(Bytes::Own(std::string(0x1000, 'c'))));
  EXPECT_TRUE(responder_->Write(Bytes::Static("more")));
  const std::string wanted =
      "4\r\nnews\r\n1000\r\n" + std::string(0x1000, 'c') + "\r\n4\r\nmore\r\n";
  std::string got = Sent();
  EXPECT_GT(got.size(), 100u) << "the socket took nothing of it";
  EXPECT_LT(got.size(), 0x1000u) << "the socket took all of it";
  shared_.RunTurnEnd();
  EXPECT_EQ(got + Sent(), wanted);
}

// The handler is amid a loop over its readers.
TEST_F(Http1SharedLive, TellsOfAClientThatIsGoneAtTheTurnsEndAndNotWithinAWrite) {
  class Cancels final : public ResponderEvents {
   public:
    void OnWritable() override {}
    void OnCancel() override { ++count; }
    int count = 0;
  };
  Cancels cancels;
  responder_->SetEvents(&cancels);
  ::shutdown(peer_.client_socket(), SHUT_RDWR);
  EXPECT_TRUE(responder_->Write(Bytes::Static("news")));
  EXPECT_TRUE(responder_->Write(Bytes::Static("more")));
  EXPECT_EQ(cancels.count, 0);
  shared_.RunTurnEnd();
  EXPECT_EQ(cancels.count, 1);
  EXPECT_EQ(shared_.connection_count(), 0u);
  responder_ = nullptr;
}

TEST_F(Http1SharedTest, HandlesTogetherWhatSeveralHaveReceived) {
  Peer second(shared_), third(shared_), fourth(shared_);
  peer_.ReceiveWithOthers("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  second.ReceiveWithOthers("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  third.ReceiveWithOthers("GET /half HTTP/1.1\r\nHo");
  fourth.ReceiveWithOthers("GET /x\r\n\r\n");
  EXPECT_EQ(handler_.told, "") << "not before the turn's events are over";
  shared_.HandleReceived();
  EXPECT_EQ(handler_.told, "expect /x /a handle /x handle /a ");
  EXPECT_TRUE(Sent().ends_with("answer"));
  EXPECT_TRUE(fourth.Sent().starts_with("HTTP/1.1 400 "));
  third.Receive("st: h\r\n\r\n");
  EXPECT_EQ(handler_.told, "expect /x /a handle /x handle /a handle /half ")
      << "alone it is not told";
  EXPECT_TRUE(handler_.kept.contains("/half"));
}

TEST_F(Http1SharedTest, WhatSeveralHaveReceivedStaysApart) {
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<std::string> bodies;
  for (size_t i = 0; i < 100; ++i) {  // more, and longer, than is read before the first is handled
    bodies.push_back(std::string(i % 7 == 0 ? 60'000 : i, static_cast<char>('a' + i % 26)));
    peers.push_back(std::make_unique<Peer>(shared_));
    peers.back()->ReceiveWithOthers(
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bodies.back().size()) +
        "\r\n\r\n" + bodies.back());
  }
  shared_.HandleReceived();
  EXPECT_EQ(handler_.bodies, bodies);
  for (const auto& peer : peers) EXPECT_TRUE(peer->Sent().ends_with("answer"));
}

TEST_F(Http1SharedTest, WhoIsClosedBeforeItsRequestIsHandledIsForgotten) {
  Peer gone(shared_);
  gone.ReceiveWithOthers("GET /gone HTTP/1.1\r\nHost: h\r\n\r\n");
  peer_.ReceiveWithOthers("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  gone.connection().Close();
  shared_.HandleReceived();
  EXPECT_EQ(handler_.bodies.size(), 1u);
  EXPECT_TRUE(Sent().ends_with("answer"));
}

// While the first one's request is handled already, and nothing is sent to it yet.
TEST_F(Http1SharedTest, ARequestMayEndWhatAnotherBeganThatCameWithIt) {
  Peer second(shared_), third(shared_), actor(shared_);
  peer_.ReceiveWithOthers("POST /a HTTP/1.1\r\nHost: h\r\n\r\n");
  second.ReceiveWithOthers("POST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  third.ReceiveWithOthers(
      "POST /held HTTP/1.1\r\nHost: h\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  actor.ReceiveWithOthers("GET /act HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.action = [this] {
    handler_.kept.at("/a")->Respond(200, {}, Bytes::Static("of a"));
    handler_.kept.at("/b")->Abort();
    handler_.kept.at("/held")->HoldNext(false);
    handler_.kept.at("/held")->Respond(200, {}, Bytes::Static("of held"));
  };
  shared_.HandleReceived();
  EXPECT_FALSE(second.connection().closed());
  shared_.RunTurnEnd();
  EXPECT_TRUE(Sent().ends_with("of a"));
  EXPECT_EQ(second.Sent(), "");
  EXPECT_EQ(shared_.connection_count(), 3u) << "the aborted one is closed";
  const std::string sent = third.Sent();
  EXPECT_LT(sent.find("of held"), sent.find("answer"));
  EXPECT_TRUE(sent.ends_with("answer")) << sent;
  EXPECT_TRUE(actor.Sent().ends_with("answer"));
}

TEST_F(Http1SharedTest, GathersTheAnswersOfOneTurn) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.kept.at("/b")->Respond(200, {}, Bytes::Static("of b"));
  handler_.kept.at("/a")->Respond(200, {}, Bytes::Static("of a"));
  EXPECT_EQ(Sent(), "");  // nothing leaves before the turn's end
  EXPECT_FALSE(shared_.RunTurnEnd());
  const std::string sent = Sent();
  EXPECT_LT(sent.find("of a"), sent.find("of b"));
  EXPECT_TRUE(sent.ends_with("of b"));
}

TEST_F(Http1SharedTest, SendsTheAnswersBeforeAnAbortedOneThatWaited) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& b = *handler_.kept.at("/b");
  b.Start(200, {}, std::nullopt);
  b.Write(Bytes::Static("half of b"));
  b.Abort();
  shared_.RunTurnEnd();
  EXPECT_FALSE(connection_->closed());
  handler_.kept.at("/a")->Respond(200, {}, Bytes::Static("of a"));
  shared_.RunTurnEnd();
  EXPECT_TRUE(Sent().ends_with("of a"));
  char none = 0;
  EXPECT_EQ(::recv(peer_.client_socket(), &none, 1, 0), 0) << "the connection has ended";
}

TEST_F(Http1SharedTest, SendsTheAnswersBeforeOneThatIsAbortedInTheSameTurn) {
  Receive("POST /x HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.kept.at("/b")->Abort();
  shared_.RunTurnEnd();
  EXPECT_TRUE(Sent().ends_with("answer"));
}

// The system may still have something of them, which a reset would drop.
TEST_F(Http1SharedTest, EndsInPeaceWhereAnswersWentOutBeforeAnAbortedOne) {
  Receive("POST /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(Sent().ends_with("answer"));
  Receive("POST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.kept.at("/b")->Abort();
  shared_.RunTurnEnd();
  EXPECT_FALSE(connection_->closed());
  char none = 0;
  EXPECT_EQ(::recv(peer_.client_socket(), &none, 1, 0), 0);
}

TEST_F(Http1SharedTest, BreaksAnAnswerThatWasAbortedHalfway) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& a = *handler_.kept.at("/a");
  a.Start(200, {}, std::nullopt);
  a.Write(Bytes::Static("half"));
  a.Abort();
  shared_.RunTurnEnd();
  EXPECT_EQ(shared_.connection_count(), 0u);
  EXPECT_EQ(Sent(), "");
}

TEST_F(Http1SharedTest, AShortChunkWaitsForTheAnswersBeforeIt) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /live HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& live = *handler_.kept.at("/live");
  live.Start(200, {}, std::nullopt);
  live.Write(Bytes::Static("news"));
  shared_.RunTurnEnd();
  live.Write(Bytes::Static("more"));
  EXPECT_EQ(Sent(), "") << "the first request has no answer yet";
  handler_.kept.at("/a")->Respond(200, {}, Bytes::Static("of a"));
  shared_.RunTurnEnd();
  const std::string sent = Sent();
  EXPECT_LT(sent.find("of a"), sent.find("4\r\nnews"));
  EXPECT_TRUE(sent.ends_with("\r\n\r\n4\r\nnews\r\n4\r\nmore\r\n")) << sent;
  live.Abort();
  shared_.RunTurnEnd();
}

TEST_F(Http1SharedTest, AnswersWhatHadComeWhenItIsToClose) {
  Receive("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(Sent().ends_with("answer"));
  peer_.Arrive("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  shared_.StartDraining();
  connection_->Drain();
  while (shared_.RunTurnEnd()) continue;
  const std::string sent = Sent();
  EXPECT_NE(sent.find("Connection: close\r\n"), std::string::npos) << sent;
  EXPECT_TRUE(sent.ends_with("answer")) << sent;
}

TEST_F(Http1SharedTest, AnswersWhatHadComeWhenItIsToCloseAfterAnAnswerThatHadBegun) {
  Receive("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder& responder = *handler_.kept.at("/long");
  responder.Start(200, {}, 4);
  shared_.StartDraining();
  connection_->Drain();
  while (shared_.RunTurnEnd()) continue;
  peer_.Arrive("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  responder.Write(Bytes::Static("long"));
  responder.Finish();
  while (shared_.RunTurnEnd()) continue;
  const std::string sent = Sent();
  EXPECT_LT(sent.find("long"), sent.find("Connection: close\r\n")) << sent;
  EXPECT_TRUE(sent.ends_with("answer")) << sent;
}

TEST_F(Http1SharedTest, UsesRespondersAgain) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder* const first = handler_.kept.at("/a");
  first->Respond(200, {}, {});
  shared_.RunTurnEnd();
  Receive("POST /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(handler_.kept.at("/b"), first);
}

TEST_F(Http1SharedTest, KeepsAResponderThatNobodyListensForUntilItEnds) {
  Receive("POST /a HTTP/1.1\r\nHost: h\r\n\r\n");
  Responder* const orphan = handler_.kept.at("/a");
  connection_->Close();
  shared_.RunTurnEnd();
  EXPECT_EQ(shared_.connection_count(), 0u);
  EXPECT_NE(&shared_.TakeResponder(), orphan);
  orphan->Respond(200, {}, Bytes::Static("to nobody"));
  EXPECT_EQ(&shared_.TakeResponder(), orphan);
}

}  // namespace
}  // namespace thalweg
