#include "net/http1_shared.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
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

#include "net/http1_responder.h"
#include "net/http1_test_support.h"

namespace thalweg {
namespace {

class Http1SharedBodiesTest : public Http1SharedTest {
 protected:
  explicit Http1SharedBodiesTest(size_t output_bytes_max = 1 << 20)
      : Http1SharedTest({.bodies_bytes_max = 100'000, .output_bytes_max = output_bytes_max}) {}

  // Whether there is no room for one body more.
  bool OtherIsRefused() {
    Peer other(shared_);
    other.Receive(head_ + most_);
    shared_.RunTurnEnd();
    const bool refused = other.Sent().starts_with("HTTP/1.1 503 ");
    other.connection().Close();
    return refused;
  }

  const std::string head_ = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n";
  const std::string most_ = std::string(59'000, 'x');
  const std::string rest_ = std::string(1'000, 'y');
};

TEST_F(Http1SharedBodiesTest, RefusesABodyWhileOthersTakeTheMemoryForAll) {
  Receive(head_ + most_);
  Peer second(shared_);
  second.Receive(head_ + most_);
  shared_.RunTurnEnd();
  const std::string refused = second.Sent();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << refused;
  EXPECT_NE(refused.find("retry-after: 1\r\n"), std::string::npos) << refused;
  EXPECT_NE(refused.find("\"code\":\"too-many-bodies\""), std::string::npos) << refused;

  Peer little(shared_);
  little.Receive("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 16000\r\n\r\n");
  little.Receive(std::string(15'000, 'x'));
  little.Receive(std::string(1'000, 'x'));
  EXPECT_TRUE(little.Sent().ends_with("answer"));
  Receive(rest_);
  EXPECT_TRUE(Sent().ends_with("answer"));
}

// It has been read, and is not handled yet, when another one needs room.
TEST_F(Http1SharedBodiesTest, JudgesNoRequestThatComesInTheSameTurn) {
  Receive(head_ + most_);
  Pass(4'000);
  Peer first(shared_), second(shared_);
  first.ReceiveWithOthers(head_ + most_);
  second.ReceiveWithOthers(head_ + most_.substr(0, 30'000));
  shared_.HandleReceived();
  shared_.RunTurnEnd();
  EXPECT_EQ(first.Sent() + second.Sent(), "");
  EXPECT_TRUE(Sent().starts_with("HTTP/1.1 503 ")) << "the slow one";
}

// What is refused gives back its own memory, not that of the request before it.
TEST_F(Http1SharedBodiesTest, LeavesAShortRequestBehindALongOneThatIsHeld) {
  Receive("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + most_ + rest_);
  Receive("GET /x HTTP/1.1\r\nHo");
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  Responder& held = *handler_.kept.at("/held");
  held.HoldNext(false);
  held.Respond(200, {}, Bytes::Static("of held"));
  Receive("st: h\r\n\r\n");
  shared_.RunTurnEnd();
  const std::string sent = Sent();
  EXPECT_TRUE(sent.ends_with("answer")) << sent;
}

TEST_F(Http1SharedBodiesTest, CountsALongHeadWhoseBodyIsSlow) {
  const std::string head =
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\nX: " + std::string(30'000, 'x') +
      "\r\n\r\n";
  Peer second(shared_), third(shared_);
  for (Peer* peer : {&second, &third}) peer->Receive(head + "x");
  EXPECT_TRUE(OtherIsRefused());
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  EXPECT_FALSE(OtherIsRefused());
}

// RFC 9110 9.3.2: no answer to a HEAD has content.
TEST_F(Http1SharedBodiesTest, RefusesALongHeadOfAHeadRequestWithoutContent) {
  Receive("HEAD /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(30'000, 'x'));
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  shared_.RunTurnEnd();
  const std::string sent = Sent();
  EXPECT_TRUE(sent.starts_with("HTTP/1.1 503 ")) << sent;
  EXPECT_TRUE(sent.ends_with("\r\n\r\n")) << sent;
}

TEST_F(Http1SharedBodiesTest, DropsWhatCameBehindTheLastRequestWithoutAWord) {
  Receive("GET /waits HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + most_);
  EXPECT_TRUE(OtherIsRefused());
  handler_.told.clear();
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  EXPECT_EQ(handler_.told, "");
  EXPECT_FALSE(OtherIsRefused());
  handler_.kept.at("/waits")->Respond(200, {}, Bytes::Static("waited"));
  shared_.RunTurnEnd();
  EXPECT_TRUE(Sent().ends_with("waited"));
}

TEST_F(Http1SharedBodiesTest, CountsTheTimeOfARequestFromWhenItIsLong) {
  Receive(head_ + "x");
  Pass(10'000);
  Receive(most_.substr(1));
  shared_.RefuseSlow(loop_.now_ms() + 1'500);
  shared_.RunTurnEnd();
  EXPECT_EQ(Sent(), "");
  Receive(rest_);
  EXPECT_TRUE(Sent().ends_with("answer"));
}

TEST_F(Http1SharedBodiesTest, RefusesALongHeadAsABody) {
  const std::string half = "GET /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(30'000, 'x');
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(std::make_unique<Peer>(shared_));
    peers.back()->Receive(half);
  }
  EXPECT_TRUE(OtherIsRefused());
  Receive(half);
  shared_.RunTurnEnd();
  EXPECT_NE(Sent().find("\"code\":\"too-many-bodies\""), std::string::npos);
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  EXPECT_FALSE(OtherIsRefused());
  shared_.RunTurnEnd();
  for (const auto& peer : peers) EXPECT_TRUE(peer->Sent().starts_with("HTTP/1.1 503 "));
}

TEST_F(Http1SharedBodiesTest, HasRoomAgainWhenABodyIsDoneWithOrItsClientGone) {
  for (int i = 0; i < 3; ++i) {
    Receive(head_ + most_);
    Receive(rest_);
    EXPECT_TRUE(Sent().ends_with("answer"));
  }
  for (int i = 0; i < 3; ++i) {
    Peer gone(shared_);
    gone.Receive(head_ + most_);
    gone.connection().Close();
  }
  Receive(head_ + most_);
  Receive(rest_);
  EXPECT_TRUE(Sent().ends_with("answer"));
}

// Half of the memory for bodies is taken by one that came at 60 KB in 4 s, and is what others need.
TEST_F(Http1SharedBodiesTest, RefusesSlowBodiesBeforeOthers) {
  Receive("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");  // the body is of the second request
  Sent();
  Receive(head_ + most_);
  Peer quick(shared_), little(shared_), waiting(shared_);
  quick.Receive(head_ + most_.substr(0, 30'000));
  little.Receive(head_ + "x");
  waiting.Receive("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n" +
                  most_.substr(0, 30'000));
  const auto refuse_after = [this](int64_t ms) {
    shared_.RefuseSlow(loop_.now_ms() + ms);
    shared_.RunTurnEnd();
  };
  refuse_after(1'500);
  EXPECT_EQ(Sent() + quick.Sent(), "") << "both were quick enough for that";
  refuse_after(3'000);
  EXPECT_TRUE(quick.Sent().starts_with("HTTP/1.1 503 ")) << "30 KB in 3 s";
  EXPECT_EQ(Sent(), "");
  refuse_after(4'000);
  const std::string refused = Sent();
  EXPECT_NE(refused.find("\"code\":\"too-many-bodies\""), std::string::npos) << refused;
  EXPECT_EQ(little.Sent() + waiting.Sent(), "") << "one is not counted, one has come whole";

  Peer other(shared_), another(shared_);
  for (Peer* peer : {&other, &another}) peer->Receive(head_ + most_.substr(0, 30'000));
  shared_.RunTurnEnd();
  EXPECT_EQ(other.Sent() + another.Sent(), "") << "their memory is there at once";
}

// Its 503 goes out behind the answer that it waits for; its memory is there at once.
TEST_F(Http1SharedBodiesTest, RefusesASlowBodyBehindARequestThatWaits) {
  Receive("GET /waits HTTP/1.1\r\nHost: h\r\n\r\n");
  Receive(head_ + most_);
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  Peer other(shared_);
  other.Receive(head_ + most_);
  other.Receive(rest_);
  shared_.RunTurnEnd();
  EXPECT_TRUE(other.Sent().ends_with("answer"));
  EXPECT_EQ(Sent(), "");
  handler_.kept.at("/waits")->Respond(200, {}, Bytes::Static("waited"));
  shared_.RunTurnEnd();
  const std::string sent = Sent();
  EXPECT_NE(sent.find("waited"), std::string::npos) << sent;
  EXPECT_NE(sent.find("\"code\":\"too-many-bodies\""), std::string::npos) << sent;
}

// It has come, and takes memory for as long as the answer before it does.
TEST_F(Http1SharedBodiesTest, RefusesAWholeBodyThatWaitsForLong) {
  Receive("GET /waits HTTP/1.1\r\nHost: h\r\n\r\n");
  Receive(head_ + most_);
  Receive(rest_);
  EXPECT_TRUE(OtherIsRefused());
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  EXPECT_FALSE(OtherIsRefused());
  handler_.kept.at("/waits")->Respond(200, {}, {});
  shared_.RunTurnEnd();
  EXPECT_NE(Sent().find("\"code\":\"too-many-bodies\""), std::string::npos);
}

TEST_F(Http1SharedBodiesTest, LetsGoOfABodyThatWasRefusedForAnotherReason) {
  Receive("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\ne678\r\n" + most_);
  Receive(std::string(1'000, 'y') + "no end of a chunk");
  EXPECT_TRUE(Sent().starts_with("HTTP/1.1 400 "));
  Peer other(shared_);
  other.Receive(head_ + most_);
  other.Receive(rest_);
  EXPECT_TRUE(other.Sent().ends_with("answer"));
}

TEST_F(Http1SharedBodiesTest, LetsGoOfARefusedBodyBehindARequestThatWaits) {
  Receive("GET /waits HTTP/1.1\r\nHost: h\r\n\r\n");
  Receive("POST /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(30'000, 'x') +
          "\r\nTransfer-Encoding: chunked\r\n\r\ne678\r\n" + most_);
  EXPECT_TRUE(OtherIsRefused());
  Receive(std::string(1'000, 'y') + "no end of a chunk");
  EXPECT_LT(peer_.connection().held_bytes(), 16'000u);
  EXPECT_FALSE(OtherIsRefused());
  handler_.kept.at("/waits")->Respond(200, {}, {});
  shared_.RunTurnEnd();
  EXPECT_NE(Sent().find("HTTP/1.1 400 "), std::string::npos);
}

class Http1SharedBlockedTest : public Http1SharedBodiesTest {
 protected:
  Http1SharedBlockedTest() : Http1SharedBodiesTest(1'000) {}
};

TEST_F(Http1SharedBlockedTest, RefusesAWholeBodyWhoseClientTakesNoAnswers) {
  const int smallest = 0;
  ASSERT_EQ(::setsockopt(peer_.server_socket(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest),
            0);
  Receive("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.kept.at("/long")->Respond(200, {}, Bytes::Own(std::string(200'000, 'a')));
  while (shared_.RunTurnEnd()) {
  }
  Receive(head_ + most_);
  Receive(rest_);
  EXPECT_TRUE(OtherIsRefused());
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  EXPECT_FALSE(OtherIsRefused());
}

// Who handles it later has a copy of it.
TEST_F(Http1SharedBodiesTest, CountsTheBodyOfARequestUntilItIsHandled) {
  Receive("POST /held HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + most_);
  Receive(rest_);
  Responder& held = *handler_.kept.at("/held");
  EXPECT_TRUE(OtherIsRefused());
  held.HoldNext(false);
  shared_.RunTurnEnd();
  EXPECT_FALSE(OtherIsRefused());
  held.Respond(200, {}, {});
  shared_.RunTurnEnd();
}

TEST_F(Http1SharedTest, ClosesWhatTheSystemDoesNotWatch) {
  const int unwatchable = ::open("/proc/self/exe", O_RDONLY);  // EPERM, as ENOSPC for too many
  const Http1Connection& connection = shared_.AddConnection(unwatchable, connection_limit_.Take());
  EXPECT_TRUE(connection.closed());
  EXPECT_EQ(shared_.connection_count(), 1u);
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
