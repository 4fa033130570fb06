// What requests that are under way take of memory, and who is refused where that is too much.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "net/http1_responder.h"
#include "net/http1_test_support.h"

namespace thalweg {
namespace {

class Http1RequestsMemory : public Http1SharedTest {
 protected:
  explicit Http1RequestsMemory(size_t output_bytes_max = 1 << 20)
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

TEST_F(Http1RequestsMemory, RefusesABodyWhileOthersTakeTheMemoryForAll) {
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
TEST_F(Http1RequestsMemory, JudgesNoRequestThatComesInTheSameTurn) {
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
TEST_F(Http1RequestsMemory, LeavesAShortRequestBehindALongOneThatIsHeld) {
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

TEST_F(Http1RequestsMemory, CountsALongHeadWhoseBodyIsSlow) {
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
TEST_F(Http1RequestsMemory, RefusesALongHeadOfAHeadRequestWithoutContent) {
  Receive("HEAD /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(30'000, 'x'));
  shared_.RefuseSlow(loop_.now_ms() + 4'000);
  shared_.RunTurnEnd();
  const std::string sent = Sent();
  EXPECT_TRUE(sent.starts_with("HTTP/1.1 503 ")) << sent;
  EXPECT_TRUE(sent.ends_with("\r\n\r\n")) << sent;
}

TEST_F(Http1RequestsMemory, DropsWhatCameBehindTheLastRequestWithoutAWord) {
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

TEST_F(Http1RequestsMemory, CountsTheTimeOfARequestFromWhenItIsLong) {
  Receive(head_ + "x");
  Pass(10'000);
  Receive(most_.substr(1));
  shared_.RefuseSlow(loop_.now_ms() + 1'500);
  shared_.RunTurnEnd();
  EXPECT_EQ(Sent(), "");
  Receive(rest_);
  EXPECT_TRUE(Sent().ends_with("answer"));
}

TEST_F(Http1RequestsMemory, RefusesALongHeadAsABody) {
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

TEST_F(Http1RequestsMemory, HasRoomAgainWhenABodyIsDoneWithOrItsClientGone) {
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
TEST_F(Http1RequestsMemory, RefusesSlowBodiesBeforeOthers) {
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
TEST_F(Http1RequestsMemory, RefusesASlowBodyBehindARequestThatWaits) {
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
TEST_F(Http1RequestsMemory, RefusesAWholeBodyThatWaitsForLong) {
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

TEST_F(Http1RequestsMemory, LetsGoOfABodyThatWasRefusedForAnotherReason) {
  Receive("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\ne678\r\n" + most_);
  Receive(std::string(1'000, 'y') + "no end of a chunk");
  EXPECT_TRUE(Sent().starts_with("HTTP/1.1 400 "));
  Peer other(shared_);
  other.Receive(head_ + most_);
  other.Receive(rest_);
  EXPECT_TRUE(other.Sent().ends_with("answer"));
}

TEST_F(Http1RequestsMemory, LetsGoOfARefusedBodyBehindARequestThatWaits) {
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

class Http1RequestsMemoryBlocked : public Http1RequestsMemory {
 protected:
  Http1RequestsMemoryBlocked() : Http1RequestsMemory(1'000) {}
};

TEST_F(Http1RequestsMemoryBlocked, RefusesAWholeBodyWhoseClientTakesNoAnswers) {
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
TEST_F(Http1RequestsMemory, CountsTheBodyOfARequestUntilItIsHandled) {
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

}  // namespace
}  // namespace thalweg
