// Many client connections on one epoll, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace thalweg::load {

// One connection to the server; owned by its Client.
class Connection {
 public:
  ~Connection();

  // Queues `bytes` and sends what goes.
  void Send(std::string_view bytes);

  // From here on this many bytes are taken, then the connection is cut.
  void CutAfter(size_t bytes) { bytes_to_cut_ = bytes; }

 private:
  friend class Client;
  int fd_ = -1;
  uint64_t serial_ = 0;  // which connection of this slot it is: late events of others are dropped
  std::string out_;
  size_t bytes_to_cut_ = SIZE_MAX;
};

class Client {
 public:
  // What came on the connection in `slot`; `end`: it is closed now, by either side.
  using OnBytes = std::function<void(size_t slot, std::string_view bytes, bool end)>;

  Client(uint16_t port, OnBytes on_bytes);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A new connection in `slot`; what was there is closed. `receive_buffer` 0: the system's.
  Connection& Connect(size_t slot, int receive_buffer = 0);
  bool Has(size_t slot) const {
    return slot < connections_.size() && connections_[slot] != nullptr;
  }
  Connection& At(size_t slot) { return *connections_[slot]; }
  void Close(size_t slot) { connections_[slot].reset(); }

  // Nothing more is read from `slot`.
  void StopReading(size_t slot);

  // Handles what comes within `wait_ms`.
  void Poll(int wait_ms);

 private:
  void Receive(size_t slot);

  const uint16_t port_;
  const OnBytes on_bytes_;
  const int epoll_;
  uint64_t serial_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace thalweg::load
