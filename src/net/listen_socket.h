// A bound socket, made before any thread starts, and then a listening one: between the two an
// address that cannot be had is known, and nobody can connect. A thing: one owner, may be moved.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "base/owned_fd.h"

namespace thalweg {

class ListenSocket {
 public:
  static constexpr int kBacklog = 4096;  // so many are connected and wait to be accepted

  struct Error {
    bool port_in_use = false;
    std::string message;  // what was tried, on what, and what the system said
  };

  // `host` is an IPv4 or IPv6 address or "localhost"; port 0 picks a free one. A port on which
  // anybody listens is in use, be it through a ListenSocket.
  static std::expected<ListenSocket, Error> Bind(const std::string& host, uint16_t port);

  // The port is in use where somebody who is bound to it has begun to listen meanwhile.
  // REQUIRES: called once.
  std::expected<void, Error> Listen();

  // One more that listens on the same address, for another loop: the system deals connections out
  // to all. REQUIRES: this one listens.
  std::expected<ListenSocket, Error> Share() const;

  int fd() const { return fd_.get(); }
  uint16_t port() const { return port_; }  // the real one

 private:
  ListenSocket(int fd, std::string where) : fd_(fd), where_(std::move(where)) {}
  OwnedFd fd_;
  uint16_t port_ = 0;
  std::string where_;  // for messages
};

}  // namespace thalweg
