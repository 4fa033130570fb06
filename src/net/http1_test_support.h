// For tests: connections over pairs of sockets, on the test's own thread and at a time that it
// sets.
#pragma once

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http1_connection.h"
#include "net/http1_shared.h"
#include "testing/manual_clock.h"

namespace thalweg {

// Answers /x at once, and /act after `action`; keeps the responders of the rest, of which that of
// /held holds back what comes next.
class KeepingHandler final : public RequestHandler {
 public:
  void Handle(const Request& request, Responder& responder) override {
    told += "handle " + std::string(request.path) + " ";
    bodies.emplace_back(request.body);
    if (request.path == "/act") action();
    if (request.path == "/x" || request.path == "/act") {
      responder.Respond(200, {}, Bytes::Static("answer"));
    } else {
      kept[std::string(request.path)] = &responder;
      if (request.path == "/held") responder.HoldNext(true);
    }
  }
  void OnTurnedAway(TurnedAway why) override { told += TurnedAwayFor(why); }
  static std::string TurnedAwayFor(TurnedAway why) {
    return "turned away for " + std::to_string(static_cast<int>(why)) + " ";
  }
  void Expect(std::span<const std::string_view> paths) override {
    told += "expect ";
    for (const std::string_view path : paths) told += std::string(path) + " ";
  }
  std::function<void()> action;
  std::string told;
  std::vector<std::string> bodies;
  std::map<std::string, Responder*> kept;
};

// A connection over a pair of sockets; the loop's events are made by hand.
class Peer {
 public:
  explicit Peer(Http1Shared& shared) : shared_(shared) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets_), 0);
    connection_ = &shared.AddConnection(sockets_[0], shared.connection_limit().Take());
  }
  Peer(const Peer&) = delete;
  ~Peer() { ::close(sockets_[1]); }

  Http1Connection& connection() { return *connection_; }
  int server_socket() const { return sockets_[0]; }
  int client_socket() const { return sockets_[1]; }
  void Receive(std::string_view bytes) {
    ReceiveWithOthers(bytes);
    shared_.HandleReceived();
  }
  void ReceiveWithOthers(std::string_view bytes) {
    Arrive(bytes);
    connection_->OnIo(EPOLLIN);
  }
  // The loop has not told of it yet.
  void Arrive(std::string_view bytes) {
    EXPECT_EQ(::send(sockets_[1], bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string Sent() {
    char buffer[65536];
    const ssize_t got = ::recv(sockets_[1], buffer, sizeof buffer, 0);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }

 private:
  Http1Shared& shared_;
  Http1Connection* connection_;
  int sockets_[2];
};

class Http1SharedTest : public ::testing::Test {
 protected:
  explicit Http1SharedTest(const HttpLimits& limits = {})
      : connection_limit_(limits.connections_max),
        shared_(loop_, handler_, limits, connection_limit_) {}

  void Receive(std::string_view bytes) { peer_.Receive(bytes); }
  std::string Sent() { return peer_.Sent(); }
  // A turn of the loop, `ms` later.
  void Pass(int64_t ms) {
    clock_.AdvanceMs(ms);
    loop_.Post([this] { loop_.Stop(); });
    loop_.Run();
    shared_.HandleReceived();
    shared_.RunTurnEnd();
  }

  ManualClock clock_;
  Loop loop_{&clock_};
  KeepingHandler handler_;
  ConnectionLimit connection_limit_;
  Http1Shared shared_;
  Peer peer_{shared_};
  Http1Connection* const connection_ = &peer_.connection();
};

}  // namespace thalweg
