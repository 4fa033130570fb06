// A bound and listening socket, made before any thread starts. A thing: one owner, may be moved.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace thalweg {

class ListenSocket {
 public:
  struct Error {
    bool port_in_use = false;
    std::string message;  // what was tried, on what, and what the system said
  };

  // `host` is an IPv4 or IPv6 address or "localhost"; port 0 picks a free one. A port on which
  // anybody listens is in use, be it through a ListenSocket.
  static std::expected<ListenSocket, Error> Bind(const std::string& host, uint16_t port);

  // One more on the same address, for another loop: the system deals connections out to all.
  std::expected<ListenSocket, Error> Share() const;

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

}  // namespace thalweg
