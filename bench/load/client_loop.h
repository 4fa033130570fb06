// Many connections to one server from one thread: sockets, epoll, and the parser of each.
//
// The loop outlives its connections. Own thread only. A failure that no server should show under
// load (it refuses a connection, it answers what is no HTTP) is kept in failure(), and the program
// ends with it; that a server ends a connection is no failure, the connection begins anew.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/response_parser.h"
#include "bench/load/target.h"

namespace thalweg::bench {

class Connection;

class ClientLoop {
 public:
  explicit ClientLoop(Target target);
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;
  ClientLoop& operator=(const ClientLoop&) = delete;

  // Handles what comes until `until_ns` (of NowNs), but returns once something was handled.
  void Poll(int64_t until_ns);

  const Target& target() const { return target_; }
  const std::string& failure() const { return failure_; }
  void Fail(std::string why);

 private:
  friend class Connection;
  static constexpr size_t kReadBytes = 256 << 10;

  const Target target_;
  const int epoll_;
  std::string failure_;                                   // the first one
  std::unique_ptr<std::array<char, kReadBytes>> buffer_;  // what is being handled
};

// Who uses a connection.
class ConnectionUser : public ResponseSink {
 public:
  // The server ended the connection; a new one stands in its place. What was sent and not answered
  // is lost.
  virtual void OnReconnected() = 0;

  // Whether long bodies may be thrown away unseen, which spares the copy.
  virtual bool SkipsBodies() const { return false; }
};

class Connection {
 public:
  // Connects. Both outlive the connection.
  Connection(ClientLoop& loop, ConnectionUser& user);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends `bytes`, now or when the server takes them.
  void Send(std::string_view bytes);

 private:
  friend class ClientLoop;

  void Open();
  void Shut();
  void Watch(int operation, uint32_t events);
  void OnEvents(uint32_t events);
  void Receive();
  ssize_t Read();
  void Flush();

  ClientLoop& loop_;
  ConnectionUser& user_;
  int fd_ = -1;
  ResponseParser parser_;
  std::string unsent_;
};

}  // namespace thalweg::bench
