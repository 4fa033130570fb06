#include "live_load_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace thalweg::load {
namespace {

// An event names slot and serial, so that one for a connection that was replaced is known.
uint64_t Tag(size_t slot, uint64_t serial) { return serial << 20 | slot; }
constexpr size_t kSlotMask = (1u << 20) - 1;

void Watch(int epoll, int operation, int fd, uint32_t events, uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  if (epoll_ctl(epoll, operation, fd, &event) != 0) std::perror("epoll_ctl");
}

}  // namespace

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

void Connection::Send(std::string_view bytes) {
  out_ += bytes;
  while (!out_.empty()) {
    const ssize_t sent = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // full: goes on when writable; broken: the read side tells
    out_.erase(0, static_cast<size_t>(sent));
  }
}

Client::Client(uint16_t port, OnBytes on_bytes)
    : port_(port), on_bytes_(std::move(on_bytes)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

Client::~Client() { close(epoll_); }

Connection& Client::Connect(size_t slot, int receive_buffer) {
  if (slot >= connections_.size()) connections_.resize(slot + 1);
  auto connection = std::make_unique<Connection>();
  connection->fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  connection->serial_ = ++serial_;
  const int fd = connection->fd_;
  if (receive_buffer != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("connect");
    std::exit(2);
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Watch(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLET, Tag(slot, connection->serial_));
  connections_[slot] = std::move(connection);
  return *connections_[slot];
}

void Client::StopReading(size_t slot) {
  Watch(epoll_, EPOLL_CTL_DEL, connections_[slot]->fd_, 0, 0);
}

void Client::Poll(int wait_ms) {
  std::array<epoll_event, 512> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    const size_t slot = event.data.u64 & kSlotMask;
    Connection* const connection = connections_[slot].get();
    if (connection == nullptr || Tag(slot, connection->serial_) != event.data.u64) continue;
    if (event.events & EPOLLOUT) connection->Send("");
    if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) Receive(slot);
  }
}

// Edge-triggered: reads until there is no more, or the handler replaces the connection.
void Client::Receive(size_t slot) {
  static std::array<char, 1 << 18> buffer;
  const uint64_t serial = connections_[slot]->serial_;
  while (connections_[slot] != nullptr && connections_[slot]->serial_ == serial) {
    Connection& connection = *connections_[slot];
    const ssize_t got = recv(connection.fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    size_t taken = got > 0 ? static_cast<size_t>(got) : 0;
    const bool cut = taken >= connection.bytes_to_cut_;
    taken = std::min(taken, connection.bytes_to_cut_);
    if (connection.bytes_to_cut_ != SIZE_MAX) connection.bytes_to_cut_ -= taken;
    if (cut || got <= 0) Close(slot);
    on_bytes_(slot, {buffer.data(), taken}, cut || got <= 0);
  }
}

}  // namespace thalweg::load
