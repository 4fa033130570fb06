#include "bench/load/client_loop.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/load/stamp.h"

namespace thalweg::bench {
namespace {

constexpr int kEventsMax = 512;
constexpr int64_t kSecondNs = 1'000'000'000;

}  // namespace

ClientLoop::ClientLoop(Target target)
    : target_(std::move(target)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique<std::array<char, kReadBytes>>()) {
  if (epoll_ < 0) Fail("epoll_create1");
}

ClientLoop::~ClientLoop() { close(epoll_); }

void ClientLoop::Fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
}

void ClientLoop::Poll(int64_t until_ns) {
  const int64_t wait_ns = std::max<int64_t>(until_ns - NowNs(), 0);
  const timespec wait{.tv_sec = wait_ns / kSecondNs, .tv_nsec = wait_ns % kSecondNs};
  std::array<epoll_event, kEventsMax> events;
  const int count = epoll_pwait2(epoll_, events.data(), kEventsMax, &wait, nullptr);
  if (count < 0 && errno != EINTR) Fail(std::string("epoll_pwait2: ") + std::strerror(errno));
  for (int i = 0; i < count && failure_.empty(); ++i) {
    static_cast<Connection*>(events[i].data.ptr)->OnEvents(events[i].events);
  }
}

Connection::Connection(ClientLoop& loop, ConnectionUser& user) : loop_(loop), user_(user) {
  Open();
}

Connection::~Connection() { Shut(); }

// On loopback a connection is made as soon as the server's queue has room.
void Connection::Open() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* address = reinterpret_cast<const sockaddr*>(&loop_.target().address);
  if (fd_ < 0 || connect(fd_, address, sizeof(sockaddr_in)) != 0)
    return loop_.Fail("cannot connect to " + loop_.target().host + ": " + std::strerror(errno));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd_, F_SETFL, O_NONBLOCK);
  Watch(EPOLL_CTL_ADD, EPOLLIN);
}

void Connection::Shut() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void Connection::Watch(int operation, uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = this}};
  if (epoll_ctl(loop_.epoll_, operation, fd_, &event) != 0)
    loop_.Fail(std::string("epoll_ctl: ") + std::strerror(errno));
}

void Connection::Send(std::string_view bytes) {
  if (unsent_.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    if (bytes.empty()) return;
    Watch(EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }
  unsent_ += bytes;
}

void Connection::OnEvents(uint32_t events) {
  if ((events & EPOLLOUT) != 0) Flush();
  if ((events & ~EPOLLOUT) != 0) Receive();
}

void Connection::Flush() {
  const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent > 0) unsent_.erase(0, static_cast<size_t>(sent));
  if (unsent_.empty()) Watch(EPOLL_CTL_MOD, EPOLLIN);
}

// Reads once, and tells the user what came: a connection with more to read is told of again.
ssize_t Connection::Read() {
  const uint64_t unseen = user_.SkipsBodies() ? parser_.body_left() : 0;
  if (unseen >= loop_.buffer_->size()) {
    const ssize_t got = recv(fd_, nullptr, unseen, MSG_TRUNC);  // TCP drops them without a copy
    if (got > 0) parser_.Skip(static_cast<uint64_t>(got), user_);
    return got;
  }
  const ssize_t got = recv(fd_, loop_.buffer_->data(), loop_.buffer_->size(), 0);
  if (got <= 0) return got;
  const std::string_view bytes(loop_.buffer_->data(), static_cast<size_t>(got));
  if (!parser_.Feed(bytes, user_))
    loop_.Fail("no HTTP response: " + std::string(bytes.substr(0, 200)));
  return got;
}

void Connection::Receive() {
  const ssize_t got = Read();
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  Shut();
  unsent_.clear();
  parser_.Reset();
  Open();
  if (loop_.failure().empty()) user_.OnReconnected();
}

}  // namespace thalweg::bench
