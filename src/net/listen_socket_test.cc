#include "net/listen_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace thalweg {
namespace {

using ::testing::HasSubstr;

TEST(ListenSocket, SharesItsPortOnlyWhereAsked) {
  for (const char* const host : {"127.0.0.1", "::1"}) {
    auto first = ListenSocket::Bind(host, 0);
    ASSERT_TRUE(first.has_value()) << first.error().message;
    ASSERT_TRUE(first->Listen());
    const auto second = first->Share();
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_EQ(second->port(), first->port());
    const auto stranger = ListenSocket::Bind(host, first->port());
    ASSERT_FALSE(stranger.has_value());
    EXPECT_TRUE(stranger.error().port_in_use);
  }
}

// In a network of its own; 1: it is not allowed here.
int CodeOfBindingWhereIpv6IsAlone() {
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNET) != 0) _exit(1);
    const int alone = open("/proc/sys/net/ipv6/bindv6only", O_WRONLY | O_CLOEXEC);
    if (alone < 0 || write(alone, "1", 1) != 1) _exit(1);
    const auto bound = ListenSocket::Bind("::", 0);
    int is_alone = -1;
    socklen_t length = sizeof is_alone;
    if (bound) getsockopt(bound->fd(), IPPROTO_IPV6, IPV6_V6ONLY, &is_alone, &length);
    _exit(is_alone == 0 ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ListenSocket, TakesIpv4OnAllAddressesOfIpv6WhateverTheSystemsDefault) {
  const int code = CodeOfBindingWhereIpv6IsAlone();
  if (code == 1) GTEST_SKIP() << "no network of its own can be made here";
  EXPECT_EQ(code, 0);
}

int ConnectTo(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  const int error = ::connect(fd, name, sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

TEST(ListenSocket, TakesNoPartOfANameForAnAddress) {
  for (const std::string& host : {std::string("127.0.0.1\0.example", 18), std::string("::1\0", 4),
                                  std::string("127.0.0.1 "), std::string("[::1")}) {
    const auto refused = ListenSocket::Bind(host, 0);
    ASSERT_FALSE(refused.has_value()) << host;
    EXPECT_NE(refused.error().message.find("not an IPv4 or IPv6 address"), std::string::npos);
  }
}

TEST(ListenSocket, LetsNobodyInBeforeItListens) {
  auto socket = ListenSocket::Bind("127.0.0.1", 0);
  ASSERT_TRUE(socket.has_value());
  EXPECT_EQ(ConnectTo(socket->port()), ECONNREFUSED);
  ASSERT_TRUE(socket->Listen());
  EXPECT_EQ(ConnectTo(socket->port()), 0);
}

// Whoever listens first has the port, also where both were bound to it while nobody listened.
TEST(ListenSocket, DoesNotShareAPortThatTwoAreBoundTo) {
  auto first = ListenSocket::Bind("127.0.0.1", 0);
  ASSERT_TRUE(first.has_value());
  auto second = ListenSocket::Bind("127.0.0.1", first->port());
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(first->Listen());
  ASSERT_TRUE(first->Share());
  const auto refused = second->Listen();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().port_in_use);
}

// A connection goes to one of those that listen; each has some of many.
TEST(ListenSocket, SharesOutConnections) {
  auto first = ListenSocket::Bind("127.0.0.1", 0);
  ASSERT_TRUE(first && first->Listen());
  const auto second = first->Share();
  ASSERT_TRUE(second);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(ConnectTo(first->port()), 0);
  int taken[2] = {};
  for (int i = 0; i < 2; ++i) {
    for (int fd; (fd = ::accept((i == 0 ? *first : *second).fd(), nullptr, nullptr)) >= 0;) {
      ++taken[i];
      ::close(fd);
    }
  }
  EXPECT_EQ(taken[0] + taken[1], 100);
  EXPECT_THAT(taken, testing::Each(testing::Gt(0)));
}

TEST(ListenSocket, DoesNotShareAPortWithAnotherProcess) {
  int port_pipe[2];
  int end_pipe[2];
  ASSERT_EQ(::pipe(port_pipe), 0);
  ASSERT_EQ(::pipe(end_pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(end_pipe[1]);
    auto socket = ListenSocket::Bind("127.0.0.1", 0);
    const uint16_t port = socket && socket->Listen() ? socket->port() : 0;
    char byte = 0;
    [[maybe_unused]] ssize_t done = ::write(port_pipe[1], &port, sizeof port);
    done = ::read(end_pipe[0], &byte, 1);  // until the parent closes its end
    ::_exit(0);
  }
  ::close(end_pipe[0]);
  uint16_t port = 0;
  ASSERT_EQ(::read(port_pipe[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  const auto taken = ListenSocket::Bind("127.0.0.1", port);
  ASSERT_FALSE(taken.has_value());
  EXPECT_TRUE(taken.error().port_in_use);
  EXPECT_EQ(taken.error().message,
            "cannot listen on 127.0.0.1 port " + std::to_string(port) + ": Address already in use");
  ::close(end_pipe[1]);
  ::waitpid(child, nullptr, 0);
  ::close(port_pipe[0]);
  ::close(port_pipe[1]);
}

TEST(ListenSocket, KnowsAddressesAndLocalhost) {
  EXPECT_TRUE(ListenSocket::Bind("localhost", 0).has_value());
  const auto wrong = ListenSocket::Bind("no.such.host.invalid", 0);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_FALSE(wrong.error().port_in_use);
  EXPECT_THAT(wrong.error().message, HasSubstr("\"no.such.host.invalid\""));
}

}  // namespace
}  // namespace thalweg
