#include "bench/limits/bare_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <utility>

namespace thalweg::bench {
namespace {

constexpr int kEventsMax = 512;
constexpr int kBacklog = 4096;

void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t ContentLength(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const size_t at = head.find(kName);
  uint64_t length = 0;
  if (at != std::string_view::npos)
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
  return length;
}

}  // namespace

bool TakeRequest(std::string_view& bytes, BareRequest& request) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::string_view head = bytes.substr(0, end + 4);
  const uint64_t length = ContentLength(head);
  if (bytes.size() - head.size() < length) return false;
  request = {.head = head, .body = bytes.substr(head.size(), length)};
  bytes.remove_prefix(head.size() + length);
  return true;
}

BareConnection::~BareConnection() { close(fd_); }

// False: the client has gone.
bool BareConnection::Receive() {
  const ssize_t got = recv(fd_, server_.buffer_->data(), server_.buffer_->size(), 0);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  std::string_view bytes(server_.buffer_->data(), static_cast<size_t>(got));
  if (!in_.empty()) bytes = in_ += bytes;
  BareRequest request;
  while (TakeRequest(bytes, request)) server_.handlers_.on_request(*this, request);
  in_ = std::string(bytes);
  return true;
}

void BareConnection::Send(std::string_view bytes) {
  if (out_.empty() && file_left_ == 0) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    if (bytes.empty()) return;
  }
  out_ += bytes;
  WaitForRoom();
}

void BareConnection::SendFile(int file, uint64_t offset, uint64_t bytes) {
  file_ = file;
  file_offset_ = offset;
  file_left_ = bytes;
  if (out_.empty()) FlushFile();
  if (file_left_ > 0) WaitForRoom();
}

void BareConnection::WaitForRoom() {
  if (waits_for_room_) return;
  waits_for_room_ = true;
  server_.Watch(EPOLL_CTL_MOD, fd_, EPOLLIN | EPOLLOUT);
}

bool BareConnection::FlushFile() {
  auto offset = static_cast<off_t>(file_offset_);
  const ssize_t sent = sendfile(fd_, file_, &offset, file_left_);
  if (sent <= 0) return sent < 0 && errno == EAGAIN;
  file_offset_ = static_cast<uint64_t>(offset);
  file_left_ -= static_cast<uint64_t>(sent);
  return true;
}

// False: the client has gone.
bool BareConnection::Flush() {
  if (!out_.empty()) {
    const ssize_t sent = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) out_.erase(0, static_cast<size_t>(sent));
  }
  if (out_.empty() && file_left_ > 0 && !FlushFile()) return false;
  if (!out_.empty() || file_left_ > 0) return true;
  waits_for_room_ = false;
  server_.Watch(EPOLL_CTL_MOD, fd_, EPOLLIN);
  return true;
}

BareServer::BareServer(Handlers handlers)
    : handlers_(std::move(handlers)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      buffer_(std::make_unique<std::array<char, kReadBytes>>()) {}

BareServer::~BareServer() {
  connections_.clear();
  for (const int fd : {listener_, wake_, epoll_}) close(fd);
}

void BareServer::Watch(int operation, int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  epoll_ctl(epoll_, operation, fd, &event);
}

void BareServer::Wake() {
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof(one)) < 0) std::perror("eventfd");
}

bool BareServer::Listen() {
  RaiseDescriptorLimit();
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, any, size) != 0 || listen(listener_, kBacklog) != 0 ||
      getsockname(listener_, any, &size) != 0)
    return false;
  Watch(EPOLL_CTL_ADD, listener_, EPOLLIN);
  Watch(EPOLL_CTL_ADD, wake_, EPOLLIN);
  std::printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return true;
}

void BareServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connections_[fd] = std::make_unique<BareConnection>(*this, fd);
    Watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

void BareServer::OnEvent(int fd, uint32_t events) {
  if (fd == listener_) return Accept();
  if (fd == wake_) {
    uint64_t count = 0;
    if (read(wake_, &count, sizeof(count)) < 0) std::perror("eventfd");
    return;
  }
  BareConnection& connection = *connections_.at(fd);
  bool here = (events & EPOLLOUT) == 0 || connection.Flush();
  if (here && (events & ~EPOLLOUT) != 0) here = connection.Receive();
  if (here) return;
  handlers_.on_gone(connection);
  connections_.erase(fd);
}

int BareServer::Serve() {
  if (!Listen()) {
    std::perror("listen");
    return 1;
  }
  std::array<epoll_event, kEventsMax> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), kEventsMax, -1);
    if (count < 0 && errno != EINTR) break;
    for (int i = 0; i < count; ++i) OnEvent(events[i].data.fd, events[i].events);
    handlers_.on_turn();
  }
  std::perror("epoll_wait");
  return 1;
}

}  // namespace thalweg::bench
