// What one connection may take of time, of memory and of its loop's turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http1_test_support.h"

namespace thalweg {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

const std::string kRequest = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

size_t CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

class Http1Deadlines : public Http1SharedTest {
 protected:
  explicit Http1Deadlines(const HttpLimits& limits = {.header_timeout_ms = 1'000,
                                                      .body_timeout_ms = 1'000,
                                                      .idle_timeout_ms = 10'000,
                                                      .write_timeout_ms = 1'000})
      : Http1SharedTest(limits) {}

  bool is_open() const { return shared_.connection_count() == 1; }
  void FillSocket() {
    Pass(0);
    while (shared_.RunTurnEnd()) {
    }
  }
  // What stands in the socket; how many bytes.
  size_t Take() { return TakeFrom(peer_); }
  static size_t TakeFrom(Peer& peer) {
    size_t taken = 0;
    for (size_t sent = 0; (sent = peer.Sent().size()) > 0; taken += sent) continue;
    return taken;
  }
};

TEST_F(Http1Deadlines, AHeadHasItsTimeHoweverItsBytesCome) {
  Receive("GET /x HTTP/1.1\r\n");
  Pass(600);
  Receive("Host: h\r\n");
  EXPECT_EQ(Sent(), "");
  Pass(600);
  EXPECT_THAT(Sent(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(Http1Deadlines, EachHeadHasItsOwnTime) {
  const std::string begin = "GET /x HTTP/1.1\r\nHo";
  Receive(begin);
  for (int i = 0; i < 4; ++i) {
    Pass(600);
    Receive("st: h\r\n\r\n" + begin);  // no moment is without a head that has begun
    ASSERT_THAT(Sent(), EndsWith("answer")) << i;
  }
  Pass(1'100);
  EXPECT_THAT(Sent(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(Http1Deadlines, ABodyMayTakeLongButNotRest) {
  Receive("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  for (int i = 0; i < 4; ++i) {
    Pass(600);
    Receive("b");
    ASSERT_EQ(Sent(), "") << i;
  }
  Pass(1'100);
  EXPECT_THAT(Sent(), StartsWith("HTTP/1.1 408 "));
}

// RFC 9110 9.3.2: no answer to a HEAD has content.
TEST_F(Http1Deadlines, ARefusalOfAHeadHasNoContent) {
  Receive("HEAD /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  Pass(1'100);
  const std::string sent = Sent();
  EXPECT_THAT(sent, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(sent, EndsWith("\r\n\r\n"));
}

TEST_F(Http1Deadlines, AnIdleConnectionIsKeptByRequests) {
  for (int i = 0; i < 4; ++i) {
    Pass(6'000);
    Receive(kRequest);
    ASSERT_THAT(Sent(), EndsWith("answer")) << i;
  }
  Pass(9'900);
  EXPECT_TRUE(is_open());
  Pass(200);
  EXPECT_FALSE(is_open());
}

TEST_F(Http1Deadlines, AnAnswerMayTakeLongButNotRest) {
  Receive("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
  handler_.kept.at("/long")->Respond(200, {}, Bytes::Own(std::string(8u << 20, 'a')));
  for (int i = 0; i < 4; ++i) {
    FillSocket();
    Pass(600);
    ASSERT_GT(Take(), 0u) << i;
  }
  FillSocket();
  Pass(900);
  EXPECT_TRUE(is_open());
  Pass(200);
  EXPECT_FALSE(is_open());
}

// A turn of the loop has 256 events.
constexpr int kMoreThanATurnHas = 300;

TEST_F(Http1Deadlines, JudgesNobodyByWhatTheLoopHasNotToldOfYet) {
  struct Case {
    const char* why;
    std::string before;
    std::string rest;
    int64_t late_ms;
  };
  const Case cases[] = {
      {"a body", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo", "dy", 1'100},
      {"a head", kRequest.substr(0, 9), kRequest.substr(9), 1'100},
      {"a request", "", kRequest, 10'100},
  };
  for (const Case& c : cases) {
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < kMoreThanATurnHas; ++i) {
      peers.push_back(std::make_unique<Peer>(shared_));
      peers.back()->Receive(c.before);
    }
    for (int i = 0; i < 3; ++i) Pass(0);  // what each socket tells at first
    for (const auto& peer : peers) peer->Arrive(c.rest);
    Pass(c.late_ms);
    for (const auto& peer : peers) ASSERT_THAT(peer->Sent(), EndsWith("answer")) << c.why;
  }
}

TEST_F(Http1Deadlines, CutsOffNobodyWhoHasTakenWhatTheLoopHasNotToldOfYet) {
  const Bytes page = Bytes::Own(std::string(1u << 20, 'a'));
  const int smallest = 0;
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < kMoreThanATurnHas; ++i) {
    peers.push_back(std::make_unique<Peer>(shared_));
    ASSERT_EQ(::setsockopt(peers.back()->server_socket(), SOL_SOCKET, SO_SNDBUF, &smallest,
                           sizeof smallest),
              0);
    peers.back()->Receive("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
    handler_.kept.at("/long")->Respond(200, {}, page);
  }
  for (int i = 0; i < 3; ++i) FillSocket();
  for (const auto& peer : peers) ASSERT_GT(TakeFrom(*peer), 0u);
  Pass(1'100);
  EXPECT_EQ(shared_.connection_count(), 1u + kMoreThanATurnHas);
}

// Of an answer of 8 MiB, and with so long a timeout that what a socket holds is little in its time.
class Http1SlowReader : public Http1Deadlines {
 protected:
  static constexpr size_t kBytes = 8u << 20;

  Http1SlowReader()
      : Http1Deadlines({.write_timeout_ms = 100'000}), file_(::memfd_create("page", MFD_CLOEXEC)) {
    EXPECT_EQ(::ftruncate(file_, kBytes), 0);
    Receive("GET /long HTTP/1.1\r\nHost: h\r\n\r\n");
    responder_ = handler_.kept.at("/long");
    responder_->Start(200, {}, kBytes);
  }
  ~Http1SlowReader() override { ::close(file_); }

  void AnswerFromFile() {
    responder_->WriteFile({owner_, file_, 0, kBytes});
    responder_->Finish();
  }

  void AnswerFromMemory() {
    responder_->Write(Bytes::Own(std::string(kBytes, 'a')));
    responder_->Finish();
  }

  // At once, until the client still is to get about so much.
  void TakeUntilLeft(int64_t bytes) {
    for (auto left = static_cast<int64_t>(kBytes); left > bytes;) {
      FillSocket();
      const size_t taken = Take();
      ASSERT_GT(taken, 0u) << left;
      left -= static_cast<int64_t>(taken);
    }
  }

  // 64 KiB at most in 90 s.
  void TakeALittle() {
    FillSocket();
    ASSERT_GT(Sent().size(), 0u);
    PassSeconds(90);
  }
  void TakeTooLittle() {
    for (int rounds = 0; is_open(); ++rounds) {
      ASSERT_LT(rounds, 3);
      TakeALittle();
    }
  }

  // All of it: 256 KiB a minute are a little more than 4 KiB a second.
  void TakeQuicklyEnough() {
    size_t got = 0;
    for (size_t minutes = 1; got < kBytes; ++minutes) {
      while (got < minutes * (256u << 10)) {
        FillSocket();
        const size_t taken = Take();
        ASSERT_GT(taken, 0u) << got;
        got += taken;
      }
      PassSeconds(60);
    }
  }

  void PassSeconds(int seconds) {
    for (int s = 0; s < seconds; ++s) Pass(1'000);
  }

  const int file_;
  const std::shared_ptr<int> owner_ = std::make_shared<int>();
  Responder* responder_;
};

TEST_F(Http1SlowReader, IsCutOffWhereItHoldsAFile) {
  AnswerFromFile();
  TakeUntilLeft(1 << 20);
  TakeTooLittle();
  EXPECT_EQ(owner_.use_count(), 1) << "the file may go";
}

// Two, and something of that stands in the socket.
TEST_F(Http1SlowReader, IsCutOffWhereItHoldsMoreThanAMegabyteOfMemory) {
  AnswerFromMemory();
  TakeUntilLeft(2 << 20);
  TakeTooLittle();
}

// The end of a long answer, and all of what a live reader is sent at a time.
TEST_F(Http1SlowReader, MayTakeItsTimeWithAMegabyteOfMemory) {
  AnswerFromMemory();
  TakeUntilLeft(1 << 20);
  for (int rounds = 0; rounds < 3; ++rounds) {
    TakeALittle();
    ASSERT_TRUE(is_open()) << rounds;
  }
}

TEST_F(Http1SlowReader, IsNotCutOffWhereItTakesAFileQuicklyEnough) {
  AnswerFromFile();
  TakeQuicklyEnough();
  EXPECT_EQ(owner_.use_count(), 1);
}

TEST_F(Http1SlowReader, IsNotCutOffWhereItTakesMemoryQuicklyEnough) {
  AnswerFromMemory();
  TakeQuicklyEnough();
}

const std::string kLastRequest = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

TEST_F(Http1Deadlines, WaitsForTheClientToCloseUntilItWasSilentForTwoSeconds) {
  Receive(kLastRequest);
  EXPECT_THAT(Sent(), EndsWith("answer"));
  for (int i = 0; i < 2; ++i) {
    Pass(1'900);
    ASSERT_TRUE(is_open());
    Receive("more");
  }
  Pass(2'100);
  EXPECT_FALSE(is_open());
}

TEST_F(Http1Deadlines, WaitsThirtySecondsAtMostForAClientThatGoesOnToSend) {
  Receive(kLastRequest);
  for (int i = 0; i < 15; ++i) {
    Pass(1'900);
    ASSERT_TRUE(is_open()) << i;
    Receive("more");
  }
  Pass(1'600);
  EXPECT_FALSE(is_open());
}

class Http1Linger : public Http1SharedTest {
 protected:
  Http1Linger() : Http1SharedTest({.body_bytes_max = 1'000}) {}

  static std::string Upload(uint64_t bytes) {
    return "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n";
  }
};

TEST_F(Http1Linger, ReadsWhatARefusedRequestDeclaredButNotForEver) {
  struct Case {
    const char* why;
    std::string request;
    size_t bytes;
  };
  const Case cases[] = {
      {"no length", kLastRequest, 16u << 20},
      {"a length", Upload(20u << 20), 20u << 20},
      {"too large a length", Upload(1u << 30), 64u << 20},
      {"chunks", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n",
       64u << 20},
  };
  const std::string piece(32u << 10, 'p');
  for (const Case& c : cases) {
    Peer peer(shared_);
    peer.Receive(c.request);
    size_t sent = 0;
    for (; !peer.connection().closed(); sent += piece.size()) {
      ASSERT_LT(sent, c.bytes) << c.why;
      peer.Receive(piece);
    }
    EXPECT_EQ(sent, c.bytes) << c.why;
    shared_.RunTurnEnd();
  }
}

TEST_F(Http1Linger, LetsOthersHaveTheirTurnMeanwhile) {
  const int more = 1u << 20;
  ::setsockopt(peer_.client_socket(), SOL_SOCKET, SO_SNDBUF, &more, sizeof more);
  Receive(Upload(1'000'000));
  Receive(std::string(376'000, 'b'));  // almost six reads
  int left = 0;
  ASSERT_EQ(::ioctl(peer_.server_socket(), FIONREAD, &left), 0);
  EXPECT_GT(left, 0);
  shared_.RunTurnEnd();
  ASSERT_EQ(::ioctl(peer_.server_socket(), FIONREAD, &left), 0);
  EXPECT_EQ(left, 0);
}

TEST_F(Http1Linger, ReadsToItsEndWhatAClientSentThatHasHalfClosed) {
  const int more = 1u << 20;
  ::setsockopt(peer_.client_socket(), SOL_SOCKET, SO_SNDBUF, &more, sizeof more);
  Receive(Upload(1'000'000));
  peer_.Arrive(std::string(376'000, 'b'));  // almost six reads
  ::shutdown(peer_.client_socket(), SHUT_WR);
  connection_->OnIo(EPOLLIN | EPOLLRDHUP | EPOLLHUP);
  shared_.HandleReceived();
  ASSERT_EQ(shared_.connection_count(), 1u) << "a close with unread bytes resets";
  shared_.RunTurnEnd();
  EXPECT_EQ(shared_.connection_count(), 0u);
  while (!Sent().empty()) continue;
  char byte = 0;
  EXPECT_EQ(::recv(peer_.client_socket(), &byte, 1, 0), 0) << "reset: something was left unread";
}

TEST_F(Http1SharedTest, LetsOthersHaveTheirTurnWhileOneSendsALot) {
  const int more = 1u << 20;  // the system gives less; the default holds four reads, not six
  ::setsockopt(peer_.client_socket(), SOL_SOCKET, SO_SNDBUF, &more, sizeof more);
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 8000\r\n\r\n" + std::string(8'000, 'b');
  constexpr size_t kRequests = 47;  // almost six reads
  Receive(Repeated(request, kRequests));
  EXPECT_GT(handler_.bodies.size(), 30u);
  EXPECT_LT(handler_.bodies.size(), kRequests);
  shared_.RunTurnEnd();
  EXPECT_EQ(handler_.bodies.size(), kRequests);
}

class Http1OutputLimit : public Http1SharedTest {
 protected:
  Http1OutputLimit() : Http1SharedTest({.output_bytes_max = 1'000}) {}

  static constexpr size_t kRequests = 300;
};

TEST_F(Http1OutputLimit, HandlesAsManyRequestsAtOnceAsThereIsRoomForAnswers) {
  Receive(Repeated(kRequest, kRequests));
  size_t handled = 0;
  for (bool more = true; more; more = shared_.RunTurnEnd()) {
    ASSERT_LE(handler_.bodies.size(), handled + 20) << "an answer takes more than 50 bytes";
    ASSERT_GT(handler_.bodies.size(), handled);
    handled = handler_.bodies.size();
  }
  EXPECT_EQ(handler_.bodies.size(), kRequests);
  EXPECT_EQ(CountOf(Sent(), "answer"), kRequests);
}

TEST_F(Http1OutputLimit, HandlesNothingForAClientThatTakesNothingUntilItDoes) {
  const int smallest = 0;
  ASSERT_EQ(::setsockopt(peer_.server_socket(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest),
            0);
  Receive(Repeated(kRequest, kRequests));
  int turns = 0;
  while (shared_.RunTurnEnd()) ASSERT_LT(++turns, 100) << "it does not rest";
  ASSERT_LT(handler_.bodies.size(), 100u);
  std::string got;
  for (std::string sent; !(sent = Sent()).empty(); Pass(0)) got += sent;
  EXPECT_EQ(handler_.bodies.size(), kRequests);
  EXPECT_EQ(CountOf(got, "answer"), kRequests);
}

// Writes a piece whenever there is room, until all are written.
class WritesPieces final : public ResponderEvents {
 public:
  WritesPieces(Responder& responder, size_t pieces) : responder_(&responder), left_(pieces) {
    responder.SetEvents(this);
    responder.Start(200, {}, std::nullopt);
    OnWritable();
  }
  ~WritesPieces() {
    if (responder_ != nullptr) responder_->Abort();
  }
  void OnWritable() override {
    if (left_ == 0) {
      std::exchange(responder_, nullptr)->Finish();
      return;
    }
    --left_;
    EXPECT_FALSE(responder_->Write(Bytes::Own(std::string(5'000, 'p'))));
  }
  void OnCancel() override { responder_ = nullptr; }
  size_t left() const { return left_; }

 private:
  Responder* responder_;  // null: done with
  size_t left_;
};

TEST_F(Http1OutputLimit, AsksForSomeOfAnAnswerInATurnAndForTheRestInTheNext) {
  Receive("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  WritesPieces answer(*handler_.kept.at("/pieces"), 20);
  std::string got;
  for (bool more = true; more; got += Sent()) {
    const size_t before = answer.left();
    more = shared_.RunTurnEnd();
    ASSERT_LE(before - answer.left(), 8u);
  }
  EXPECT_EQ(CountOf(got, "p\r\n"), 20u);
  EXPECT_THAT(got, EndsWith("\r\n0\r\n\r\n"));
}

// 2027-01-15 08:00:00 is where the clock begins.
TEST_F(Http1SharedTest, DatesEachAnswerToTheSecond) {
  const auto date = [this] {
    Receive(kRequest);
    const std::string sent = Sent();
    const size_t at = sent.find("Date: ");
    return sent.substr(at, sent.find("\r\n", at) - at);
  };
  Pass(300);
  EXPECT_EQ(date(), "Date: Fri, 15 Jan 2027 08:00:00 GMT");
  Pass(699);
  EXPECT_EQ(date(), "Date: Fri, 15 Jan 2027 08:00:00 GMT");
  Pass(1);
  EXPECT_EQ(date(), "Date: Fri, 15 Jan 2027 08:00:01 GMT");
  clock_.JumpWallMs(86'400'000);
  Pass(1'000);
  EXPECT_EQ(date(), "Date: Sat, 16 Jan 2027 08:00:02 GMT");
}

}  // namespace
}  // namespace thalweg
