// Accepts HTTP/1.1 connections on one loop and feeds their requests to a RequestHandler.
//
// Own thread only, but for the constructor. One listener per loop, each with its own SO_REUSEPORT
// socket on the same port.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/loop.h"
#include "net/options.h"
#include "net/request_handler.h"

namespace thalweg {

// A bound and listening socket, made before any thread starts.
class ListenSocket {
 public:
  struct Error {
    bool port_in_use = false;
    std::string message;  // what was tried, on what, and what the system said
  };
  static std::expected<ListenSocket, Error> Bind(const std::string& host, uint16_t port);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ~ListenSocket();

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }  // the real one

 private:
  ListenSocket(int fd, uint16_t port) : fd_(fd), port_(port) {}
  int fd_;
  uint16_t port_;
};

class HttpListener {
 public:
  HttpListener(Loop& loop, ListenSocket socket, RequestHandler& handler, NetOptions options);
  ~HttpListener();  // closes what is still open

  // Stops accepting; idle connections close now, busy ones with their last answer. `drained` is
  // called once no connection is left.
  void Drain(std::function<void()> drained);

  size_t connection_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thalweg
